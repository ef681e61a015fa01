"""The supervisor, run as what it is: a process with children."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager

import psutil

PREAMBLE = """
import signal, sys
from smsconsole.embedded.supervisor import Program, Supervisor

def python(name, code, stage=0, **options):
    return Program(name, [sys.executable, "-u", "-c", code], stage=stage, **options)

SLEEP = "import os, time; print(os.getpid()); time.sleep(600)"
supervisor = Supervisor(width=5)
"""


@contextmanager
def supervisor(body: str) -> Iterator[subprocess.Popen[str]]:
    script = PREAMBLE + textwrap.dedent(body)
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def next_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().rstrip("\n")


def test_it_prefixes_what_each_program_says() -> None:
    with supervisor('supervisor.run_once(python("one", "print(\'hello\')"))') as process:
        assert next_line(process) == "one   | hello"


def test_an_unfinished_last_line_is_not_lost() -> None:
    with supervisor("supervisor.run_once(python('one', \"print('hello', end='')\"))") as process:
        assert next_line(process) == "one   | hello"


def test_it_starts_again_what_dies() -> None:
    with supervisor("supervisor.start(python('one', SLEEP)); supervisor.run()") as process:
        first = int(next_line(process).split("|")[1])
        psutil.Process(first).kill()

        assert next_line(process) == "console | one ended (SIGKILL); starting it again in 0.5 s"
        assert int(next_line(process).split("|")[1]) != first


def test_a_program_that_always_dies_is_started_ever_more_slowly() -> None:
    with supervisor(
        "supervisor.start(python('one', 'import sys; sys.exit(3)')); supervisor.run()"
    ) as process:
        pauses = [next_line(process).split(" in ")[1] for _ in range(3)]

    assert pauses == ["0.5 s", "1 s", "2 s"]


def test_it_stops_stage_by_stage() -> None:
    body = """
    TELL = ("import signal, sys, time;"
            "signal.signal(signal.SIGTERM, lambda *_: (print('down'), sys.exit())); print('up'); time.sleep(600)")
    supervisor.start(python("store", TELL, stage=2))
    supervisor.start(python("work", TELL, stage=0))
    supervisor.run()
    supervisor.stop_all()
    """
    with supervisor(body) as process:
        assert {next_line(process), next_line(process)} == {"store | up", "work  | up"}
        process.send_signal(signal.SIGTERM)

        assert [next_line(process), next_line(process)] == ["work  | down", "store | down"]
        assert process.wait(10) == 0


def test_who_does_not_end_is_killed() -> None:
    body = """
    STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up'); time.sleep(600)"
    supervisor.start(python("one", STUBBORN, grace_seconds=0.2))
    supervisor.run()
    supervisor.stop_all()
    """
    with supervisor(body) as process:
        assert next_line(process) == "one   | up"
        process.send_signal(signal.SIGINT)

        assert next_line(process) == "console | killing one, which does not end"
        assert process.wait(10) == 0


def test_its_children_die_with_it() -> None:
    with supervisor("supervisor.start(python('one', SLEEP)); supervisor.run()") as process:
        child = psutil.Process(int(next_line(process).split("|")[1]))
        process.kill()

        child.wait(10)
        assert not child.is_running()


def test_a_signal_ends_a_wait_for_something_that_never_comes() -> None:
    body = """
    from smsconsole.embedded.supervisor import StopRequested
    supervisor.start(python("one", SLEEP))
    try:
        supervisor.wait_for(lambda: False, of="one", timeout_seconds=600)
    except StopRequested:
        supervisor.stop_all()
        print("stopped")
    """
    with supervisor(body) as process:
        next_line(process)
        process.send_signal(signal.SIGTERM)

        assert next_line(process) == "stopped"


def test_it_ends_when_nobody_reads_it_any_more() -> None:
    body = """
    supervisor.start(python("one", "import time\\nwhile True: print('more'); time.sleep(0.05)"))
    supervisor.run()
    supervisor.stop_all()
    """
    with supervisor(body) as process:
        next_line(process)
        assert process.stdout is not None
        process.stdout.close()

        assert process.wait(10) == 0
