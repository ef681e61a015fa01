"""Keys, bodies, rates: what holds for every operation."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from django.db import OperationalError
from django.utils import timezone

from api.native.api import api, openapi_document
from delivery.models import Message
from projects.models import ApiKey
from projects.statuses import ApiScope
from tests.api.native.calling import Program
from tests.api.native.conftest import Shop

pytestmark = pytest.mark.django_db


def test_without_a_key_nobody_is_let_in(shop: Shop) -> None:
    answer = Program(None).get("messages")
    assert (answer.status, answer.code) == (401, "key_missing")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert Program(None, Authorization="Basic abc").get("messages").code == "key_missing"
    assert Program(None, Authorization="Bearer sms_live_nonsense").get("messages").code == "key_unknown"


def test_a_retired_and_an_expired_key_say_so(shop: Shop) -> None:
    key = shop.key(retired_at=timezone.now())
    assert Program(key).get("messages").code == "key_retired"
    key = shop.key(expires_at=timezone.now() - timedelta(seconds=1))
    assert Program(key).get("messages").code == "key_expired"


def test_a_key_is_used_from_its_addresses_only(shop: Shop) -> None:
    assert Program(shop.key(addresses=["10.0.0.0/8"])).get("messages").code == "address_not_allowed"
    assert Program(shop.key(addresses=["127.0.0.0/8"])).get("messages").status == 200


def operations() -> list[tuple[str, str, list[str]]]:
    """Method, path and scopes of every operation."""
    return [
        (method.upper(), path.removeprefix("/api/v1/"), operation["x-scopes"])
        for path, methods in openapi_document()["paths"].items()
        for method, operation in methods.items()
    ]


@pytest.mark.parametrize(("method", "path", "scopes"), operations())
def test_every_operation_needs_one_of_its_scopes(
    method: str, path: str, scopes: list[str], shop: Shop
) -> None:
    others = [one for one in ApiScope.values if one not in scopes]
    address = path.format_map(_Anything())
    answer = Program(shop.key(scopes=others)).send(method, address, {})
    assert (answer.status, answer.code) == (403, "scope_missing")
    assert answer.body["scopes"] == scopes
    for scope in scopes:
        allowed = Program(shop.key(scopes=[scope])).send(method, address, {})
        assert allowed.status != 403, allowed.body


class _Anything(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return "blacklist" if name == "list_name" else "00000000-0000-0000-0000-000000000000"


def test_too_many_requests_are_refused_with_when_to_come_again(shop: Shop, settings: Any) -> None:
    settings.API_REQUESTS_PER_SECOND = 2
    program = Program(shop.key())
    answers = [program.get("messages") for _n in range(5)]
    assert [answer.status for answer in answers[:2]] == [200, 200]
    last = answers[-1]
    assert (last.status, last.code) == (429, "rate_limited")
    assert int(last.headers["Retry-After"]) >= 1
    assert answers[0].headers["RateLimit-Limit"] == "2"
    assert answers[0].headers["RateLimit-Remaining"] == "1"
    assert "RateLimit-Reset" in answers[0].headers


def test_every_answer_has_an_id_and_is_stored_nowhere(program: Program) -> None:
    for answer in (program.get("messages"), program.get("nothing/here"), Program(None).get("messages")):
        assert answer.headers["Request-Id"]
        assert answer.headers["Cache-Control"] == "no-store"
        if answer.status >= 400:
            assert answer.body["request_id"] == answer.headers["Request-Id"]


def test_answers_are_in_english_whatever_the_reader_speaks(shop: Shop) -> None:
    program = Program(shop.key(), **{"Accept-Language": "zh-hans"})
    program.client.cookies["django_language"] = "zh-hans"
    assert program.get("nothing").body["title"] == "There is nothing here"


def test_no_session_is_begun(program: Program) -> None:
    program.get("messages")
    assert not program.client.cookies


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE"])
def test_a_method_that_an_address_does_not_know_is_refused(method: str, program: Program) -> None:
    answer = program.send(method, "messages")
    assert (answer.status, answer.code) == (405, "method_not_allowed")
    assert sorted(answer.headers["Allow"].split(", ")) == ["GET", "POST"]


@pytest.mark.parametrize(
    ("raw", "status", "code"),
    [
        (b"{", 400, "body_malformed"),
        (b"\xff\xfe", 400, "body_malformed"),
        (b'{"to": NaN}', 400, "body_malformed"),
        (b'{"to": "+1", "to": "+2"}', 400, "body_malformed"),
        (b"[" * 100_000, 400, "body_malformed"),
        (b"9" * 10_000, 400, "body_malformed"),
        (b"", 422, "invalid_input"),
        (b"[]", 422, "invalid_input"),
        (b"null", 422, "invalid_input"),
        (b'"text"', 422, "invalid_input"),
        (b'{"to": {"$gt": ""}}', 422, "invalid_input"),
        (b'{"to": "\\u0000"}', 422, "invalid_input"),
        (b'{"to": "+49", "text": "\\ud800"}', 422, "invalid_input"),
        (b'{"\\udfff": 1}', 422, "invalid_input"),
        (b"{" + b" " * (1 << 20) + b"}", 413, "body_too_large"),
    ],
    ids=range(15),
)
def test_bodies_that_cannot_be_read_are_refused(raw: bytes, status: int, code: str, program: Program) -> None:
    answer = program.post("messages", raw=raw)
    assert (answer.status, answer.code) == (status, code), answer.body
    assert not Message.objects.exists()


def test_unknown_fields_are_named(shop: Shop, program: Program) -> None:
    answer = program.post("messages", shop.message(too="+4915123000001"))
    assert (answer.status, answer.fields) == (422, {"too": "extra_forbidden"})
    answer = program.get("messages", colour="red")
    assert (answer.status, answer.fields) == (422, {"colour": "unknown"})


def test_characters_that_turn_the_direction_around_are_refused(shop: Shop, program: Program) -> None:
    answer = program.post("messages", shop.message(reference="a\u202eb"))
    assert list(answer.fields) == ["reference"]
    answer = program.post("messages", shop.message(parameters=["x", "\x1b[2J"]))
    assert list(answer.fields) == ["parameters[1]"]


def test_only_json_is_read(shop: Shop, program: Program) -> None:
    body = json.dumps(shop.message()).encode()
    answer = program.post("messages", raw=body, content_type="text/plain")
    assert (answer.status, answer.code) == (415, "content_type_unsupported")


def test_a_fault_of_the_console_says_nothing_of_the_request(
    shop: Shop, program: Program, caplog: pytest.LogCaptureFixture
) -> None:
    with mock.patch("api.native.messages.place", side_effect=RuntimeError("secret +4915123000001")):
        answer = program.post("messages", shop.message())
    assert (answer.status, answer.code) == (500, "internal_error")
    assert "+4915123000001" not in json.dumps(answer.body) + caplog.text
    assert "RuntimeError" in caplog.text


def test_a_database_that_is_away_is_told_apart(shop: Shop, program: Program) -> None:
    with mock.patch("api.native.keys.api_key_by_token", side_effect=OperationalError("gone")):
        answer = program.get("messages")
    assert (answer.status, answer.code) == (503, "unavailable")


def test_no_number_and_no_key_stands_in_the_log(
    shop: Shop, program: Program, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    program.post("messages", shop.message())
    program.post("messages", shop.message(to="+4915123000001x"))
    program.get("messages/unknown")
    assert "4915123000001" not in caplog.text
    assert program.headers["Authorization"].split()[1] not in caplog.text


def test_last_use_of_a_key_is_noted(shop: Shop, program: Program) -> None:
    program.get("messages")
    assert program.key is not None
    assert ApiKey.objects.get(pk=program.key.pk).last_used_at is not None


def test_every_operation_has_words_and_an_own_id() -> None:
    found: list[Any] = [one for methods in openapi_document()["paths"].values() for one in methods.values()]
    assert len({one["operationId"] for one in found}) == len(found) > 35
    assert all(one["summary"] and "Scope:" in one["description"] for one in found)
    assert api.title == "SMS Console API"
