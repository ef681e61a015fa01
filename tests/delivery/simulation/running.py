"""The simulated gateway's server as a process of its own, with receipts written to a file instead of a database."""

from __future__ import annotations

import json
import resource
import signal
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from delivery.simulation.address import parse_address
from delivery.simulation.control import change_script
from delivery.simulation.ledger import LedgerLine, read_ledger
from delivery.simulation.script import Script
from delivery.simulation.server import PhoneReply, serve

REPOSITORY = Path(__file__).resolve().parents[3]


class RunningGateway:
    """Starts, stops and kills a server; what it wrote stays readable and is taken up by the next start."""

    def __init__(self, folder: Path, *, address: str = "") -> None:
        self.socket = address or str(folder / "gateway.sock")
        self.address = parse_address(self.socket)
        self.ledger = folder / "ledger.jsonl"
        self.receipts_file = folder / "receipts.jsonl"
        self.replies_file = folder / "replies.jsonl"
        # While this file exists the console takes no receipts.
        self.console_is_away = folder / "console-is-away"
        self._process: subprocess.Popen[str] | None = None

    def start(self, **script: object) -> None:
        call = {
            "address": self.socket,
            "ledger": str(self.ledger),
            "receipts": str(self.receipts_file),
            "replies": str(self.replies_file),
            "away": str(self.console_is_away),
            "script": script,
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.delivery.simulation.running", json.dumps(call)],
            cwd=REPOSITORY,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "ready\n"

    def script(self, **values: object) -> None:
        change_script(self.address, values)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def _end(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)
            self._process.communicate(timeout=20)
            self._process = None

    def limit_file_size(self, n_bytes: int) -> None:
        """Let writes beyond this size fail, as on a full disk."""
        assert self._process is not None
        resource.prlimit(self._process.pid, resource.RLIMIT_FSIZE, (n_bytes, resource.RLIM_INFINITY))

    def lines(self) -> list[LedgerLine]:
        return list(read_ledger(self.ledger)) if self.ledger.exists() else []

    def receipts(self) -> list[dict[str, Any]]:
        if not self.receipts_file.exists():
            return []
        return [json.loads(line) for line in self.receipts_file.read_text().splitlines()]

    def replies(self) -> list[dict[str, str]]:
        if not self.replies_file.exists():
            return []
        return [json.loads(line) for line in self.replies_file.read_text().splitlines()]


def main() -> None:
    call = json.loads(sys.argv[1])
    receipts_file, away = Path(call["receipts"]), Path(call["away"])

    def deliver(receipts: Any, reported_at: datetime) -> None:
        if away.exists():
            raise ConnectionError
        with receipts_file.open("a") as file:
            file.writelines(json.dumps(receipt._asdict()) + "\n" for receipt in receipts)

    def take_reply(reply: PhoneReply) -> None:
        if away.exists():
            raise ConnectionError
        with Path(call["replies"]).open("a") as file:
            file.write(json.dumps(reply._asdict()) + "\n")

    serve(
        take_reply=take_reply,
        address=parse_address(call["address"]),
        ledger=Path(call["ledger"]),
        script=Script().changed(call["script"]),
        deliver=deliver,
        when_ready=lambda: print("ready", flush=True),  # noqa: T201,
    )


if __name__ == "__main__":
    main()
