"""Runs programs side by side: prefixes what they say, restarts what dies, stops all of them in order.

Everything happens in one thread: it starts every child, because the kernel ties "die with your parent" to
the thread that forked.
"""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import cycle

from smsconsole.embedded.home import Account
from smsconsole.embedded.processes import child_setup
from smsconsole.embedded.refusal import StartRefused

_COLOURS = (36, 32, 33, 35, 34, 96, 92, 93, 95, 94)
_FIRST_PAUSE_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 5.0
# Who ran so long is taken to be well again: its next end is followed by a short pause.
_WELL_AFTER_SECONDS = 60.0
_LONGEST_LINE_BYTES = 64 << 10


@dataclass(frozen=True, slots=True)
class Program:
    """What to run and how to end it. Programs of a lower `stage` are stopped first."""

    name: str
    command: list[str]
    stage: int
    grace_seconds: float = 10.0
    stop_signal: signal.Signals = signal.SIGTERM
    # What the kernel sends when the supervisor itself is killed.
    death_signal: signal.Signals = signal.SIGKILL
    account: Account | None = None
    env: dict[str, str] | None = None
    # Runs before each start, restarts included.
    before_start: Callable[[], None] | None = None


class StopRequested(Exception):
    """Somebody pressed Ctrl-C or sent SIGTERM while the console was starting."""


@dataclass(slots=True)
class _Run:
    program: Program
    process: subprocess.Popen[bytes] | None = None
    pipe: int | None = None
    started_at: float = 0.0
    pause_seconds: float = _FIRST_PAUSE_SECONDS
    restart_at: float | None = None
    unfinished_line: bytearray = field(default_factory=bytearray)

    @property
    def is_alive(self) -> bool:
        return self.process is not None and self.process.poll() is None


