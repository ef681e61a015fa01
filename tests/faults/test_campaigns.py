"""Whatever is killed while a file is read or handed over: every row counts once, every number gets one message."""

from __future__ import annotations

import contextlib
import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence

import django_rq
import psutil
import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from campaigns import services
from campaigns.ledger import check_campaign
from campaigns.models import Campaign, Upload
from campaigns.statuses import CampaignStatus
from delivery.models import Dispatch
from delivery.simulation.ledger import read_ledger
from tests.faults.checks import WINDOW, assert_whole
from tests.faults.stack import DRAINS_END_SECONDS, FaultStack
from tests.faults.trials import Expected, Trials, after_suspending, assert_import_is_whole

pytestmark = [pytest.mark.faults, pytest.mark.timeout(1800)]

ROWS = 16_000
SMALL = 6_000
PRESSES = 20
Strike = Callable[[FaultStack], None]


@pytest.fixture(scope="module")
def trials(stack: FaultStack) -> Trials:
    return Trials(stack)


@pytest.fixture
def dice() -> random.Random:
    return random.Random(2026)


# --- Strikes --------------------------------------------------------------------------------------------


def kill_the_worker(stack: FaultStack) -> None:
    stack.kill("imports")


def kill_its_child(stack: FaultStack) -> None:
    for child in stack.children("imports"):
        with contextlib.suppress(psutil.NoSuchProcess):
            child.kill()


def kill_both(stack: FaultStack) -> None:
    children = stack.children("imports")
    stack.kill("imports")
    for child in children:
        with contextlib.suppress(psutil.NoSuchProcess):
            child.kill()


def flush_valkey(stack: FaultStack) -> None:
    django_rq.get_connection("imports").flushall()


def restart_postgres(stack: FaultStack) -> None:
    stack.restart_postgres()


FAULTS: dict[str, list[Strike]] = {
    "kill -9 of the imports worker": [kill_the_worker, kill_its_child, kill_both],
    "FLUSHALL": [flush_valkey],
    "restart PostgreSQL": [restart_postgres],
}
# Only the database takes windows with it that were in flight.
MAX_UNCERTAIN = {"restart PostgreSQL": 2 * WINDOW}


def strike_amid(
    stack: FaultStack, strike: Strike, read_share: Callable[[], float], *, share: float, pause: float
) -> bool:
    """Strike when the share is reached; false when the work was over 10 % to 90 % before it was struck."""
    stack.wait_for(lambda: read_share() >= share, what=f"{share:.0%} done", pause=0.005)
    time.sleep(pause)
    if read_share() > 0.9:
        return False
    strike(stack)
    return 0.1 < read_share() < 0.9


# --- Import and fan-out ---------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", FAULTS)
def test_an_import_and_a_fan_out_go_on(
    stack: FaultStack,
    trials: Trials,
    table: Callable[..., None],
    n_moments: int,
    dice: random.Random,
    fault: str,
) -> None:
    stack.set_rate(None)
    expected = Expected(ROWS)
    strikes = FAULTS[fault]
    uploads, n_struck = strike_imports(stack, trials, strikes, n_moments, dice)
    seconds = stack.wait_for(
        lambda: all(trials.is_ready(upload) for upload in uploads), what="every file is read"
    )
    for upload in uploads:
        assert_import_is_whole(upload, expected)
        assert check_campaign(Campaign.objects.get(pk=upload.campaign_id)) == []
    whole = {"doubled": 0, "missing": 0, "uncertain": 0, "seconds": round(seconds, 1)}
    table(fault=f"{fault}, import", messages=ROWS * len(uploads), strikes=n_struck, **whole)

    dispatches, n_struck = strike_fan_outs(stack, trials, strikes, uploads, dice)
    assert n_struck >= min(n_moments, 2)
    max_uncertain = MAX_UNCERTAIN.get(fault, 0) * n_struck
    rows = [assert_whole(stack, dispatch, max_uncertain=max_uncertain) for dispatch in dispatches]
    for dispatch in dispatches:
        assert dispatch.n_total == expected.n_messages
        assert check_campaign(Campaign.objects.get(dispatch=dispatch)) == []
    n_uncertain = sum(row["uncertain"] for row in rows)
    assert n_uncertain <= max_uncertain
    whole |= {"uncertain": n_uncertain, "seconds": round(sum(row["seconds"] for row in rows), 1)}
    n_messages = expected.n_messages * len(dispatches)
    table(fault=f"{fault}, fan-out", messages=n_messages, strikes=n_struck, **whole)


