"""SMPP 3.4: the states of receipts (appendix B) and the command statuses of refused submits (5.1.3)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from delivery.statuses import Reason

STATES: Mapping[Reason, tuple[str, ...]] = {
    Reason.NONE: ("DELIVRD", "DELIVERED", "ACCEPTD", "ENROUTE", ""),
    Reason.UNREACHABLE: ("UNDELIV",),
    Reason.VALIDITY_EXPIRED: ("EXPIRED",),
    Reason.CARRIER_REJECTED: ("REJECTD", "DELETED"),
    Reason.ROUTE_ERROR: ("NOROUTE",),
    Reason.CARRIER_INTERNAL: ("UNKNOWN",),
}


class Answer(StrEnum):
    """What a command status makes of a submit."""

    TAKEN = "taken"
    NOT_NOW = "not now"  # nothing was taken; the line slows down and tries again
    REFUSED = "refused"  # no, and again no


# Nothing was taken, and it may be offered again.
NOT_NOW = frozenset({0x14, 0x58})

# The statuses that a submit may be refused with. The others of the specification speak of other requests.
REASONS: Mapping[int, Reason] = {
    0x01: Reason.CONTENT_BLOCKED,  # RINVMSGLEN
    0x02: Reason.GATEWAY_REFUSED,  # RINVCMDLEN
    0x03: Reason.GATEWAY_REFUSED,  # RINVCMDID
    0x04: Reason.ACCOUNT_PROBLEM,  # RINVBNDSTS: this bind may not send
    0x05: Reason.ACCOUNT_PROBLEM,  # RALYBND
    0x06: Reason.GATEWAY_REFUSED,  # RINVPRTFLG
    0x07: Reason.GATEWAY_REFUSED,  # RINVREGDLVFLG
    0x08: Reason.CARRIER_INTERNAL,  # RSYSERR
    0x0A: Reason.SENDER_REFUSED,  # RINVSRCADR
    0x0B: Reason.INVALID_NUMBER,  # RINVDSTADR
    0x0C: Reason.GATEWAY_REFUSED,  # RINVMSGID
    0x0D: Reason.ACCOUNT_PROBLEM,  # RBINDFAIL
    0x0E: Reason.ACCOUNT_PROBLEM,  # RINVPASWD
    0x0F: Reason.ACCOUNT_PROBLEM,  # RINVSYSID
    0x11: Reason.GATEWAY_REFUSED,  # RCANCELFAIL
    0x13: Reason.GATEWAY_REFUSED,  # RREPLACEFAIL
    0x14: Reason.THROTTLED,  # RMSGQFUL
    0x15: Reason.SERVICE_UNSUPPORTED,  # RINVSERTYP
    0x33: Reason.GATEWAY_REFUSED,  # RINVNUMDESTS
    0x34: Reason.GATEWAY_REFUSED,  # RINVDLNAME
    0x40: Reason.GATEWAY_REFUSED,  # RINVDESTFLAG
    0x42: Reason.GATEWAY_REFUSED,  # RINVSUBREP
    0x43: Reason.GATEWAY_REFUSED,  # RINVESMCLASS
    0x44: Reason.GATEWAY_REFUSED,  # RCNTSUBDL
    0x45: Reason.CARRIER_REJECTED,  # RSUBMITFAIL
    0x48: Reason.SENDER_REFUSED,  # RINVSRCTON
    0x49: Reason.SENDER_REFUSED,  # RINVSRCNPI
    0x50: Reason.INVALID_NUMBER,  # RINVDSTTON
    0x51: Reason.INVALID_NUMBER,  # RINVDSTNPI
    0x53: Reason.ACCOUNT_PROBLEM,  # RINVSYSTYP
    0x54: Reason.GATEWAY_REFUSED,  # RINVREPFLAG
    0x55: Reason.GATEWAY_REFUSED,  # RINVNUMMSGS
    0x58: Reason.THROTTLED,  # RTHROTTLED
    0x61: Reason.GATEWAY_REFUSED,  # RINVSCHED
    0x62: Reason.GATEWAY_REFUSED,  # RINVEXPIRY
    0x63: Reason.GATEWAY_REFUSED,  # RINVDFTMSGID
    0x64: Reason.CARRIER_INTERNAL,  # RX_T_APPN
    0x65: Reason.CARRIER_INTERNAL,  # RX_P_APPN
    0x66: Reason.CARRIER_REJECTED,  # RX_R_APPN
    0x67: Reason.CARRIER_INTERNAL,  # RQUERYFAIL
    0xC0: Reason.GATEWAY_REFUSED,  # RINVOPTPARSTREAM
    0xC1: Reason.GATEWAY_REFUSED,  # ROPTPARNOTALLWD
    0xC2: Reason.GATEWAY_REFUSED,  # RINVPARLEN
    0xC3: Reason.GATEWAY_REFUSED,  # RMISSINGOPTPARAM
    0xC4: Reason.GATEWAY_REFUSED,  # RINVOPTPARAMVAL
    0xFE: Reason.CARRIER_INTERNAL,  # RDELIVERYFAILURE
    0xFF: Reason.CARRIER_INTERNAL,  # RUNKNOWNERR
}


def answer_of_status(status: int) -> Answer:
    """What the status of a submit's answer says. An unknown one, such as a vendor's, is a refusal."""
    if status == 0:
        return Answer.TAKEN
    return Answer.NOT_NOW if status in NOT_NOW else Answer.REFUSED


def reason_of_status(status: int) -> Reason:
    """Why a submit was refused; `UNKNOWN_CODE` for what the specification does not have."""
    return REASONS.get(status, Reason.UNKNOWN_CODE) if status else Reason.NONE
