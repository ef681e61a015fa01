"""The simulated gateway: a server that behaves like a carrier's, as badly as it is told to.

It is a process of its own and knows nothing of Django or the database, so what its file says is evidence:
each submit is appended to the ledger before it is answered. The driver is `delivery/gateways/simulator.py`.

    script.py    how it shall behave: delays, refusals, silence, receipts
    ledger.py    the append-only file of submits, and how to find doubles in it
    courier.py   sends receipts when they are due
    server.py    reads submits and control requests, answers them
    control.py   asks a running server what arrived, or gives it another script
    address.py   a socket path or host:port

On the wire each line is JSON. A list is a group of submits,

    [[id, attempt, msisdn, sender, text, n_segments], …]

answered, some time later and in any order, by lists in which silent ones are missing:

    [[id, attempt, outcome, gateway_message_ids, code, retry_after_seconds], …]

An object is a control request and is answered by an object.
"""