def strike_imports(
    stack: FaultStack, trials: Trials, strikes: Sequence[Strike], n_moments: int, dice: random.Random
) -> tuple[list[Upload], int]:
    """Files being read, each struck once; the next is begun while the struck one waits to be taken up again."""
    uploads: list[Upload] = []
    n_struck = 0
    while n_struck < n_moments:
        assert len(uploads) < 2 * n_moments + 2, "imports are over before they can be struck"
        upload = trials.upload(ROWS, "xlsx" if len(uploads) % 2 else "csv")
        uploads.append(upload)
        n_struck += strike_amid(
            stack,
            strikes[n_struck % len(strikes)],
            lambda upload=upload: trials.import_share(upload, Expected(ROWS)),
            share=dice.uniform(0.12, 0.6),
            pause=dice.uniform(0, 0.1),
        )
    return uploads, n_struck


def strike_fan_outs(
    stack: FaultStack,
    trials: Trials,
    strikes: Sequence[Strike],
    uploads: Sequence[Upload],
    dice: random.Random,
) -> tuple[list[Dispatch], int]:
    """Campaigns being handed over, each struck once."""
    dispatches: list[Dispatch] = []
    n_struck = 0
    for upload in uploads:
        dispatch = trials.send(Campaign.objects.get(pk=upload.campaign_id))
        dispatches.append(dispatch)
        n_struck += strike_amid(
            stack,
            strikes[n_struck % len(strikes)],
            lambda dispatch=dispatch: trials.fanout_share(dispatch),
            share=dice.uniform(0.12, 0.65),
            pause=dice.uniform(0, 0.1),
        )
    return dispatches, n_struck


# --- Send, suspend, continue ----------------------------------------------------------------------------


def press_through_the_service(trials: Trials, campaign: Campaign) -> Iterator[Callable[[], object]]:
    for _ in range(PRESSES):
        yield lambda: services.confirm_send(
            campaign=campaign, version=None, authorization=services.FromShell(), by=trials.operator
        )


def press_through_the_page(trials: Trials, campaign: Campaign) -> Iterator[Callable[[], object]]:
    """The same form with the same code, posted from as many browsers."""
    code = services.issue_verification(campaign=campaign, by=trials.operator)
    address = reverse("campaign-confirm", args=[campaign.project.slug, campaign.uuid])
    form = {
        "version": campaign.version,
        "verification": str(code.uuid),
        "verification_code": code.answer,
    }
    for _ in range(PRESSES):
        client = Client()
        client.force_login(trials.operator)
        yield lambda client=client: client.post(address, form)


@pytest.mark.parametrize("pressing", [press_through_the_service, press_through_the_page])
def test_send_pressed_20_times_at_once_sends_once(
    stack: FaultStack,
    trials: Trials,
    table: Callable[..., None],
    pressing: Callable[[Trials, Campaign], Iterator[Callable[[], object]]],
) -> None:
    stack.set_rate(None)
    campaign = trials.ready(1_000)
    presses = list(pressing(trials, campaign))
    ledger_end = stack.ledger_end()
    answers = at_once(presses)
    n_first = sum(getattr(answer, "was_first", False) for answer in answers)
    statuses = {getattr(answer, "status_code", 302) for answer in answers}
    assert n_first == (1 if pressing is press_through_the_service else 0)
    assert statuses == {302}
    dispatch = Dispatch.objects.get(owner=f"campaign:{campaign.uuid}")
    stack.note_opening(dispatch, ledger_end=ledger_end)
    row = assert_whole(stack, dispatch, max_uncertain=0)
    assert dispatch.n_total == Expected(1_000).n_messages
    numbers = [line.msisdn for line in read_ledger(stack.ledger, start=ledger_end)]
    assert len(numbers) == len(set(numbers)) == dispatch.n_total
    campaign.refresh_from_db()
    assert check_campaign(campaign) == []
    assert campaign.events.filter(kind="started").count() == 1
    table(fault=f"{PRESSES} x Send at once, {pressing.__name__}", messages=dispatch.n_total, strikes=1, **row)


