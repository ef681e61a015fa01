"""`manage.py send_campaign`, with a console that works whenever the command waits."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import django_rq
import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.models import Role, User
from campaigns import beats, services, shell
from campaigns.models import Campaign
from campaigns.statuses import CampaignStatus, EventKind
from delivery.drain import drain
from delivery.gateways.base import ReceiptEvent, ReceiptState
from delivery.models import Gateway
from delivery.services import apply_receipts, store_receipts
from projects.models import Project
from projects.services import disable_project
from smsconsole.lib.types import Region
from templates_app.statuses import RevisionStatus
from tests.campaigns import making
from tests.delivery.conftest import ScriptedDriver
from tests.factories import ProjectFactory, member

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("empty_queues", "operator")]

KEYS = [
    "campaign",
    "rows",
    "refused",
    "duplicates",
    "messages",
    "delivered",
    "failed",
    "blocked",
    "cancelled",
    "uncertain",
    "segments",
    "seconds",
]


@pytest.fixture
def texts(project: Project) -> None:
    making.body(project)
    making.signature(project)


@pytest.fixture
def driver() -> ScriptedDriver:
    return ScriptedDriver()


@pytest.fixture
def console(gateway: Gateway, driver: ScriptedDriver, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the command sleeps its jobs are done, its messages sent, and their receipts come."""
    heard = 0

    def work(seconds: float) -> None:
        nonlocal heard
        queue = django_rq.get_queue("imports")
        for job in queue.get_jobs():
            job.func(*job.args)
            queue.remove(job)
        drain(gateway, until=time.monotonic() + 5, driver=driver)
        new, heard = driver.submitted[heard:], len(driver.submitted)
        delivered = [
            ReceiptEvent(f"gw-{m.reference}-1", ReceiptState.DELIVERED, "DELIVRD", timezone.now())
            for m in new
        ]
        if delivered:
            store_receipts(gateway_id=gateway.pk, events=delivered)
        apply_receipts()
        beats.finish_sent()

    monkeypatch.setattr(shell.time, "sleep", work)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "recipients.csv"
    rows = [*making.order_rows(5), ["10086", "Bob", "Rome"], making.order_rows(1)[1]]
    path.write_bytes(making.csv_file(rows).read())
    return path


Send = Callable[..., tuple[dict[str, object], str]]


@pytest.fixture
def send(file: Path) -> Send:
    """Calls the command; returns its JSON and what it wrote to stderr."""

    def call(**options: object) -> tuple[dict[str, object], str]:
        out, err = io.StringIO(), io.StringIO()
        named = {
            "project": "web-shop",
            "template": "Order notice",
            "signature": "DemoShop",
            "file": file,
            "yes": True,
            "json": True,
            **options,
        }
        call_command("send_campaign", stdout=out, stderr=err, **named)
        return json.loads(out.getvalue().splitlines()[-1]), err.getvalue()

    return call


@pytest.mark.usefixtures("texts", "console")
def test_it_sends_the_file_and_waits_for_the_receipts(send: Send, driver: ScriptedDriver) -> None:
    figures, words = send()
    assert list(figures) == KEYS
    assert (figures["rows"], figures["refused"], figures["duplicates"]) == (7, 1, 1)
    assert (figures["messages"], figures["delivered"], figures["segments"]) == (5, 5, 5)
    assert len(driver.submitted) == 5
    assert "100%" in words
    campaign = Campaign.objects.get()
    assert str(campaign.uuid) == figures["campaign"]
    assert campaign.status == CampaignStatus.FINISHED
    assert campaign.events.get(kind=EventKind.STARTED).detail["via"] == "shell"


@pytest.mark.usefixtures("texts", "console")
def test_the_project_may_be_named_and_the_person_chosen(send: Send, project: Project, admin: User) -> None:
    second = member(project.organization, Role.OPERATOR)
    send(project="Web shop", person=second.email)
    assert Campaign.objects.get().sent_by == second


