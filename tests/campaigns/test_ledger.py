"""Damage to a campaign's rows, texts or approvals is named, with its invariant and the campaign."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from campaigns import fanout
from campaigns.ledger import check_campaign
from campaigns.models import Campaign, Recipient, RefusedRow, Upload
from delivery.drain import drain
from delivery.models import DispatchCount, Gateway, Message, MessageBody
from projects.models import Project
from templates_app.models import Review
from templates_app.statuses import Verdict
from tests.campaigns import making
from tests.delivery.conftest import ScriptedDriver

pytestmark = pytest.mark.django_db


@pytest.fixture
def campaign(project: Project, operator: User, reviewer: User) -> Campaign:
    """Sent, with a duplicate and a refused row in its file."""
    making.gateway(rate_per_second=None)
    campaign = making.draft(project, operator)
    for revision in (
        {"signature_revision": campaign.signature_revision},
        {"body_template_revision": campaign.body_template_revision},
    ):
        Review.objects.create(reviewer=reviewer, verdict=Verdict.APPROVED, **revision)
    rows = making.order_rows(30)
    making.uploaded(campaign, [*rows, rows[1], ["letters", "A", "B"]], by=operator)
    making.send(campaign, operator)
    fanout.run(campaign.pk)
    drain(Gateway.objects.get(), until=time.monotonic() + 10, driver=ScriptedDriver())
    campaign.refresh_from_db()
    return campaign


def lose_a_refused_row() -> None:
    RefusedRow.objects.all().delete()


def lose_a_recipient() -> None:
    Recipient.objects.filter(row_number=3).delete()


def miscount_the_report() -> None:
    Upload.objects.update(n_duplicates=5)


def change_a_text() -> None:
    MessageBody.objects.filter(pk=MessageBody.objects.values("pk")[:1]).update(text="Something else")


def swap_a_number() -> None:
    MessageBody.objects.filter(pk=MessageBody.objects.values("pk")[:1]).update(msisdn="+4915100000000")


def forget_the_approval() -> None:
    Review.objects.filter(signature_revision=None).delete()


def lose_a_message() -> None:
    Message.objects.filter(pk=Message.objects.values("pk")[:1]).delete()


def test_a_sent_campaign_keeps_every_invariant(campaign: Campaign) -> None:
    upload = Upload.objects.get()
    assert (upload.n_rows, upload.n_refused, upload.n_duplicates) == (32, 1, 1)
    assert Message.objects.count() == 30
    assert check_campaign(campaign) == []


@pytest.mark.parametrize(
    ("damage", "invariant"),
    [
        (lose_a_refused_row, 1),
        (lose_a_recipient, 1),
        (miscount_the_report, 1),
        (lose_a_message, 2),
        (change_a_text, 8),
        (swap_a_number, 8),
        (forget_the_approval, 8),
    ],
)
def test_damage_is_named(campaign: Campaign, damage: Callable[[], None], invariant: int) -> None:
    damage()
    out = StringIO()
    with pytest.raises(SystemExit) as stopped:
        call_command("verify_ledger", "--json", stdout=out)
    assert stopped.value.code == 1
    breaches = json.loads(out.getvalue())["breaches"]
    assert invariant in {breach["invariant"] for breach in breaches}
    # A lost message is missed by what the project's caps have counted, too.
    owners = {breach["owner"] for breach in breaches}
    assert f"campaign:{campaign.uuid}" in owners
    assert owners <= {f"campaign:{campaign.uuid}", f"project:{campaign.project.uuid}"}


def test_the_command_repairs_counters(campaign: Campaign) -> None:
    DispatchCount.objects.create(dispatch_id=campaign.dispatch_id, status=7, n=4, n_segments=4)
    out = StringIO()
    call_command("verify_ledger", "--repair", "--json", stdout=out)
    assert json.loads(out.getvalue()) == {"campaigns": 1, "repaired": 1, "breaches": []}


def test_one_campaign_can_be_asked_for(campaign: Campaign) -> None:
    out = StringIO()
    call_command("verify_ledger", "--campaign", str(campaign.uuid), stdout=out)
    assert "Every invariant holds. Campaigns checked: 1." in out.getvalue()


@pytest.mark.parametrize("unknown", ["nonsense", "00000000-0000-0000-0000-000000000000"])
def test_an_unknown_campaign_is_a_wrong_call(db: None, unknown: str) -> None:
    with pytest.raises(CommandError, match="There is no campaign") as refused:
        call_command("verify_ledger", "--campaign", unknown)
    assert refused.value.returncode == 2
