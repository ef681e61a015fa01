"""SMPP 3.4: the codec, and what holds a line with it.

The codec is pure: it knows no database, no socket and no Django. What it takes and gives:

`pdu`            frames(buffer) -> (list of Frame(command, status, sequence, body), rest)       raises BadLength
                 pdu(command, sequence, body=b"", status=0) -> bytes: any PDU; the small ones have names:
                 bind(...), bind_resp, outbind, unbind(sequence), unbind_resp, enquire_link, enquire_link_resp,
                 generic_nack(sequence, status), submit_sm(sequence, ShortMessage), submit_sm_resp(sequence, id),
                 deliver_sm(sequence, ShortMessage), deliver_sm_resp(sequence, status), query_sm, query_sm_resp,
                 data_sm, data_sm_resp, alert_notification
                 read_bind, read_bind_resp, read_short_message (submit_sm and deliver_sm), read_message_id
                 (submit_sm_resp and data_sm_resp), read_query_sm, read_query_sm_resp, read_data_sm,
                 read_alert_notification, read_outbind: body -> named tuple            raise BadBody
`fields`         ShortMessage, Address, Bind, BindAnswer, Query, QueryAnswer, Alert: what PDUs hold
`statuses`       command statuses by name: ROK, RTHROTTLED, …; status_name(number) -> "ESME_RTHROTTLED", "0x00000400"
`tlv`            the tags; one(tag, value), read(body, start) -> {tag: bytes}, number(value), text(value),
                 vendor(lines) -> bytes from settings such as "1400:int2:7"
`submits`        SubmitWriter(SubmitSettings(...)).bodies(sender, msisdn, text, reference=…) -> one body per segment;
                 submits(bodies, sequences) -> the bytes of a whole window, written at once      raises BadField
`encoding`       Alphabet; encode(text, alphabet) -> bytes | None; decode(octets, data_coding, alphabet) -> str
`segmentation`   Writing, LongMessages; parts(text, writing, reference=…) -> a Part for each segment
`receipts`       read_delivery(ShortMessage, received_at=…) -> Receipt | ReplyText | NoNews, never raises
`ids`            IdForm; answered(id, form), receipted(id, form) -> key; candidates(id); proposal(receipts, answers)
`addresses`      type and plan of senders and numbers; `times`: validity periods, dates of receipts

Whatever a peer sends raises nothing but `BadLength` (close the session) and `BadBody` (answer with its `status`).
"""
