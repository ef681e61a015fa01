"""What a frequency limit would have blocked: replayed messages against counts made by hand."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from campaigns import beats, services, simulation
from campaigns.errors import CampaignsError
from campaigns.models import Simulation
from delivery.models import Dispatch, Gateway, Message
from delivery.services import NewMessage, append_messages, open_dispatch
from delivery.statuses import MessageStatus, Reason
from projects.models import Project
from projects.statuses import FrequencyDimension
from tests.campaigns import making
from tests.factories import ProjectFactory

pytestmark = pytest.mark.django_db

FIRST, SECOND, THIRD = making.numbers(3)
D = FrequencyDimension


def sent(
    project: Project,
    *messages: tuple[str, datetime, str],
    owner: str = "campaign:a",
    status: MessageStatus = MessageStatus.DELIVERED,
    reason: Reason = Reason.NONE,
) -> None:
    """A dispatch of these messages: number, moment, text."""
    gateway = Gateway.objects.first() or making.gateway()
    dispatch = open_dispatch(owner=owner, project=project, gateway=gateway, n_messages=len(messages))
    rows = [NewMessage(i, number, "DE", "", text, 1) for i, (number, _at, text) in enumerate(messages)]
    append_messages(dispatch=dispatch, offset=0, rows=rows)
    dispatch.refresh_from_db()
    for i, (_number, at, _text) in enumerate(messages):
        Message.objects.filter(pk=dispatch.first_id + i).update(
            status=status, reason=reason, submitted_at=at if reason == Reason.NONE else None, final_at=at
        )


def asked(project: Project, by: User, dimension: D, n: int, seconds: int | None = None) -> dict[str, object]:
    found = services.start_simulation(
        project=project, dimension=dimension, n_messages=n, n_seconds=seconds, by=by
    )
    assert found.finished_at is not None
    return found.answer


@pytest.fixture
def noon(project: Project) -> datetime:
    """Noon two days ago by the project's clock."""
    day = timezone.now().astimezone(project.zone) - timedelta(days=2)
    return day.replace(hour=12, minute=0, second=0, microsecond=0)


def test_a_daily_limit_counts_by_number_and_day(project: Project, admin: User, noon: datetime) -> None:
    day = timedelta(days=1)
    sent(
        project,
        *((FIRST, noon + timedelta(minutes=i), f"text {i}") for i in range(5)),
        *((SECOND, noon + timedelta(minutes=i), f"text {i}") for i in range(2)),
        (SECOND, noon + day, "text"),
    )
    answer = asked(project, admin, D.PER_DAY, 2)
    new = answer["new"]
    assert (answer["n_asked"], new["n_blocked"], new["n_numbers"]) == (8, 3, 1)
    assert [line[1:] for line in answer["days"] if line[0] == noon.date().isoformat()] == [[7, 0, 3]]
    ((number, n),) = new["examples"]
    assert (n, FIRST in number, "****" in number) == (3, False, True)


def test_the_present_limit_stands_beside_it(project: Project, admin: User, noon: datetime) -> None:
    sent(project, *((FIRST, noon + timedelta(minutes=i), f"text {i}") for i in range(12)))
    answer = asked(project, admin, D.PER_DAY, 11)
    assert (answer["present"]["n_blocked"], answer["new"]["n_blocked"]) == (2, 1)


def test_the_same_text_in_seconds(project: Project, admin: User, noon: datetime) -> None:
    sent(
        project,
        (FIRST, noon, "a"),
        (FIRST, noon + timedelta(seconds=50), "a"),
        (FIRST, noon + timedelta(seconds=51), "b"),
        (FIRST, noon + timedelta(seconds=120), "a"),
    )
    # The one that was blocked holds no slot: the fourth is 120 seconds after the first.
    assert asked(project, admin, D.SAME_CONTENT, 1, 100)["new"]["n_blocked"] == 1
    assert asked(project, admin, D.SAME_CONTENT, 1, 130)["new"]["n_blocked"] == 2


