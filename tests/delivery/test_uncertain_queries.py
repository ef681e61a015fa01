"""The list of uncertain messages: what is known of each, in few statements."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from delivery.claim import claim_window
from delivery.drain import lease_batch
from delivery.gateways.base import Outcome, QueryOutcome, SubmitResult
from delivery.models import Gateway, Inquiry, Message, MessageBody, UnmatchedReceipt
from delivery.queries.uncertain import uncertain_groups, uncertain_page
from delivery.settle import settle_window
from delivery.statuses import MessageStatus, Reason
from projects.models import Project
from tests.delivery.conftest import MakeDispatch

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def lose(gateway: Gateway) -> None:
    window = claim_window(gateway, lease_batch(gateway.pk))
    settle_window(window, [SubmitResult(m.id, Outcome.UNCERTAIN) for m in window.messages])


def test_it_says_how_many_and_what_is_known_of_each(
    gateway: Gateway, project: Project, make_dispatch: MakeDispatch
) -> None:
    dispatch = make_dispatch(3)
    lose(gateway)
    make_dispatch(1)
    first, second, third = Message.objects.filter(dispatch_id=dispatch.pk).order_by("pk")
    Message.objects.filter(pk=third.pk).update(status=MessageStatus.SUBMITTED, rare_status=None)
    Inquiry.objects.create(
        message_id=first.pk,
        attempt=1,
        gateway_id=gateway.pk,
        outcome=QueryOutcome.MISSING,
        code="E",
        answered_at=NOW,
    )
    Inquiry.objects.create(message_id=second.pk, attempt=0, gateway_id=gateway.pk, outcome="taken")
    UnmatchedReceipt.objects.create(
        receipt_id=1,
        gateway_id=gateway.pk,
        gateway_message_id="x1",
        msisdn=MessageBody.objects.get(message_id=second.pk).msisdn,
        state=MessageStatus.DELIVERED,
        reason=Reason.NONE,
        code="DELIVRD",
        reported_at=NOW,
        received_at=timezone.now(),
    )
    [group] = uncertain_groups(project.pk)
    assert (group.dispatch_id, group.owner, group.n) == (dispatch.pk, dispatch.owner, 2)
    with CaptureQueriesContext(connection) as queries:
        page = uncertain_page(project.pk, dispatch_ids=[dispatch.pk])
    assert len(queries) == 2
    one, two = page.rows
    assert (one.answer, one.answer_code, one.receipts) == (QueryOutcome.MISSING, "E", ())
    assert (two.answer, two.gateway_name, two.since) == (None, gateway.name, second.submitted_at)
    assert [(r.status, r.gateway_message_id) for r in two.receipts] == [(MessageStatus.DELIVERED, "x1")]
    assert page.next_after is None


def test_pages_follow_each_other_and_never_show_another_projects(
    gateway: Gateway, project: Project, make_dispatch: MakeDispatch
) -> None:
    dispatch = make_dispatch(5)
    lose(gateway)
    seen, after = [], None
    while True:
        page = uncertain_page(project.pk, dispatch_ids=[dispatch.pk], after_id=after, limit=2)
        seen += [row.message_id for row in page.rows]
        after = page.next_after
        if after is None:
            break
    assert seen == [dispatch.first_id + n for n in range(5)]
    other = Project.objects.create(organization=project.organization, name="Other", slug="other")
    assert uncertain_page(other.pk, dispatch_ids=[dispatch.pk]).rows == []
    assert uncertain_groups(other.pk) == []
