"""The simulated SMSC as a process of its own, and independent clients that speak to it."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from pathlib import Path

from delivery.simulation.address import parse_address
from delivery.simulation.control import change_script
from delivery.simulation.ledger import LedgerLine, read_ledger
from delivery.simulation.smsc_script import SmscScript
from delivery.simulation.smsc_server import leave, serve_smsc

REPOSITORY = Path(__file__).resolve().parents[3]


class RunningSmsc:
    """Starts, stops and kills a server; what it wrote stays readable and is taken up by the next start."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.control = parse_address(str(folder / "smsc.sock"))
        self.ledger = folder / "ledger.jsonl"
        self.port = free_port()
        self._process: subprocess.Popen[str] | None = None

    def start(self, **script: object) -> None:
        call = {"port": self.port, "control": str(self.control), "ledger": str(self.ledger), "script": script}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.delivery.simulation.running_smsc", json.dumps(call)],
            cwd=REPOSITORY,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "ready\n"

    def script(self, **values: object) -> None:
        change_script(self.control, values)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def _end(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)
            self._process.communicate(timeout=20)
            self._process = None

    def lines(self) -> list[LedgerLine]:
        return list(read_ledger(self.ledger)) if self.ledger.exists() else []


def free_port() -> int:
    """Nobody listens there now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def main() -> None:
    call = json.loads(sys.argv[1])
    serve_smsc(
        host="127.0.0.1",
        port=call["port"],
        control=parse_address(call["control"]),
        ledger=Path(call["ledger"]),
        script=SmscScript().changed(call["script"]),
        when_ready=lambda: print("ready", flush=True),  # noqa: T201,
    )
    leave()


if __name__ == "__main__":
    main()
