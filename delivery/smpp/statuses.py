"""The command statuses of SMPP 3.4, section 5.1.3, by name and by number."""

from __future__ import annotations

from typing import Final

ROK: Final = 0x00
RINVMSGLEN: Final = 0x01
RINVCMDLEN: Final = 0x02
RINVCMDID: Final = 0x03
RINVBNDSTS: Final = 0x04
RALYBND: Final = 0x05
RINVPRTFLG: Final = 0x06
RINVREGDLVFLG: Final = 0x07
RSYSERR: Final = 0x08
RINVSRCADR: Final = 0x0A
RINVDSTADR: Final = 0x0B
RINVMSGID: Final = 0x0C
RBINDFAIL: Final = 0x0D
RINVPASWD: Final = 0x0E
RINVSYSID: Final = 0x0F
RCANCELFAIL: Final = 0x11
RREPLACEFAIL: Final = 0x13
RMSGQFUL: Final = 0x14
RINVSERTYP: Final = 0x15
RINVNUMDESTS: Final = 0x33
RINVDLNAME: Final = 0x34
RINVDESTFLAG: Final = 0x40
RINVSUBREP: Final = 0x42
RINVESMCLASS: Final = 0x43
RCNTSUBDL: Final = 0x44
RSUBMITFAIL: Final = 0x45
RINVSRCTON: Final = 0x48
RINVSRCNPI: Final = 0x49
RINVDSTTON: Final = 0x50
RINVDSTNPI: Final = 0x51
RINVSYSTYP: Final = 0x53
RINVREPFLAG: Final = 0x54
RINVNUMMSGS: Final = 0x55
RTHROTTLED: Final = 0x58
RINVSCHED: Final = 0x61
RINVEXPIRY: Final = 0x62
RINVDFTMSGID: Final = 0x63
RX_T_APPN: Final = 0x64
RX_P_APPN: Final = 0x65
RX_R_APPN: Final = 0x66
RQUERYFAIL: Final = 0x67
RINVOPTPARSTREAM: Final = 0xC0
ROPTPARNOTALLWD: Final = 0xC1
RINVPARLEN: Final = 0xC2
RMISSINGOPTPARAM: Final = 0xC3
RINVOPTPARAMVAL: Final = 0xC4
RDELIVERYFAILURE: Final = 0xFE
RUNKNOWNERR: Final = 0xFF

# The names carry the prefix that documents and carriers write.
NAMES: Final[dict[int, str]] = {
    number: f"ESME_{name}" for name, number in globals().items() if name.startswith("R") and name.isupper()
}
NUMBERS: Final[dict[str, int]] = {name: number for number, name in NAMES.items()}


def status_name(number: int) -> str:
    """The name of a status; the number in hexadecimal for reserved ones and those of the carrier's own."""
    return NAMES.get(number) or f"0x{number:08X}"


def status_number(name: str) -> int | None:
    """The inverse of `status_name`; takes names without their prefix, too. None for what is neither."""
    wanted = name.strip().upper()
    known = NUMBERS.get(wanted, NUMBERS.get(f"ESME_{wanted}"))
    if known is not None:
        return known
    try:
        number = int(wanted, 16 if wanted.startswith("0X") else 10)
    except ValueError:
        return None
    return number if 0 <= number <= 0xFFFFFFFF else None
