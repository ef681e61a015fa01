"""One function per thing that happens in delivery."""

from delivery.services.codes import count_past, map_code, reread_code, reread_past
from delivery.services.dispatches import (
    NewMessage,
    SendingHours,
    append_messages,
    cancel_dispatch,
    cancel_rest,
    finish_fanout,
    hold_dispatch,
    open_dispatch,
    release_cap_holds,
    release_stopped_streams,
    resume_dispatch,
    stop_project,
    suspend_dispatch,
)
from delivery.services.gateways import ensure_simulated_gateway, ensure_simulated_smsc
from delivery.services.id_forms import IdFormProposal, accept_id_form, propose_id_form
from delivery.services.inbound import receive_push, store_events
from delivery.services.polling import poll_gateway, ring_polls
from delivery.services.receipts import apply_receipts, close_overdue, store_receipts
from delivery.services.replies import apply_replies, reply_from_handset, store_replies
from delivery.services.uncertain import UncertainChoice, settle_uncertain

__all__ = [
    "IdFormProposal",
    "NewMessage",
    "SendingHours",
    "UncertainChoice",
    "accept_id_form",
    "append_messages",
    "apply_receipts",
    "apply_replies",
    "cancel_dispatch",
    "cancel_rest",
    "close_overdue",
    "count_past",
    "ensure_simulated_gateway",
    "ensure_simulated_smsc",
    "finish_fanout",
    "hold_dispatch",
    "map_code",
    "open_dispatch",
    "poll_gateway",
    "propose_id_form",
    "receive_push",
    "release_cap_holds",
    "release_stopped_streams",
    "reply_from_handset",
    "reread_code",
    "reread_past",
    "resume_dispatch",
    "ring_polls",
    "settle_uncertain",
    "stop_project",
    "store_events",
    "store_receipts",
    "store_replies",
    "suspend_dispatch",
]
