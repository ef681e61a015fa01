"""Ask a running simulated gateway what arrived, or make it behave differently."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from delivery.simulation.address import Address, connect
from delivery.simulation.ledger import LedgerLine, line_from_dict

TIMEOUT_SECONDS = 5.0
# Reading a ledger of a million submits takes a while.
CHECK_TIMEOUT_SECONDS = 120.0


class SimulationUnavailable(Exception):
    """No simulated gateway answers at this address. The words are for a person."""


def read_stats(address: Address) -> dict[str, Any]:
    """What it counted since it was started: submits by verdict, receipts sent and waiting, its ledger."""
    stats: dict[str, Any] = _ask(address, {"control": "stats"})["stats"]
    return stats


def read_recent(address: Address, *, digits: str = "", limit: int = 50) -> list[LedgerLine]:
    """What arrived on the phones, newest first; only on phones whose number ends so, where digits are given."""
    answer = _ask(address, {"control": "recent", "digits": digits, "limit": limit})
    return [line_from_dict(values) for values in answer["messages"]]


def send_reply(address: Address, *, msisdn: str, destination: str, text: str) -> str:
    """Answer from this phone; the reply's id once the console has it. Raises ValueError when it was not taken."""
    request = {"control": "reply", "msisdn": msisdn, "destination": destination, "text": text}
    reply_id: str = _ask(address, request)["reply"]
    return reply_id


def change_script(address: Address, values: Mapping[str, object]) -> dict[str, Any]:
    """Replace some options of the script from now on; the whole script. No values: only read it.

    Raises ValueError, with the server's words, when an option is unknown or out of range.
    """
    script: dict[str, Any] = _ask(address, {"control": "script", "set": dict(values)})["script"]
    return script


def check_doubles(address: Address) -> list[str]:
    """References of submits that should never have come, out of the whole ledger."""
    request = {"control": "doubles"}
    references: list[str] = _ask(address, request, timeout_seconds=CHECK_TIMEOUT_SECONDS)["references"]
    return references


def _ask(
    address: Address, request: Mapping[str, Any], *, timeout_seconds: float = TIMEOUT_SECONDS
) -> dict[str, Any]:
    try:
        with connect(address, timeout_seconds=timeout_seconds) as connection:
            connection.sendall(json.dumps(request).encode() + b"\n")
            with connection.makefile("rb") as stream:
                answer: dict[str, Any] = json.loads(stream.readline())
    except (OSError, ValueError) as error:
        raise SimulationUnavailable(f"No simulated gateway answers at {address} ({error}).") from None
    if "error" in answer:
        raise ValueError(answer["error"])
    return answer