def test_several_campaigns_are_asked_in_the_order_they_came(
    project: Project, admin: User, noon: datetime
) -> None:
    sent(project, (FIRST, noon + timedelta(seconds=10), "a"), owner="campaign:a")
    sent(project, (FIRST, noon, "a"), (SECOND, noon, "a"), owner="campaign:b")
    answer = asked(project, admin, D.SAME_CONTENT_PER_DAY, 1)
    assert (answer["new"]["n_blocked"], answer["new"]["n_numbers"]) == (1, 1)


def test_what_a_frequency_limit_blocked_asks_too(project: Project, admin: User, noon: datetime) -> None:
    sent(project, (FIRST, noon, "a"))
    sent(
        project,
        (FIRST, noon + timedelta(seconds=5), "a"),
        owner="campaign:b",
        status=MessageStatus.BLOCKED,
        reason=Reason.SAME_CONTENT,
    )
    sent(
        project,
        (FIRST, noon, "a"),
        owner="campaign:c",
        status=MessageStatus.BLOCKED,
        reason=Reason.ON_BLACKLIST,
    )
    answer = asked(project, admin, D.SAME_CONTENT, 2, 30)
    assert (answer["n_asked"], answer["present"]["n_blocked"], answer["new"]["n_blocked"]) == (2, 1, 0)


def test_old_messages_other_projects_and_the_consoles_alarms_are_left_out(
    project: Project, admin: User, noon: datetime
) -> None:
    sent(project, (FIRST, noon - timedelta(days=8), "a"), (FIRST, noon, "a"))
    sent(ProjectFactory(), (FIRST, noon, "a"), owner="campaign:other")
    sent(project, (FIRST, noon, "a"), owner="alarm:a")
    assert asked(project, admin, D.PER_DAY, 1)["n_asked"] == 1


def test_a_large_one_is_left_to_a_worker_and_rung_for_when_it_is_silent(
    project: Project, admin: User, noon: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    rung: list[int] = []
    monkeypatch.setattr("campaigns.beats.enqueue", lambda _job, pk: rung.append(pk))
    monkeypatch.setattr("campaigns.services.simulations.AT_ONCE_MESSAGES", 1)
    sent(project, (FIRST, noon, "a"), (SECOND, noon, "a"))
    waiting = services.start_simulation(
        project=project, dimension=D.PER_DAY, n_messages=1, n_seconds=None, by=admin
    )
    assert (waiting.finished_at, waiting.n_total) == (None, 2)
    beats.ring_unfinished()
    assert rung == []
    Simulation.objects.update(heartbeat_at=timezone.now() - timedelta(minutes=5))
    beats.ring_unfinished()
    assert rung == [waiting.pk]
    services.run_simulation(simulation_id=waiting.pk)
    waiting.refresh_from_db()
    assert waiting.answer["n_asked"] == 2


def test_at_most_a_million_messages_are_read(
    project: Project, admin: User, noon: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(simulation, "MAX_MESSAGES", 3)
    sent(project, (FIRST, noon, "a"), (SECOND, noon, "a"), owner="campaign:older")
    sent(project, (FIRST, noon, "a"), (THIRD, noon, "a"), owner="campaign:newer")
    Dispatch.objects.filter(owner="campaign:newer").update(fanout_done=True)
    answer = asked(project, admin, D.PER_DAY, 1)
    assert (answer["n_asked"], answer["is_cut"]) == (2, True)


@pytest.mark.parametrize(
    ("dimension", "n", "seconds", "field"),
    [
        (D.PER_DAY, 0, None, "n_messages"),
        (D.PER_DAY, 1_001, None, "n_messages"),
        (D.SAME_CONTENT, 1, None, "n_seconds"),
        (D.SAME_CONTENT, 1, 86_401, "n_seconds"),
    ],
)
def test_values_that_no_limit_may_have_are_refused(
    project: Project, admin: User, dimension: D, n: int, seconds: int | None, field: str
) -> None:
    with pytest.raises(CampaignsError) as refusal:
        asked(project, admin, dimension, n, seconds)
    assert refusal.value.field == field