class Supervisor:
    """Start programs with `start`, then `run` until a signal; `stop_all` in any case."""

    def __init__(self, *, width: int = 10) -> None:
        self.stop_requested = False
        self._runs: list[_Run] = []
        self._selector = selectors.DefaultSelector()
        self._width = width
        self._colours = cycle(_COLOURS)
        self._colour_of: dict[str, int] = {}
        self._hurry = False
        self._is_mute = False
        self._last_stop_signal = 0.0
        self._is_terminal = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        self._listen_to_signals()

    def start(self, program: Program) -> subprocess.Popen[bytes]:
        """Run the program from now on; it is restarted whenever it ends."""
        run = _Run(program)
        self._runs.append(run)
        return self._launch(run)

    def run_once(self, program: Program) -> int:
        """Run a program to its end, the others' lines going on meanwhile; its exit code."""
        run = _Run(program)
        process = self._launch(run)
        while process.poll() is None:
            self.tick()
            if self.stop_requested:
                process.terminate()
                process.wait()
                raise StopRequested
        self._drain(run)
        return process.returncode

    def wait_for(self, condition: Callable[[], bool], *, of: str, timeout_seconds: float) -> bool:
        """Wait for the condition; false when the program named `of` ended first or the time is over."""
        deadline = time.monotonic() + timeout_seconds
        run = next(run for run in self._runs if run.program.name == of)
        while not condition():
            if self.stop_requested:
                raise StopRequested
            if not run.is_alive or time.monotonic() > deadline:
                self._drain(run)
                return False
            self.tick(0.05)
        return True

    def run(self) -> None:
        """Watch over everything until somebody asks to stop."""
        while not self.stop_requested:
            self.tick()

    def tick(self, timeout_seconds: float = 0.5) -> None:
        """Pass on what was said, notice who ended, restart whose pause is over."""
        for key, _ in self._selector.select(timeout_seconds):
            if key.data is None:
                os.read(key.fd, 4096)
            else:
                self._read(key.data)
        if self.stop_requested:
            return
        now = time.monotonic()
        for run in self._runs:
            if run.restart_at is not None:
                if now >= run.restart_at:
                    self._restart(run, now)
            elif not run.is_alive:
                self._plan_restart(run, now)

    def stop_all(self) -> None:
        """Stop stage by stage, the stores last. Who does not end in its time is killed."""
        self.stop_requested = True
        for stage in sorted({run.program.stage for run in self._runs}):
            self._stop([run for run in self._runs if run.program.stage == stage and run.is_alive])
        for run in self._runs:
            self._drain(run)

    def say(self, text: str, *, name: str = "console") -> None:
        for line in text.splitlines() or [""]:
            self._print(name, line)

    # --- Inside -----------------------------------------------------------------------------------------

    def _launch(self, run: _Run) -> subprocess.Popen[bytes]:
        program = run.program
        self._drain(run)
        run.restart_at = None
        if program.before_start:
            program.before_start()
        reader, writer = os.pipe()
        try:
            process = subprocess.Popen(
                program.command,
                cwd="/" if program.account else None,
                env=program.env,
                stdin=subprocess.DEVNULL,
                stdout=writer,
                stderr=writer,
                # Ctrl-C reaches the whole foreground group: were they in it, all would end at once.
                start_new_session=True,
                preexec_fn=child_setup(program.death_signal),
                **(program.account.run_as if program.account else {}),
            )
        except OSError:
            os.close(reader)
            raise
        finally:
            os.close(writer)
        os.set_blocking(reader, False)
        self._selector.register(reader, selectors.EVENT_READ, run)
        run.pipe = reader
        run.process = process
        run.started_at = time.monotonic()
        return process

    def _restart(self, run: _Run, now: float) -> None:
        try:
            self._launch(run)
        except (StartRefused, OSError) as error:
            self.say(f"{run.program.name} cannot be started: {error}")
            run.restart_at = now + _LONGEST_PAUSE_SECONDS

    def _plan_restart(self, run: _Run, now: float) -> None:
        self._drain(run)
        if now - run.started_at > _WELL_AFTER_SECONDS:
            run.pause_seconds = _FIRST_PAUSE_SECONDS
        self.say(
            f"{run.program.name} ended ({_describe(run.process)}); "
            f"starting it again in {run.pause_seconds:g} s"
        )
        run.restart_at = now + run.pause_seconds
        run.pause_seconds = min(run.pause_seconds * 2, _LONGEST_PAUSE_SECONDS)

    def _stop(self, runs: list[_Run]) -> None:
        for run in runs:
            self._signal(run, run.program.stop_signal)
        started = time.monotonic()
        while any(run.is_alive for run in runs):
            waited = time.monotonic() - started
            for run in runs:
                if run.is_alive and (self._hurry or waited > run.program.grace_seconds):
                    self._kill(run)
            self.tick(0.05)

    def _kill(self, run: _Run) -> None:
        self.say(f"killing {run.program.name}, which does not end")
        self._signal(run, signal.SIGKILL)

    def _signal(self, run: _Run, signum: signal.Signals) -> None:
        if run.process is not None:
            run.process.send_signal(signum)

    def _read(self, run: _Run) -> bool:
        """Pass on the lines that are there now; false when there was nothing to read."""
        if run.pipe is None:
            return False
        try:
            data = os.read(run.pipe, 65536)
        except BlockingIOError:
            return False
        if not data:
            self._close_pipe(run)
        run.unfinished_line += data
        *lines, rest = run.unfinished_line.split(b"\n")
        if len(rest) > _LONGEST_LINE_BYTES or (rest and not data):
            lines, rest = [*lines, rest], bytearray()
        run.unfinished_line = rest
        for line in lines:
            self._print(run.program.name, line.decode(errors="replace").rstrip("\r"))
        return bool(data)

    def _close_pipe(self, run: _Run) -> None:
        if run.pipe is not None:
            self._selector.unregister(run.pipe)
            os.close(run.pipe)
            run.pipe = None

    def _drain(self, run: _Run) -> None:
        """Pass on what is left in the pipe. Its grandchildren may hold it open: do not wait for its end."""
        while self._read(run):
            pass
        self._close_pipe(run)

    def _print(self, name: str, line: str) -> None:
        prefix = f"{name:<{self._width}} | "
        if self._is_terminal:
            colour = self._colour_of.setdefault(name, 1 if name == "console" else next(self._colours))
            prefix = f"\x1b[{colour}m{prefix}\x1b[0m"
        if self._is_mute:
            return
        try:
            sys.stdout.write(f"{prefix}{line}\n")
            sys.stdout.flush()
        except BrokenPipeError:
            # Nobody listens any more, as after `make run | head`: end in order, and in silence.
            self._is_mute = True
            self.stop_requested = True

    def _listen_to_signals(self) -> None:
        """A signal wakes the selector at once, whatever it waits for."""
        reader, writer = os.pipe()
        os.set_blocking(reader, False)
        os.set_blocking(writer, False)
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        self._selector.register(reader, selectors.EVENT_READ, None)
        # A script that starts the console in its background has the interrupt ignored, but whoever sends it means it.
        for signum in (signal.SIGINT, signal.SIGTERM):
            signal.signal(signum, self._on_stop_signal)
        # nohup has the hang-up ignored, and means it.
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            signal.signal(signal.SIGHUP, self._on_stop_signal)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def _on_stop_signal(self, *_: object) -> None:
        """The first asks to stop; a second one, more than a second later, to hurry."""
        now = time.monotonic()
        self._hurry = self._hurry or (self.stop_requested and now - self._last_stop_signal > 1)
        self._last_stop_signal = now
        self.stop_requested = True


def _describe(process: subprocess.Popen[bytes] | None) -> str:
    code = process.returncode if process else None
    return signal.Signals(-code).name if code is not None and code < 0 else f"exit code {code}"
