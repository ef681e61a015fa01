from __future__ import annotations

import pytest

from delivery.gateways.base import Outcome, SubmitResult
from delivery.gateways.errors import GatewayMisconfigured
from delivery.gateways.generic_answers import (
    AnswerRules,
    ReadAnswer,
    data_of,
    msisdn_of,
    statuses_of,
)
from delivery.statuses import Reason


def read(text: str, status: int = 200, *, retry_after_seconds: float = 0, **rules: str) -> SubmitResult:
    names = (
        *("success_path", "success_value", "id_path", "id_pattern"),
        *("code_path", "code_pattern", "code_meanings", "throttle_codes"),
    )
    defaults = dict.fromkeys(names, "") | {"success_statuses": "200-299", "throttle_statuses": "503"}
    answer = ReadAnswer(status, text, data_of(text), retry_after_seconds)
    return AnswerRules(**(defaults | rules)).result(7, answer)


JSON = {
    "success_path": "status",
    "success_value": "0",
    "id_path": "id",
    "code_path": "error.code",
    "code_meanings": "12=invalid_number\nA=B = content_blocked",
}
PLAIN = {"success_value": "/^OK/", "id_pattern": "^OK (\\w+)", "code_pattern": "^ERR (\\d+)"}


@pytest.mark.parametrize(
    ("text", "status", "rules", "expected"),
    [
        ('{"status": 0, "id": 17}', 200, JSON, (Outcome.ACCEPTED, ("17",), "", Reason.NONE)),
        ('{"status": "0", "id": ["a", 2]}', 202, JSON, (Outcome.ACCEPTED, ("a", "2"), "", Reason.NONE)),
        ('{"status": 0}', 200, JSON, (Outcome.ACCEPTED, (), "", Reason.NONE)),
        (
            '{"status": 1, "error": {"code": 12}}',
            200,
            JSON,
            (Outcome.REFUSED, (), "12", Reason.INVALID_NUMBER),
        ),
        (
            '{"status": 1, "error": {"code": "a=b"}}',
            200,
            JSON,
            (Outcome.REFUSED, (), "a=b", Reason.CONTENT_BLOCKED),
        ),
        (
            '{"status": 1, "error": {"code": 99}}',
            400,
            JSON,
            (Outcome.REFUSED, (), "99", Reason.UNKNOWN_CODE),
        ),
        ('{"status": 5}', 200, JSON, (Outcome.REFUSED, (), "5", Reason.UNKNOWN_CODE)),
        (
            '{"status": "to +8613800000001 no"}',
            200,
            JSON,
            (Outcome.REFUSED, (), "to +# no", Reason.UNKNOWN_CODE),
        ),
        (
            "<h1>Maintenance</h1>",
            200,
            JSON,
            (Outcome.UNCERTAIN, (), "unreadable answer", Reason.UNKNOWN_CODE),
        ),
        ('{"other": 1}', 200, JSON, (Outcome.UNCERTAIN, (), "unreadable answer", Reason.UNKNOWN_CODE)),
        ('{"stat', 200, JSON, (Outcome.UNCERTAIN, (), "unreadable answer", Reason.UNKNOWN_CODE)),
        (
            '{"status": 1, "error": {"code": 12}}',
            500,
            JSON,
            (Outcome.UNCERTAIN, (), "HTTP 500", Reason.UNKNOWN_CODE),
        ),
        ("no", 401, JSON, (Outcome.REFUSED, (), "HTTP 401", Reason.ACCOUNT_PROBLEM)),
        ("no", 404, JSON, (Outcome.REFUSED, (), "HTTP 404", Reason.GATEWAY_REFUSED)),
        ("OK 12ab", 200, PLAIN, (Outcome.ACCEPTED, ("12ab",), "", Reason.NONE)),
        ("ERR 7 no credit", 200, PLAIN, (Outcome.REFUSED, (), "7", Reason.UNKNOWN_CODE)),
        ("NOT OK", 200, PLAIN, (Outcome.UNCERTAIN, (), "unreadable answer", Reason.UNKNOWN_CODE)),
        ("", 200, PLAIN, (Outcome.UNCERTAIN, (), "unreadable answer", Reason.UNKNOWN_CODE)),
        (" OK\n", 200, {"success_value": "OK"}, (Outcome.ACCEPTED, (), "", Reason.NONE)),
        (
            "NOT OK",
            200,
            {"success_value": "OK"},
            (Outcome.UNCERTAIN, (), "unreadable answer", Reason.UNKNOWN_CODE),
        ),
        ("anything", 204, {}, (Outcome.ACCEPTED, (), "", Reason.NONE)),
        ('{"error": 3}', 200, {"code_path": "error"}, (Outcome.REFUSED, (), "3", Reason.UNKNOWN_CODE)),
    ],
)
def test_an_answer_says_what_became_of_the_message(
    text: str, status: int, rules: dict[str, str], expected: tuple[object, ...]
) -> None:
    assert read(text, status, **rules)[1:5] == expected


def test_not_now_is_throttled_by_status_or_code() -> None:
    by_status = read("", 503, retry_after_seconds=9)
    assert (by_status.outcome, by_status.retry_after_seconds) == (Outcome.THROTTLED, 9)
    by_code = read('{"code": "E9"}', code_path="code", throttle_codes="E8, E9")
    assert (by_code.outcome, by_code.code, by_code.retry_after_seconds) == (Outcome.THROTTLED, "E9", 1)


@pytest.mark.parametrize(
    ("words", "msisdn"),
    [
        ("8613800000001", "+8613800000001"),
        ("+86 138-0000-0001", "+8613800000001"),
        ("008613800000001", "+8613800000001"),
        ("0138", ""),
        ("shop", ""),
        ("1" * 16, ""),
        ("", ""),
    ],
)
def test_numbers_are_read_as_carriers_write_them(words: str, msisdn: str) -> None:
    assert msisdn_of(words) == msisdn


def test_statuses_are_listed_as_people_do() -> None:
    assert statuses_of("200, 202 204-206") == {200, 202, 204, 205, 206}
    for words in ("600", "20", "200-", "ok"):
        with pytest.raises(GatewayMisconfigured):
            statuses_of(words)
