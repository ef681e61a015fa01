"""Sending again: a draft with exactly the rows that failed or were blocked."""

from __future__ import annotations

import pytest

from accounts.models import User
from campaigns import fanout, services
from campaigns.errors import CampaignsError
from campaigns.models import Campaign, Recipient, Upload
from campaigns.statuses import CampaignStatus, EventKind
from delivery.models import Gateway, Message
from delivery.queries import StatusWord
from delivery.statuses import MessageStatus, Reason
from projects.models import Project
from tests.campaigns import making

pytestmark = pytest.mark.django_db

BOTH = list(services.AGAIN_WORDS)
# What became of rows 2 to 7 of the file.
ENDS = [
    (MessageStatus.DELIVERED, Reason.NONE),
    (MessageStatus.UNDELIVERED, Reason.UNREACHABLE),
    (MessageStatus.BLOCKED, Reason.PER_DAY),
    (MessageStatus.FAILED, Reason.GATEWAY_REFUSED),
    (MessageStatus.UNCERTAIN, Reason.NO_ANSWER),
    (MessageStatus.BLOCKED, Reason.ON_BLACKLIST),
]


@pytest.fixture
def ended(project: Project, operator: User, gateway: Gateway) -> Campaign:
    campaign = making.send(making.ready(project, operator, n=len(ENDS)), operator)
    fanout.run(campaign.pk)
    for message, (status, reason) in zip(Message.objects.order_by("id"), ENDS, strict=True):
        rare = None if status == MessageStatus.DELIVERED else status
        Message.objects.filter(pk=message.pk).update(status=status, reason=reason, rare_status=rare)
    Campaign.objects.filter(pk=campaign.pk).update(status=CampaignStatus.FINISHED)
    return Campaign.objects.get(pk=campaign.pk)


def again(
    campaign: Campaign, by: User, words: list[StatusWord], reason: Reason | None = None
) -> list[list[str]]:
    """The values of the draft's rows after its import."""
    draft = services.send_again_draft(campaign=campaign, words=words, reason=reason, by=by)
    upload = Upload.objects.get(campaign=draft)
    services.import_recipients(upload_id=upload.pk)
    upload.refresh_from_db()
    assert (upload.n_refused, upload.n_duplicates) == (0, 0)
    rows = Recipient.objects.filter(upload=upload).order_by("row_number")
    return [[row.msisdn, *row.parameters] for row in rows]


def test_the_draft_has_exactly_the_rows_that_did_not_get_through(ended: Campaign, operator: User) -> None:
    n = making.numbers(len(ENDS))
    assert sorted(again(ended, operator, BOTH)) == [
        [n[1], "Person 1", "Berlin"],
        [n[2], "Person 2", "Berlin"],
        [n[3], "Person 3", "Berlin"],
        [n[5], "Person 5", "Berlin"],
    ]


@pytest.mark.parametrize(
    ("words", "reason", "persons"),
    [
        ([StatusWord.FAILED], None, ["Person 1", "Person 3"]),
        ([StatusWord.BLOCKED], None, ["Person 2", "Person 5"]),
        ([StatusWord.BLOCKED], Reason.PER_DAY, ["Person 2"]),
        # What may have arrived is never sent again by this.
        ([*BOTH, StatusWord.UNCERTAIN, StatusWord.DELIVERED], Reason.NO_ANSWER, None),
    ],
)
def test_one_may_choose_which(
    ended: Campaign, operator: User, words: list[StatusWord], reason: Reason | None, persons: list[str] | None
) -> None:
    if persons is None:
        with pytest.raises(CampaignsError, match="nobody to send to again"):
            again(ended, operator, words, reason)
        assert not Campaign.objects.filter(copied_from=ended).exists()
    else:
        assert [row[1] for row in again(ended, operator, words, reason)] == persons


def test_it_remembers_where_it_comes_from(ended: Campaign, operator: User) -> None:
    draft = services.send_again_draft(campaign=ended, words=BOTH, by=operator)
    assert (draft.copied_from, draft.body_template_revision) == (ended, ended.body_template_revision)
    assert draft.events.get(kind=EventKind.COPIED).detail == {
        "copied_from": str(ended.uuid),
        "n_messages": 4,
        "words": ["failed", "blocked"],
    }


def test_odd_values_come_through_unchanged(project: Project, operator: User, gateway: Gateway) -> None:
    odd = ['"quoted", with a comma', "a\nb", "=1+1", "0012", "北京 ünïcode 😀"]
    campaign = making.draft(project, operator)
    rows = [[number, value, "Berlin"] for number, value in zip(making.numbers(5), odd, strict=True)]
    making.uploaded(campaign, [["Number", "Name", "City"], *rows], by=operator)
    campaign = making.send(campaign, operator)
    fanout.run(campaign.pk)
    Message.objects.update(status=MessageStatus.FAILED, rare_status=MessageStatus.FAILED)
    assert [row[1] for row in again(campaign, operator, BOTH)] == odd


def test_a_draft_has_nobody_to_send_to_again(project: Project, operator: User, gateway: Gateway) -> None:
    with pytest.raises(CampaignsError, match="Nothing of this campaign was sent yet"):
        services.send_again_draft(campaign=making.ready(project, operator), words=BOTH, by=operator)
