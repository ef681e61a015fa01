from __future__ import annotations

from uuid import UUID

import pytest

from delivery.models import Message
from projects.models import ListedNumber
from projects.statuses import NumberList
from tests.api.native.calling import Program
from tests.api.native.conftest import Shop
from tests.campaigns import making

pytestmark = pytest.mark.django_db


def batch_of(shop: Shop, numbers: list[str]) -> dict[str, object]:
    words = {name: shop.message()[name] for name in ("template_id", "signature")}
    messages = [
        {"to": number, "parameters": ["Ada", "Berlin"], "reference": f"order-{place}"}
        for place, number in enumerate(numbers)
    ]
    return {**words, "messages": messages}


def test_it_sends_a_batch_and_says_what_became_of_each(shop: Shop, program: Program) -> None:
    ListedNumber.objects.create(project=shop.project, list=NumberList.BLACKLIST, msisdn="+4915123000001")
    answer = program.post("batches", batch_of(shop, ["+4915123000000", "+4915123000001", "what"]))
    assert answer.status == 201
    assert (answer.body["accepted"], answer.body["refused"]) == (1, 2)
    told = [(item["status"], item["code"], item["reference"]) for item in answer.body["items"]]
    assert told == [
        ("waiting", None, "order-0"),
        ("blocked", "number_blacklisted", "order-1"),
        ("refused", "number_invalid", "order-2"),
    ]
    assert [item["id"] is None for item in answer.body["items"]] == [False, False, True]
    assert Message.objects.count() == 2


def test_a_batch_tells_its_counts_and_messages(shop: Shop, program: Program) -> None:
    sent = program.post("batches", batch_of(shop, making.numbers(5))).body
    told = program.get(f"batches/{sent['id']}", limit=3).body
    assert told["messages"] == 5
    assert told["counts"] == [{"status": "waiting", "messages": 5}]
    rest = program.get(f"batches/{sent['id']}", limit=3, cursor=told["next_cursor"]).body
    ids = [item["id"] for item in told["items"] + rest["items"]]
    assert ids == [item["id"] for item in sent["items"]]
    assert rest["next_cursor"] is None


def test_a_thousand_fit_and_one_more_does_not(shop: Shop, program: Program) -> None:
    answer = program.post("batches", batch_of(shop, making.numbers(1000)))
    assert (answer.status, answer.body["accepted"]) == (201, 1000)
    answer = program.post("batches", batch_of(shop, making.numbers(1001)))
    assert (answer.status, answer.code) == (422, "invalid_input")
    assert answer.fields == {"messages": "too_long"}


def test_what_is_wrong_with_the_words_refuses_the_whole_batch(shop: Shop, program: Program) -> None:
    answer = program.post("batches", {**batch_of(shop, making.numbers(2)), "signature": "Nobody"})
    assert (answer.status, answer.code) == (422, "signature_unusable")
    assert not Message.objects.exists()


def test_domestic_and_international_numbers_do_not_mix(shop: Shop, program: Program) -> None:
    answer = program.post("batches", batch_of(shop, ["+4915123000000", "+8613800138000"]))
    assert (answer.status, answer.code) == (422, "mixed_regions")


def test_a_batch_of_nothing_but_wrong_numbers_is_told(shop: Shop, program: Program) -> None:
    sent = program.post("batches", batch_of(shop, ["a", "b"]))
    if sent.status == 201:
        told = program.get(f"batches/{sent.body['id']}").body
        assert (told["messages"], told["refused"], told["items"]) == (0, 2, [])
    else:
        assert (sent.status, sent.code) == (422, "number_invalid")


def test_another_projects_batch_does_not_exist(shop: Shop, program: Program, stranger: Program) -> None:
    sent = program.post("batches", batch_of(shop, making.numbers(1))).body
    assert stranger.get(f"batches/{sent['id']}").status == 404
    assert program.get(f"batches/{UUID(int=0)}").status == 404
    assert program.get("batches/nonsense").status == 422
