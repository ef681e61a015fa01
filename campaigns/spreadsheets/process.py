"""The parent's side of the reader process: one child for one file, asked and waited for within limits."""

from __future__ import annotations

import fcntl
import json
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Final

from campaigns.spreadsheets.reader import MAX_CPU_SECONDS
from campaigns.spreadsheets.refusals import FileRefusal, FileRefused

# For one answer. Its processor time is limited for the whole file; on a busy machine that may take longer.
MAX_WAIT_SECONDS: Final = 115
_MAX_FRAME_BYTES: Final = 256 << 20
# About 20 000 rows that the reader may be ahead.
_PIPE_BYTES: Final = 1 << 20
_PROJECT: Final = Path(__file__).resolve().parent.parent.parent
READER_COMMAND: Final = (sys.executable, "-m", "campaigns.spreadsheets.reader")
_KEPT_VARIABLES: Final = ("PATH", "PYTHONPATH", "TMPDIR", "LANG", "LD_LIBRARY_PATH")


class ReaderKilled(Exception):
    """The reader was killed from outside: nothing is known against the file, and it may be read again."""


class ReaderProcess:
    """A running `reader`. What becomes of it is told by `FileRefused` or `ReaderKilled`."""

    def __init__(self) -> None:
        self._deadline = 0.0
        # Not our environment: what opens a hostile file has no business with the secrets in it.
        environment = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
        self.process = subprocess.Popen(
            [*READER_COMMAND, str(os.getpid())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            cwd=_PROJECT,
            env=environment,
            start_new_session=True,
        )
        self._input, self._output = self.process.stdin, self.process.stdout
        if self._output is not None and hasattr(fcntl, "F_SETPIPE_SZ"):
            fcntl.fcntl(self._output, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)

    def ask(self, question: dict[str, Any]) -> None:
        try:
            if self._input is not None:
                self._input.write(json.dumps(question).encode() + b"\n")
        except BrokenPipeError:
            # Its last words are still in the pipe.
            return

    def answer(self) -> Any:
        """The next frame: a list of rows, or a dictionary."""
        self._deadline = time.monotonic() + MAX_WAIT_SECONDS
        n_bytes = int.from_bytes(self._read(4), "big")
        if n_bytes > _MAX_FRAME_BYTES:
            raise FileRefused(FileRefusal.READER_DIED, detail="its answer makes no sense")
        message = json.loads(self._read(n_bytes))
        if isinstance(message, dict) and "refused" in message:
            raise FileRefused(FileRefusal(message["refused"]), **message["details"])
        return message

    def close(self) -> None:
        """End the child, whatever it is doing."""
        self.process.kill()
        self.process.wait()
        for stream in (self._input, self._output):
            if stream is not None:
                stream.close()

    def _read(self, n_bytes: int) -> bytes:
        if self._output is None:
            raise ReaderKilled
        content = bytearray()
        while len(content) < n_bytes:
            self._wait_for_output()
            received = os.read(self._output.fileno(), n_bytes - len(content))
            if not received:
                raise self._why_it_ended()
            content += received
        return bytes(content)

    def _wait_for_output(self) -> None:
        poll = select.poll()
        if self._output is not None:
            poll.register(self._output, select.POLLIN | select.POLLHUP)
        if not poll.poll(max(0.0, self._deadline - time.monotonic()) * 1000):
            self.process.kill()
            raise FileRefused(FileRefusal.TOO_SLOW, limit=MAX_WAIT_SECONDS)

    def _why_it_ended(self) -> Exception:
        status = self.process.wait()
        if status in (-signal.SIGKILL, -signal.SIGTERM, -signal.SIGINT, -signal.SIGHUP):
            return ReaderKilled(f"by signal {-status}")
        if status == -signal.SIGXCPU:
            return FileRefused(FileRefusal.TOO_SLOW, limit=MAX_CPU_SECONDS)
        detail = f"signal {signal.Signals(-status).name}" if status < 0 else f"exit status {status}"
        return FileRefused(FileRefusal.READER_DIED, detail=detail)