def at_once(calls: Sequence[Callable[[], object]]) -> list[object]:
    """Run the calls in a thread each, as close together as can be; an exception fails the test."""
    barrier = threading.Barrier(len(calls))
    answers: list[object] = []
    errors: list[BaseException] = []

    def run(call: Callable[[], object]) -> None:
        connection.ensure_connection()
        barrier.wait()
        try:
            answers.append(call())
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[call]) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    return answers


def test_a_campaign_suspended_and_continued_20_times(
    stack: FaultStack, trials: Trials, table: Callable[..., None], dice: random.Random
) -> None:
    stack.set_rate(1_000)
    campaign = trials.ready(ROWS)
    dispatch = trials.send(campaign)
    assert stack.wait_for_share(dispatch, 0.1) >= 0.1
    for _ in range(20):
        trials.suspend(campaign)
        time.sleep(dice.uniform(0, 0.2))
        trials.resume(campaign)
        time.sleep(dice.uniform(0, 0.3))
        assert stack.share_done(dispatch) < 0.9
    finish_at_full_speed(stack, trials, campaign)
    row = assert_whole(stack, dispatch, max_uncertain=0)
    assert check_campaign(Campaign.objects.get(pk=campaign.pk)) == []
    events = campaign.events.values_list("kind", flat=True)
    assert (list(events).count("suspended"), list(events).count("resumed")) == (21, 21)
    table(fault="suspend and continue a campaign", messages=dispatch.n_total, strikes=20, **row)


@pytest.mark.parametrize(("rate", "window"), [(1, 1), (10, 5), (2_500, WINDOW)])
def test_suspend_holds_within_a_second_and_a_window(
    stack: FaultStack,
    trials: Trials,
    table: Callable[..., None],
    n_moments: int,
    dice: random.Random,
    rate: float,
    window: int,
) -> None:
    """Read from the gateway's own file: what arrived after the click, and when the last of it did."""
    stack.set_rate(rate)
    campaign = trials.ready(SMALL)
    dispatch = trials.send(campaign)
    slowest = 0.0
    for _ in range(n_moments):
        ledger_end = stack.ledger_end()
        stack.wait_for(lambda start=ledger_end: stack.ledger_end() > start, what="it goes out", pause=0.01)
        time.sleep(dice.uniform(0, 0.3))
        late = after_suspending(stack, trials, campaign)
        assert late.n_after_commit <= window * 2, "more than one window per worker left when it was suspended"
        slowest = max(slowest, late.seconds)
        assert slowest <= 1.0
        assert stack.share_done(dispatch) < 0.9
        trials.resume(campaign)
    finish_at_full_speed(stack, trials, campaign)
    row = assert_whole(stack, dispatch, max_uncertain=0)
    stack.wait_for(lambda: is_finished(campaign), what="the campaign is finished")
    fault = f"suspend at {rate:,}/s (last submit {slowest:.2f} s after the click)"
    table(fault=fault, messages=dispatch.n_total, strikes=n_moments, **row)


def finish_at_full_speed(stack: FaultStack, trials: Trials, campaign: Campaign) -> None:
    """A drain that is under way would keep its rate."""
    trials.suspend(campaign)
    time.sleep(DRAINS_END_SECONDS)
    stack.set_rate(None)
    trials.resume(campaign)


def is_finished(campaign: Campaign) -> bool:
    campaign.refresh_from_db()
    return campaign.status == CampaignStatus.FINISHED
