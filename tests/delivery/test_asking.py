"""What is said to be blocked before it is sent is what the claim blocks."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from delivery.drain import drain
from delivery.limits.caps import Usage
from delivery.limits.frequency import Block
from delivery.models import CapUsage, Gateway, Message, RuleHit
from delivery.services.asking import Asked, CapReached, tell_asked, would_block
from delivery.statuses import MessageStatus, Reason
from projects.limits import limits_of
from projects.models import AllowedCountry, Cap, ListedNumber, Project
from projects.statuses import CapPeriod, FrequencyDimension, NumberList
from smsconsole.outbox.models import OutboxEvent
from tests.delivery.conftest import ScriptedDriver
from tests.delivery.limiting import HandOver, limit

pytestmark = pytest.mark.django_db
D = FrequencyDimension
ANN, BOB = "+8613800000001", "+8613800000002"


def asked(*pairs: tuple[str, str]) -> list[Asked]:
    return [Asked(msisdn, "CN", text) for msisdn, text in pairs]


def reasons(found: list[Block | CapReached | None]) -> list[Reason | None]:
    return [
        found and (found.block.reason if isinstance(found, CapReached) else found.reason) for found in found
    ]


def run(gateway: Gateway, driver: ScriptedDriver) -> None:
    drain(gateway, until=time.monotonic() + 10, driver=driver)


def test_it_says_what_the_claim_would_say(
    project: Project, gateway: Gateway, driver: ScriptedDriver, hand_over: HandOver
) -> None:
    chance = random.Random(7)
    limit(project, D.SAME_CONTENT, 1, seconds=30)
    limit(project, D.PER_HOUR, 3)
    limit(project, D.SAME_CONTENT_PER_DAY, 2)
    ListedNumber.objects.create(project=project, msisdn="+8613800000003", list=NumberList.BLACKLIST)
    ListedNumber.objects.create(project=project, msisdn="+8613800000004", list=NumberList.WHITELIST)
    for _round in range(4):
        pairs = [(f"+861380000000{chance.randrange(1, 6)}", chance.choice("abc")) for _ in range(12)]
        said = reasons(would_block(project, "", asked(*pairs)))
        dispatch = hand_over(pairs)
        run(gateway, driver)
        blocked = dict(
            Message.objects.filter(dispatch_id=dispatch.pk, status=MessageStatus.BLOCKED).values_list(
                "id", "reason"
            )
        )
        assert said == [blocked.get(dispatch.first_id + place) for place in range(len(pairs))]
    assert Message.objects.filter(status=MessageStatus.BLOCKED).count() > 10


def test_asking_writes_nothing(project: Project, hand_over: HandOver) -> None:
    would_block(project, "", asked((ANN, "a"), (ANN, "a")))
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM delivery_numberslots")
        assert cursor.fetchone()[0] == 0
    assert not CapUsage.objects.exists()
    assert not OutboxEvent.objects.exists()


@pytest.mark.parametrize(
    ("dimension", "seconds", "reason"),
    [
        (D.SAME_CONTENT, 30, Reason.SAME_CONTENT),
        (D.SAME_CONTENT_PER_DAY, None, Reason.SAME_CONTENT_PER_DAY),
    ],
)
def test_the_same_text_to_one_number_counts(
    project: Project, dimension: FrequencyDimension, seconds: int | None, reason: Reason
) -> None:
    limit(project, D.SAME_CONTENT, 9, seconds=30)
    limit(project, dimension, 1, seconds=seconds)
    found = would_block(project, "", asked((ANN, "a"), (BOB, "a"), (ANN, "b"), (ANN, "a")))
    assert reasons(found) == [None, None, None, reason]


def use(project: Project, n: int) -> None:
    today = timezone.now().astimezone(project.zone).date()
    with connection.cursor() as cursor:
        Usage.of([(today, "CN")] * n).count(cursor, project.pk)


def test_a_cap_counts_what_was_used_and_what_is_asked_for(project: Project) -> None:
    Cap.objects.create(project=project, scope="all", period=CapPeriod.DAY, cap=3)
    use(project, 1)
    found = would_block(project, "", asked((ANN, "a"), (BOB, "b"), (BOB, "c")))
    assert reasons(found) == [None, None, Reason.CAP_REACHED]
    reached = found[2]
    assert isinstance(reached, CapReached)
    assert (reached.limit.scope, reached.limit.cap, reached.n) == ("all", 3, 1)
    assert reached.block.code.startswith("cap:3::")
    # It ends with the day, by the project's clock.
    assert reached.passes_at.astimezone(project.zone).strftime("%H:%M") == "00:00"


def test_what_a_rule_blocks_takes_nothing_of_a_cap(project: Project) -> None:
    limit(project, D.SAME_CONTENT, 1, seconds=30)
    Cap.objects.create(project=project, scope="CN", period=CapPeriod.MONTH, cap=2)
    found = would_block(project, "", asked((ANN, "a"), (ANN, "a"), (BOB, "a"), (BOB, "b")))
    assert reasons(found) == [None, Reason.SAME_CONTENT, None, Reason.CAP_REACHED]


def test_of_several_caps_the_one_that_lasts_longest_is_named(project: Project) -> None:
    Cap.objects.create(project=project, scope="all", period=CapPeriod.DAY, cap=0)
    Cap.objects.create(project=project, scope="CN", period=CapPeriod.MONTH, cap=0)
    (found,) = would_block(project, "", asked((ANN, "a")))
    assert isinstance(found, CapReached)
    assert (found.limit.scope, found.limit.period) == ("CN", CapPeriod.MONTH)


def test_it_costs_the_same_however_many_are_asked_for(
    project: Project, django_assert_num_queries: Callable[..., Any]
) -> None:
    limit(project, D.PER_HOUR, 3)
    Cap.objects.create(project=project, scope="all", period=CapPeriod.DAY, cap=1_000)
    ListedNumber.objects.create(project=project, msisdn=ANN, list=NumberList.BLACKLIST)
    project.limits_countries = True
    AllowedCountry.objects.create(project=project, country="CN")
    limits = limits_of(project)
    for n in (1, 200):
        many = [Asked(f"+86139{i:08d}", "CN", "a") for i in range(n)]
        with django_assert_num_queries(3):
            assert would_block(project, "", many, limits=limits) == [None] * n


def test_what_was_blocked_is_counted_and_told(project: Project) -> None:
    limits = limits_of(project)
    Cap.objects.create(project=project, scope="all", period=CapPeriod.DAY, cap=1)
    ListedNumber.objects.create(project=project, msisdn=BOB, list=NumberList.BLACKLIST)
    found = would_block(project, "", asked((ANN, "a"), (BOB, "a"), (ANN, "b"), (ANN, "c")))
    with connection.cursor() as cursor:
        tell_asked(cursor, project, limits, found)
        tell_asked(cursor, project, limits, found)
        tell_asked(cursor, project, limits, [None])
    assert dict(RuleHit.objects.values_list("rule", "n")) == {"blacklist": 2}
    events = OutboxEvent.objects.order_by("id").values_list("kind", "payload")
    assert [kind for kind, _ in events] == ["limits.hit", "cap.reached", "limits.hit"]
    assert dict(events)["cap.reached"]["value"] == 1
