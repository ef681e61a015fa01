from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection

from delivery.gateways import open_driver
from delivery.models import Gateway, Receipt
from tests.delivery.gateways.contract import messages, submit
from tests.delivery.simulation.running import REPOSITORY, RunningGateway

PATIENCE_SECONDS = 60


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[RunningGateway]:
    gateway = RunningGateway(tmp_path)
    gateway.start()
    yield gateway
    gateway.stop()


def say(gateway: RunningGateway, *options: str) -> dict:
    out = StringIO()
    call_command("simulated_gateway", f"--address={gateway.socket}", *options, stdout=out)
    return json.loads(out.getvalue())


def test_it_changes_the_running_script(gateway: RunningGateway) -> None:
    script = say(gateway, "--change", "--refuse=12.5", "--delay-ms=7", "--test-numbers")
    assert (script["refuse"], script["delay_ms"], script["test_numbers"]) == (12.5, 7, True)
    assert say(gateway, "--change", "--no-test-numbers") == script | {"test_numbers": False}


def test_it_prints_what_the_running_one_counted(gateway: RunningGateway) -> None:
    submit(open_driver("simulator", {"address": gateway.socket}), messages(30))
    assert say(gateway, "--stats")["n_submits"] == 30


def test_it_fails_when_a_message_was_submitted_twice(gateway: RunningGateway) -> None:
    driver = open_driver("simulator", {"address": gateway.socket})
    submit(driver, messages(30))
    assert say(gateway, "--check") == {"n_doubles": 0, "references": []}
    submit(driver, messages(1))
    with pytest.raises(CommandError):
        say(gateway, "--check")


@pytest.mark.parametrize(
    "options",
    [
        ["--address=nowhere"],
        ["--address=/tmp/nobody-listens-here.sock", "--stats"],
        ["--refuse=101"],
    ],
    ids=["address", "not running", "script"],
)
def test_it_says_what_is_wrong(options: list[str]) -> None:
    with pytest.raises(CommandError, match=r"neither|No simulated gateway|must not be more than 100"):
        call_command("simulated_gateway", *options)


def database_url() -> str:
    """The test database's address for another process."""
    return urlsplit(settings.DATABASE_URL)._replace(path=f"/{connection.settings_dict['NAME']}").geturl()


@pytest.mark.django_db(transaction=True)
def test_its_receipts_reach_the_console(tmp_path: Path) -> None:
    other = Gateway.objects.create(slug="other", name="Other", kind="simulator")
    row = Gateway.objects.create(slug="ours", name="Ours", kind="simulator")
    gateway = RunningGateway(tmp_path)
    options = ["--gateway=ours", f"--address={gateway.socket}", f"--ledger={gateway.ledger}"]
    process = subprocess.Popen(
        [
            sys.executable,
            "manage.py",
            "simulated_gateway",
            *options,
            "--undelivered=50",
            "--receipt-max-ms=300",
        ],
        cwd=REPOSITORY,
        env=os.environ | {"DATABASE_URL": database_url()},
    )
    try:
        give_up_at = time.monotonic() + PATIENCE_SECONDS
        while not Path(gateway.socket).exists():
            assert process.poll() is None
            assert time.monotonic() < give_up_at
            time.sleep(0.05)
        submit(open_driver("simulator", {"address": gateway.socket}), messages(100, n_segments=2))
        while Receipt.objects.filter(gateway_id=row.pk).count() < 200:
            assert process.poll() is None
            assert time.monotonic() < give_up_at
            time.sleep(0.05)
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=PATIENCE_SECONDS) == 0
    parts = {part for line in gateway.lines() for part in line.gateway_message_ids}
    assert set(Receipt.objects.values_list("gateway_message_id", flat=True)) == parts
    assert len(set(Receipt.objects.values_list("state", flat=True))) > 1
    assert not Receipt.objects.filter(gateway_id=other.pk).exists()
