"""The reads behind the pages: progress, the table of numbers, its filters, search and pages."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from delivery.claim import claim_window
from delivery.counters import fold_deltas, sample_rates
from delivery.drain import drain, lease_batch
from delivery.gateways.base import OutboundMessage, Outcome, SubmitResult
from delivery.models import Dispatch, DispatchSample, Gateway, Message
from delivery.queries import (
    StatusWord,
    dispatch_progress,
    failures_by_reason,
    iter_messages,
    messages_page,
    read_many_counts,
)
from delivery.queries import messages as messages_module
from delivery.statuses import MessageStatus, Reason
from tests.delivery.conftest import MakeDispatch, ScriptedDriver, accept

pytestmark = pytest.mark.django_db


@pytest.fixture
def mixed(gateway: Gateway, driver: ScriptedDriver, make_dispatch: MakeDispatch) -> Dispatch:
    """600 messages: 200 settled (by id: 1 in 4 refused, 1 in 4 uncertain), 200 in flight, 200 waiting."""

    def answer(message: OutboundMessage) -> SubmitResult:
        if message.id % 4 == 0:
            return SubmitResult(message.id, Outcome.REFUSED, code="E1", reason=Reason.BLACKLISTED)
        return accept(message) if message.id % 4 > 1 else SubmitResult(message.id, Outcome.UNCERTAIN)

    from delivery.drain import send_window

    dispatch = make_dispatch(600, batch=300)
    driver.answer = answer
    lease = lease_batch(gateway.pk)
    send_window(gateway, driver, claim_window(gateway, lease))
    claim_window(gateway, lease)
    claim_window(gateway, lease_batch(gateway.pk))
    return dispatch


def words(dispatch: Dispatch, word: StatusWord | None = None, **options: object) -> list[int]:
    page = messages_page(dispatch.pk, word=word, limit=1_000, **options)
    assert word is None or {row.word for row in page.rows} <= {word}
    return [row.id for row in page.rows]


def test_progress_adds_up(mixed: Dispatch) -> None:
    progress = dispatch_progress(mixed.pk)
    assert progress.by_status[MessageStatus.SUBMITTING] == 300
    assert progress.by_status[MessageStatus.QUEUED] == 100
    assert progress.in_flight == 300
    assert sum(progress.by_status.values()) == progress.n_total == 600


def test_progress_is_the_same_folded_or_not(mixed: Dispatch) -> None:
    before = dispatch_progress(mixed.pk)
    assert fold_deltas() > 0
    assert dispatch_progress(mixed.pk) == before
    assert dispatch_progress(mixed.pk).stamp == before.stamp


def test_progress_makes_four_statements(mixed: Dispatch) -> None:
    with CaptureQueriesContext(connection) as queries:
        dispatch_progress(mixed.pk)
    assert len(queries) == 4


def test_the_rate_comes_from_the_last_minute(mixed: Dispatch) -> None:
    now = timezone.now()
    DispatchSample.objects.create(dispatch_id=mixed.pk, at=now - timedelta(minutes=5), n_left_console=0)
    DispatchSample.objects.create(dispatch_id=mixed.pk, at=now - timedelta(seconds=30), n_left_console=100)
    DispatchSample.objects.create(dispatch_id=mixed.pk, at=now - timedelta(seconds=20), n_left_console=200)
    progress = dispatch_progress(mixed.pk)
    assert progress.rate_per_minute == 600
    assert progress.seconds_left == 40


def test_samples_are_taken_of_what_is_being_sent(mixed: Dispatch) -> None:
    DispatchSample.objects.create(
        dispatch_id=mixed.pk, at=timezone.now() - timedelta(hours=1), n_left_console=0
    )
    sample_rates()
    assert DispatchSample.objects.get().n_left_console == 200


def test_pages_follow_each_other_without_gaps(mixed: Dispatch) -> None:
    seen: list[int] = []
    after = None
    while True:
        page = messages_page(mixed.pk, after_id=after, limit=70)
        seen += [row.id for row in page.rows]
        if page.next_after is None:
            break
        after = page.next_after
    assert seen == list(range(mixed.first_id, mixed.first_id + 600))


@pytest.mark.parametrize(
    ("word", "n"),
    [("waiting", 100), ("sending", 300), ("sent", 100), ("failed", 50), ("uncertain", 50), ("blocked", 0)],
)
def test_each_word_filters(mixed: Dispatch, word: str, n: int) -> None:
    assert len(words(mixed, StatusWord(word))) == n
    assert len(list(iter_messages(mixed.pk, word=StatusWord(word)))) == n


def test_rows_that_are_hard_to_find_come_in_steps(mixed: Dispatch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(messages_module, "SCAN_SECONDS", 0)
    page = messages_page(mixed.pk, word=StatusWord.SENT, limit=40)
    assert page.is_partial
    assert page.next_after == mixed.first_id + 79
    assert len(list(iter_messages(mixed.pk, word=StatusWord.SENT))) == 100


def test_search_finds_a_whole_number_and_its_last_digits(mixed: Dispatch) -> None:
    third = mixed.first_id + 3
    assert words(mixed, search="+8613800000003") == [third]
    assert words(mixed, search="00000003") == [third]
    assert words(mixed, search="13800000003") == [third]
    assert words(mixed, search="003") == []
    assert words(mixed, StatusWord.WAITING, search="00000003") == []


def test_search_stays_within_the_dispatch(mixed: Dispatch, make_dispatch: MakeDispatch) -> None:
    other = make_dispatch(10)
    assert words(other, search="+8613800000003") == [other.first_id + 3]


def test_failures_are_grouped_by_reason(mixed: Dispatch) -> None:
    first, second = failures_by_reason(mixed.pk)
    assert {(f.reason, f.code, f.n) for f in (first, second)} == {
        (Reason.BLACKLISTED, "E1", 50),
        (Reason.NO_ANSWER, "", 50),
    }


def test_counts_of_many_dispatches_take_one_statement(mixed: Dispatch, make_dispatch: MakeDispatch) -> None:
    other = make_dispatch(5)
    with CaptureQueriesContext(connection) as queries:
        counts = read_many_counts([mixed.pk, other.pk])
    assert len(queries) == 1
    assert counts[other.pk][MessageStatus.QUEUED] == 5
    assert counts[mixed.pk][MessageStatus.FAILED] == 50


def test_a_sent_dispatch_has_no_rate(
    gateway: Gateway, driver: ScriptedDriver, make_dispatch: MakeDispatch
) -> None:
    dispatch = make_dispatch(5)
    drain(gateway, until=time.monotonic() + 5, driver=driver)
    progress = dispatch_progress(dispatch.pk)
    assert progress.is_sent
    assert (progress.rate_per_minute, progress.seconds_left) == (None, None)
    assert Message.objects.count() == 5
