"""Ways out, and what goes through them; one module per subject.

The hot tables (`Window`, `Message`, `MessageBody`, `MessagePart`, `Receipt`, `CounterDelta`, `NumberSlots`,
`CapUsage`) are written by the statements in `delivery/sql/`, never by model instances. No foreign key points to
`Message`: it is written to be partitioned by ranges of its id. Fill factors and the partitioned tables are in
migrations 0002 and 0004.
"""

from delivery.models.codes import CarrierCode
from delivery.models.counters import CounterDelta, DispatchCount, DispatchSample, ReadCursor
from delivery.models.dispatches import Batch, Dispatch
from delivery.models.gateways import (
    SANDBOX_KIND,
    SIMULATED_KINDS,
    SIMULATION_HOST,
    SIMULATOR_KIND,
    CarrierTemplate,
    Gateway,
    GatewayExchange,
    GatewayPace,
)
from delivery.models.health import GatewayHealth, GatewayPolling, HourCount
from delivery.models.limits import CapUsage, NumberSlots, RuleHit
from delivery.models.lines import BindState, LineState
from delivery.models.messages import DeliveredPart, Message, MessageBody, MessagePart, Window
from delivery.models.programs import Handover, MessageNote
from delivery.models.receipts import Evidence, EvidenceSource, Inquiry, Receipt, UnmatchedReceipt
from delivery.models.replies import Reply, StoredReplyPart
from delivery.models.routes import Route

__all__ = [
    "SANDBOX_KIND",
    "SIMULATED_KINDS",
    "SIMULATION_HOST",
    "SIMULATOR_KIND",
    "Batch",
    "BindState",
    "CapUsage",
    "CarrierCode",
    "CarrierTemplate",
    "CounterDelta",
    "DeliveredPart",
    "Dispatch",
    "DispatchCount",
    "DispatchSample",
    "Evidence",
    "EvidenceSource",
    "Gateway",
    "GatewayExchange",
    "GatewayHealth",
    "GatewayPace",
    "GatewayPolling",
    "Handover",
    "HourCount",
    "Inquiry",
    "LineState",
    "Message",
    "MessageBody",
    "MessageNote",
    "MessagePart",
    "NumberSlots",
    "ReadCursor",
    "Receipt",
    "Reply",
    "Route",
    "RuleHit",
    "StoredReplyPart",
    "UnmatchedReceipt",
    "Window",
]
