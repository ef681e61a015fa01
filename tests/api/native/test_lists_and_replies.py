from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Membership, Role
from delivery.models import Gateway, Reply
from delivery.statuses import ReplyOutcome
from projects.models import ListedNumber
from projects.statuses import ListingSource, NumberList
from tests.api.native.calling import Program
from tests.api.native.conftest import Shop

pytestmark = pytest.mark.django_db


def numbers(*written: str, **fields: Any) -> dict[str, Any]:
    return {"numbers": [{"number": number} for number in written], **fields}


def test_numbers_are_added_listed_and_removed(shop: Shop, program: Program) -> None:
    added = program.post("number-lists/blacklist", numbers("+4915123000001", "0151 23000002"))
    assert (added.status, added.body) == (200, {"added": 2, "given": 2})
    assert program.post("number-lists/blacklist", numbers("+4915123000001")).body["added"] == 0
    page = program.get("number-lists/blacklist").body
    assert [one["number"] for one in page["items"]] == ["+4915123000002", "+4915123000001"]
    assert page["items"][0]["source"] == "program"
    found = program.get("number-lists/blacklist", number="+49 151 23000001").body["items"]
    assert [one["number"] for one in found] == ["+4915123000001"]
    gone = program.post("number-lists/blacklist/remove", {"numbers": ["+4915123000001", "+4915123000009"]})
    assert gone.body == {"removed": 1, "given": 2}
    assert ListedNumber.objects.get().source == ListingSource.PROGRAM


def test_one_wrong_number_adds_none(shop: Shop, program: Program) -> None:
    answer = program.post("number-lists/blacklist", numbers("+4915123000001", "what"))
    assert (answer.status, answer.code) == (422, "list_refused")
    assert answer.fields == {"numbers[1].number": "not_a_number"}
    assert not ListedNumber.objects.exists()


def test_the_whitelist_expires_and_is_for_admins(shop: Shop, program: Program) -> None:
    soon = (timezone.now() + timedelta(days=1)).isoformat()
    assert program.post("number-lists/whitelist", numbers("+4915123000001", expires_at=soon)).status == 200
    assert program.post("number-lists/blacklist", numbers("+4915123000001", expires_at=soon)).fields == {
        "expires_at": "not_here"
    }
    past = program.post(
        "number-lists/whitelist", numbers("+4915123000002", expires_at="2020-01-01T00:00:00Z")
    )
    assert past.code == "list_refused"
    Membership.objects.filter(user=shop.author).update(roles=[Role.OPERATOR])
    assert program.post("number-lists/whitelist", numbers("+4915123000003")).code == "nobody_behind_key"
    assert program.post("number-lists/blacklist", numbers("+4915123000003")).status == 200


def test_who_unsubscribed_is_not_taken_off_by_a_program(shop: Shop, program: Program) -> None:
    assert program.post("number-lists/unsubscribed", numbers("+4915123000001")).status == 200
    answer = program.post("number-lists/unsubscribed/remove", {"numbers": ["+4915123000001"]})
    assert (answer.status, answer.code) == (422, "list_refused")
    assert ListedNumber.objects.filter(list=NumberList.UNSUBSCRIBED).count() == 1


def test_a_list_that_does_not_exist_is_refused(program: Program) -> None:
    assert program.get("number-lists/greylist").status == 422


def test_lists_of_another_project_are_not_touched(shop: Shop, program: Program, stranger: Program) -> None:
    program.post("number-lists/blacklist", numbers("+4915123000001"))
    assert stranger.get("number-lists/blacklist").body["items"] == []
    stranger.post("number-lists/blacklist/remove", {"numbers": ["+4915123000001"]})
    assert ListedNumber.objects.count() == 1


def reply(shop: Shop, n: int) -> Reply:
    return Reply.objects.create(
        gateway=Gateway.objects.first(),
        msisdn=f"+491512300000{n}",
        text=f"Answer {n}",
        project=shop.project,
        outcome=ReplyOutcome.NOTED,
        next_try_at=None,
        received_at=timezone.now() - timedelta(minutes=10 - n),
    )


def test_replies_are_listed_newest_first(shop: Shop, program: Program, stranger: Program) -> None:
    stored = [reply(shop, n) for n in range(3)]
    first = program.get("replies", limit=2).body
    rest = program.get("replies", limit=2, cursor=first["next_cursor"]).body
    assert [one["text"] for one in first["items"] + rest["items"]] == ["Answer 2", "Answer 1", "Answer 0"]
    assert rest["next_cursor"] is None
    [one] = program.get("replies", number="+4915123000001").body["items"]
    assert (one["sender"], one["message_id"]) == ("+4915123000001", None)
    assert program.get(f"replies/{stored[0].uuid}").body["text"] == "Answer 0"
    assert stranger.get(f"replies/{stored[0].uuid}").status == 404
    assert stranger.get("replies").body["items"] == []


def test_replies_of_a_span_of_time(shop: Shop, program: Program) -> None:
    stored = [reply(shop, n) for n in range(3)]
    found = program.get("replies", since=stored[1].received_at.isoformat()).body["items"]
    assert [one["text"] for one in found] == ["Answer 2", "Answer 1"]
    assert program.get("replies", since="yesterday").fields == {"since": "value_error"}
    assert program.get("replies", since="1").status == 422
    assert program.get("replies", number="12").code == "number_invalid"


def test_figures_are_told_for_a_span_and_day_by_day(shop: Shop, program: Program) -> None:
    program.post("messages", shop.message())
    since, until = "2026-11-01T00:00:00Z", "2026-11-04T12:00:00Z"
    [whole] = program.get("statistics", since=since, until=until).body["items"]
    assert whole["requested"] >= 0
    days = program.get("statistics", since=since, until=until, per="day").body["items"]
    # The days are those of Berlin, which begins an hour before UTC.
    assert [(day["since"][:13], day["until"][:13]) for day in days] == [
        ("2026-11-01T00", "2026-11-01T23"),
        ("2026-11-01T23", "2026-11-02T23"),
        ("2026-11-02T23", "2026-11-03T23"),
        ("2026-11-03T23", "2026-11-04T12"),
    ]


def test_a_day_that_the_clocks_change_is_a_day(shop: Shop, program: Program) -> None:
    days = program.get(
        "statistics", since="2026-10-24T22:00:00Z", until="2026-10-26T23:00:00Z", per="day"
    ).body
    assert [day["since"][:13] for day in days["items"]] == ["2026-10-24T22", "2026-10-25T23"]


@pytest.mark.parametrize(
    ("since", "until", "per"),
    [
        ("2026-11-02T00:00:00Z", "2026-11-01T00:00:00Z", "total"),
        ("2024-11-02T00:00:00Z", "2026-11-01T00:00:00Z", "total"),
        ("2026-01-01T00:00:00Z", "2026-06-01T00:00:00Z", "day"),
        ("0001-01-01T00:00:00Z", "9999-12-31T00:00:00Z", "total"),
        ("0001-01-01T00:00:00+14:00", "0001-01-02T00:00:00Z", "day"),
        ("9999-12-31T00:00:00-14:00", "9999-12-31T23:59:59-14:00", "day"),
    ],
)
def test_a_span_that_cannot_be_is_refused(since: str, until: str, per: str, program: Program) -> None:
    answer = program.get("statistics", since=since, until=until, per=per)
    assert answer.status == 422, answer.body