@pytest.mark.usefixtures("texts", "console")
def test_the_template_says_the_region(send: Send, project: Project, tmp_path: Path) -> None:
    making.body(project, "您好{1}", region=Region.DOMESTIC, name="国内")
    making.signature(project, "演示商城", region=Region.DOMESTIC)
    path = tmp_path / "domestic.csv"
    path.write_text("+8613800138000,王\n")
    figures, _words = send(template="国内", signature="演示商城", file=path)
    assert (figures["messages"], Campaign.objects.get().region) == (1, Region.DOMESTIC)


@pytest.mark.usefixtures("texts", "console")
def test_a_schedule_is_left_to_the_console(send: Send) -> None:
    at = timezone.now() + timedelta(hours=3)
    figures, _words = send(schedule=at.isoformat())
    campaign = Campaign.objects.get()
    assert (campaign.status, figures["delivered"]) == (CampaignStatus.SCHEDULED, 0)
    assert abs(campaign.scheduled_at - at) < timedelta(minutes=1)
    assert campaign.time_zone == "Asia/Shanghai"


@pytest.mark.parametrize(
    "wrong",
    [
        {"project": "nowhere"},
        {"template": "No such text"},
        {"signature": "Nobody"},
        {"file": Path("/nowhere/recipients.xlsx")},
        {"schedule": "tomorrow"},
        {"person": "stranger@example.com"},
        {"signature": "演示商城"},
    ],
)
@pytest.mark.usefixtures("texts", "gateway")
def test_a_wrong_call_exits_with_2(send: Send, project: Project, wrong: dict[str, object]) -> None:
    making.signature(project, "演示商城", region=Region.DOMESTIC)
    with pytest.raises(CommandError) as error:
        send(**wrong)
    assert error.value.returncode == 2
    assert not Campaign.objects.filter(confirmed_at__isnull=False).exists()


def refused(send: Send, **options: object) -> str:
    with pytest.raises(CommandError) as error:
        send(**options)
    assert error.value.returncode == 1
    return str(error.value)


@pytest.mark.usefixtures("console")
def test_a_text_that_is_not_approved_is_refused(send: Send, project: Project) -> None:
    making.body(project, status=RevisionStatus.PENDING)
    making.signature(project)
    assert "not approved: pending approval" in refused(send)


@pytest.mark.usefixtures("texts", "console")
def test_a_refused_file_says_why(send: Send, tmp_path: Path) -> None:
    path = tmp_path / "recipients.xlsx"
    path.write_bytes(b"%PDF-1.7 something else")
    assert "PDF" in refused(send, file=path)


@pytest.mark.usefixtures("texts", "console")
def test_a_file_without_anybody_to_send_to_is_refused(send: Send, tmp_path: Path) -> None:
    path = tmp_path / "recipients.csv"
    path.write_text("10086,Bob,Rome\n")
    assert "No row" in refused(send, file=path)


@pytest.mark.usefixtures("texts", "console")
def test_without_yes_nobody_confirms_for_a_script(send: Send) -> None:
    assert "--yes" in refused(send, yes=False)
    assert Campaign.objects.get().status == CampaignStatus.READY


@pytest.mark.usefixtures("texts", "console")
def test_a_disabled_project_refuses(send: Send, project: Project, admin: User) -> None:
    disable_project(project=project, by=admin)
    assert "disabled" in refused(send)


@pytest.mark.usefixtures("texts", "gateway")
def test_without_workers_it_says_so(send: Send, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shell, "PATIENCE_SECONDS", 0)
    assert "Is the console running" in refused(send)


@pytest.mark.usefixtures("texts", "console")
def test_a_cancelled_campaign_is_not_done(
    send: Send, driver: ScriptedDriver, operator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver.before_window = lambda: services.cancel_campaign(campaign=Campaign.objects.get(), by=operator)
    assert "cancelled" in refused(send)


def test_two_projects_of_one_name_are_not_clear(send: Send, project: Project) -> None:
    ProjectFactory(name=project.name)
    with pytest.raises(CommandError, match="Several projects"):
        send(project=project.name)
