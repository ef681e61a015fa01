"""A phone replies TD in a real browser, through a real simulated gateway: the next campaign leaves it out."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.urls import reverse
from playwright.sync_api import BrowserContext, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from delivery import services
from delivery.drain import drain
from delivery.models import Dispatch, Gateway
from delivery.queries import read_counts
from delivery.statuses import MessageStatus
from projects.models import Project
from tests.browser.console import ROOT
from tests.browser.test_limits_pages import signed_in
from tests.factories import lift_limits

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PATIENCE_SECONDS = 60
ANN, BOB = "+8613800138000", "+8613900139000"


@pytest.fixture
def gateway(db: None, tmp_path: Path) -> Iterator[Gateway]:
    """A simulated gateway as `make run` starts it, on the database of the tests."""
    socket = tmp_path / "gateway.sock"
    row = Gateway.objects.create(
        slug="ours", name="Ours", kind="simulator", settings={"address": str(socket)}
    )
    url = urlsplit(settings.DATABASE_URL)._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    command = [sys.executable, "manage.py", "simulated_gateway", "--gateway=ours"]
    process = subprocess.Popen(
        [*command, f"--address={socket}", f"--ledger={tmp_path / 'ledger.jsonl'}"],
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": url},
    )
    try:
        give_up_at = time.monotonic() + PATIENCE_SECONDS
        while not socket.exists():
            assert process.poll() is None
            assert time.monotonic() < give_up_at
            time.sleep(0.05)
        yield row
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=PATIENCE_SECONDS) == 0


def send(project: Project, gateway: Gateway, text: str) -> Dispatch:
    dispatch = services.open_dispatch(
        owner=f"test:{text}", project=project, gateway=gateway, n_messages=2, consent_key="acme:marketing"
    )
    rows = [services.NewMessage(n + 2, number, "CN", "Acme", text, 1) for n, number in enumerate((ANN, BOB))]
    with transaction.atomic():
        services.append_messages(dispatch=dispatch, offset=0, rows=rows)
    services.finish_fanout(dispatch_id=dispatch.pk)
    drain(gateway, until=time.monotonic() + 10)
    return dispatch


@pytest.mark.parametrize("width", [1440, 360])
def test_td_from_the_handset_takes_the_number_off(
    width: int,
    new_context: Callable[..., BrowserContext],
    live_server: LiveServer,
    operator: User,
    project: Project,
    gateway: Gateway,
) -> None:
    lift_limits(project)
    send(project, gateway, "[Acme] Sale from Monday on. Reply TD to unsubscribe.")
    page = signed_in(new_context(width=width), live_server, operator)
    page.goto(live_server.url + reverse("handset", args=[project.slug]))
    phone = page.get_by_role("listitem").filter(has_text="+86 138 **** 8000")
    phone.get_by_label("Reply from this phone").fill("ｔｄ")
    phone.get_by_role("button", name="Send the reply").click()
    expect(page.locator("#toasts")).to_contain_text("The phone has replied.")
    assert services.apply_replies() == 1
    page.reload()
    expect(phone).to_contain_text("Unsubscribed")

    page.goto(live_server.url + reverse("number-list", args=[project.slug, "unsubscribed"]))
    expect(page.get_by_role("main")).to_contain_text("+86 138 **** 8000")
    again = send(project, gateway, "[Acme] Last days of the sale. Reply TD to unsubscribe.")
    counts = read_counts(again.pk)[0]
    assert (counts[MessageStatus.BLOCKED], counts[MessageStatus.SUBMITTED]) == (1, 1)
