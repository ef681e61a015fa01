"""A campaign of long and Unicode messages over SMPP, through two SMSCs that keep books of their own.

`make faults` sends 20 000 through each; a usual run 4 000.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable

import django_rq
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from campaigns.ledger import check_campaign
from campaigns.models import Campaign
from campaigns.statuses import CampaignStatus
from delivery.models import Dispatch
from delivery.queries import read_counts
from delivery.statuses import OPEN_STATUSES, MessageStatus
from tests.campaigns import making
from tests.faults.checks import WINDOW
from tests.faults.smpp_trials import SecondSmscTrial, SmppTrial, running
from tests.faults.stack import FaultStack
from tests.faults.trials import Trials

pytestmark = [pytest.mark.faults, pytest.mark.timeout(1800)]

Table = Callable[..., None]
IS_WHOLE = int(os.environ.get("FAULT_MOMENTS", "2")) > 3
CAMPAIGN_MESSAGES = 20_000 if IS_WHOLE else 4_000
MESSAGES = 2_000
# What people are called: it makes texts of one and of several segments, in both alphabets.
NAMES = (
    "Ada {n}",
    "Ada {n} of " + "[{{Élan}} & ~Söhne~] " * 14,
    "王伟 {n}",
    "王伟 {n} " + "🚚（上海）有限公司 " * 12,
)


@pytest.fixture(scope="module")
def trials(stack: FaultStack) -> Trials:
    return Trials(stack)


def campaign_file(n: int) -> SimpleUploadedFile:
    rows = ["Number,Name,City"]
    for i, number in enumerate(making.numbers(n)):
        rows.append(f"{number},{NAMES[i % len(NAMES)].format(n=i)},Berlin {i}")
    return SimpleUploadedFile("smpp.csv", "\n".join(rows).encode())


def is_finished(campaign: Campaign) -> bool:
    campaign.refresh_from_db()
    return campaign.status == CampaignStatus.FINISHED


@pytest.mark.parametrize("smsc", [SmppTrial, SecondSmscTrial])
def test_a_campaign_suspended_and_continued_ends_as_the_smsc_says(
    stack: FaultStack, trials: Trials, table: Table, smsc: type[SmppTrial]
) -> None:
    with running(smsc(stack)) as trial:
        trial.take_all_messages()
        upload = trials.upload_file(campaign_file(CAMPAIGN_MESSAGES))
        stack.wait_for(lambda: trials.is_ready(upload), what="the campaign is ready", seconds=120)
        campaign = Campaign.objects.get(pk=upload.campaign_id)
        ledger_start = trial.ledger_end()
        started = time.monotonic()
        dispatch = trials.send(campaign)
        trial.note_opening(dispatch, ledger_start=ledger_start)
        suspended_seconds = suspend_three_times(stack, trials, campaign, dispatch)
        stack.wait_for(lambda: is_sent(dispatch), what="everything is sent", seconds=600)
        seconds = time.monotonic() - started - suspended_seconds
        row = trial.assert_books_agree(dispatch)
        trial.wait_until_delivered(dispatch, seconds=300)
        assert dispatch.n_total == CAMPAIGN_MESSAGES
        assert check_campaign(Campaign.objects.get(pk=campaign.pk)) == []
        n_segments = sum(len(one.ids) for one in trial.arrived(dispatch))
        assert n_segments >= 2 * CAMPAIGN_MESSAGES
        stack.wait_for(lambda: is_finished(campaign), what="the campaign is finished")
        per_second = (
            f"{CAMPAIGN_MESSAGES / seconds:,.0f} messages ({n_segments / seconds:,.0f} segments) a second"
        )
        fault = f"SMPP: campaign suspended 3 times, {smsc.__name__}, {per_second}"
        table(fault=fault, messages=CAMPAIGN_MESSAGES, strikes=3, **row)


def is_sent(dispatch: Dispatch) -> bool:
    dispatch.refresh_from_db()
    return dispatch.sent_at is not None


def suspend_three_times(stack: FaultStack, trials: Trials, campaign: Campaign, dispatch: Dispatch) -> float:
    """At a quarter, a half and three quarters, for two seconds each; how long that took together."""
    began: list[float] = []
    for share in (0.2, 0.4, 0.6):
        stack.wait_for(
            lambda share=share: stack.share_done(dispatch) >= share,
            what=f"{share:.0%} has left",
            seconds=300,
            pause=0.01,
        )
        suspended_at = time.monotonic()
        trials.suspend(campaign)
        time.sleep(1.5)
        at_rest = n_left(dispatch)
        time.sleep(0.7)
        assert n_left(dispatch) == at_rest < CAMPAIGN_MESSAGES, "nothing leaves while it is suspended"
        trials.resume(campaign)
        began.append(time.monotonic() - suspended_at)
    return sum(began)


def n_left(dispatch: Dispatch) -> int:
    counts = read_counts(dispatch.pk)[0]
    return sum(n for status, n in counts.items() if status not in OPEN_STATUSES)


# --- Faults amid a dispatch -------------------------------------------------------------------------------


Strike = Callable[[SmppTrial], None]


def restart_the_session(trial: SmppTrial) -> None:
    trial.restart("session")


def roll_the_session(trial: SmppTrial) -> None:
    """The new one stands by before the old one is asked to go, as in a deployment."""
    old = trial.processes["session"]
    trial.start("session")
    time.sleep(3)
    old.send_signal(signal.SIGTERM)
    old.wait(timeout=30)


def kill_the_session(trial: SmppTrial) -> None:
    trial.restart("session", signal.SIGKILL)


def kill_the_smsc(trial: SmppTrial) -> None:
    trial.restart("smsc", signal.SIGKILL)


def flush_valkey(trial: SmppTrial) -> None:
    django_rq.get_connection("delivery").flushall()


def restart_postgres(trial: SmppTrial) -> None:
    trial.stack.restart_postgres()


@pytest.mark.parametrize(
    ("strike", "uncertain_per_strike"),
    [
        (restart_the_session, 0),
        (roll_the_session, 0),
        (kill_the_session, 2 * WINDOW),
        (kill_the_smsc, 2 * WINDOW),
        (flush_valkey, 0),
        (restart_postgres, 2 * WINDOW),
    ],
)
def test_nothing_is_lost_or_doubled_over_smpp(
    stack: FaultStack, table: Table, strike: Strike, uncertain_per_strike: int
) -> None:
    with running(SmppTrial(stack)) as trial:
        trial.change(rate=600)
        trial.restart("session")
        # Slow enough that windows are under way whenever it strikes.
        trial.script(delay_ms=300)
        dispatch = trial.hand_over(MESSAGES)
        n_struck = 0
        for share in (0.2, 0.45):
            stack.wait_for_share(dispatch, share)
            assert stack.share_done(dispatch) < 0.9
            strike(trial)
            n_struck += 1
        row = trial.assert_books_agree(dispatch, max_uncertain=uncertain_per_strike * n_struck)
        assert row["uncertain"] or strike not in (kill_the_session, kill_the_smsc), "nothing was under way"
        table(fault=f"SMPP: {strike.__name__}", messages=MESSAGES, strikes=n_struck, **row)


def test_a_third_of_all_parts_throttled_comes_through(stack: FaultStack, table: Table) -> None:
    with running(SmppTrial(stack)) as trial:
        trial.script(throttle=30.0, queue_full=50.0)
        dispatch = trial.hand_over(400)
        row = trial.assert_books_agree(dispatch)
        trial.wait_until_delivered(dispatch)
        assert trial.stats()["n_parts_throttled"] > 100
        table(fault="SMPP: 30 % of all parts throttled", messages=400, strikes=1, **row)


def test_silence_and_refusals_end_as_they_were_meant(stack: FaultStack, table: Table) -> None:
    with running(SmppTrial(stack)) as trial:
        trial.script(refuse=20.0, silence=5.0, refuse_parts=10.0)
        dispatch = trial.hand_over(400)
        row = trial.assert_books_agree(dispatch, max_uncertain=100)
        counts = trial.counts(dispatch)
        assert counts[MessageStatus.FAILED] > 50
        table(fault="SMPP: 20 % refused, 5 % never answered", messages=400, strikes=1, **row)
