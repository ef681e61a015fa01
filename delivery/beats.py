"""What delivery does again and again, in the scheduler."""

from __future__ import annotations

from delivery.counters import fold_deltas, sample_rates
from delivery.limits.slots import drop_stale_slots
from delivery.lines.health import tell_down
from delivery.partitions import maintain_partitions
from delivery.services import apply_receipts, apply_replies, close_overdue, ring_polls
from delivery.services.inquiries import ring_inquiries
from delivery.services.receipts import BATCH_SIZE
from delivery.services.replies import BATCH_SIZE as REPLY_BATCH_SIZE
from delivery.services.reply_parts import join_replies
from delivery.services.sandbox import tell_sandbox
from delivery.services.streams import close_streams
from delivery.sweep import sweep
from delivery.urgent.gathering import gather_forgotten
from smsconsole.beats import Beat


def apply_all_receipts() -> None:
    """Apply stored receipts until a batch comes back that was not full."""
    while apply_receipts() >= BATCH_SIZE:
        pass


def apply_all_replies() -> None:
    """Apply what people answered until a batch comes back that was not full."""
    while apply_replies() >= REPLY_BATCH_SIZE:
        pass


BEATS = [
    Beat("apply-receipts", 0.5, apply_all_receipts),
    Beat("join-replies", 2.0, join_replies),
    Beat("apply-replies", 1.0, apply_all_replies),
    Beat("fold-counters", 1.0, fold_deltas),
    Beat("sample-rates", 2.0, sample_rates),
    Beat("sweep", 10.0, sweep),
    Beat("gather-forgotten", 2.0, gather_forgotten),
    Beat("tell-sandbox", 0.5, tell_sandbox),
    Beat("close-streams", 300.0, close_streams),
    Beat("tell-gateways-down", 5.0, tell_down),
    Beat("ring-polls", 5.0, ring_polls),
    Beat("ring-inquiries", 15.0, ring_inquiries),
    Beat("close-overdue", 300.0, close_overdue),
    Beat("maintain-partitions", 3600.0, maintain_partitions),
    Beat("drop-stale-slots", 3600.0, drop_stale_slots),
]
