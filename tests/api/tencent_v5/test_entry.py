"""Who calls, in Tencent's order: each thing that can be wrong has its code, and the status is 200 always."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import DjangoAssertNumQueries

from api.sending.orders import Refusal
from api.tencent_v5.errors import CODE_OF
from api.tencent_v5.methods import METHODS
from projects.models import AppKey, Project
from tests.api.tencent_v5.calling import Program, phone
from tests.factories import AppKeyFactory

PACKAGES = {"offset": 0, "length": 10}


def test_it_lets_a_signed_request_through(program: Program) -> None:
    assert program.call("getsmspackages", PACKAGES) == {"result": 0, "errmsg": "OK", "total": 0, "data": []}


def test_every_refusal_of_the_console_has_a_code() -> None:
    assert set(CODE_OF) == set(Refusal)


@pytest.mark.parametrize("sdk_app_id", [None, "", "abc", "1", "-1", "9" * 30, "1400000000' --", "１４"])
def test_an_unknown_sdkappid_is_1019(program: Program, sdk_app_id: object) -> None:
    assert program.call("getsmspackages", PACKAGES, sdkappid=sdk_app_id)["result"] == 1019


def test_a_disabled_project_is_1020(program: Program, project: Project) -> None:
    Project.objects.filter(pk=project.pk).update(disabled_at=timezone.now())
    assert program.call("getsmspackages", PACKAGES)["result"] == 1020


def test_another_address_is_1009_whatever_else_is_wrong(program: Program, app_key: AppKey) -> None:
    AppKey.objects.filter(pk=app_key.pk).update(addresses=["10.0.0.0/8"])
    assert program.call("nothing", sig="wrong", time="x")["result"] == 1009
    program.address = "10.1.2.3"
    assert program.call("getsmspackages", PACKAGES)["result"] == 0


def test_of_two_keys_each_has_its_own_addresses(program: Program, app_key: AppKey, project: Project) -> None:
    AppKey.objects.filter(pk=app_key.pk).update(addresses=["10.0.0.0/8"])
    other = Program(AppKeyFactory(project=project, secret="f" * 32))
    assert other.call("getsmspackages", PACKAGES)["result"] == 0
    assert program.call("getsmspackages", PACKAGES)["result"] == 1009


@pytest.mark.parametrize("sig", [None, "", 0, [], False])
def test_a_missing_sig_is_1003(program: Program, sig: object) -> None:
    assert program.call("getsmspackages", {**PACKAGES, "sig": sig})["result"] == 1003


@pytest.mark.parametrize("seconds", [-601, 601, 10**9, -(10**9)])
def test_a_clock_that_is_more_than_ten_minutes_off_is_1021(program: Program, seconds: int) -> None:
    with time_machine.travel(int(time.time()), tick=False):
        answer = program.call("getsmspackages", PACKAGES, time=max(0, int(time.time()) + seconds))
    assert answer["result"] == 1021


@pytest.mark.parametrize("seconds", [-600, 600])
def test_a_clock_that_is_ten_minutes_off_will_do(program: Program, seconds: int) -> None:
    with time_machine.travel(int(time.time()), tick=False):
        answer = program.call("getsmspackages", PACKAGES, time=int(time.time()) + seconds)
    assert answer["result"] == 0


def test_a_clock_in_milliseconds_is_told_so(program: Program) -> None:
    answer = program.call("getsmspackages", PACKAGES, time=int(time.time() * 1000))
    assert answer["result"] == 1021
    assert "in seconds" in answer["errmsg"]


@pytest.mark.parametrize("moment", [None, "now", 1.5, True, -1, 10**30])
def test_a_time_of_another_type_is_1004(program: Program, moment: object) -> None:
    assert program.call("getsmspackages", {**PACKAGES, "time": moment}, sig="x")["result"] == 1004


@pytest.mark.parametrize(
    "change", [{"sig": "0" * 64}, {"sig": "é"}, {"sig": "kein Schlüssel"}], ids=["digits", "letter", "words"]
)
def test_a_wrong_sig_is_1001(program: Program, change: dict[str, Any]) -> None:
    assert program.call("getsmspackages", PACKAGES, **change)["result"] == 1001


def test_a_signature_holds_for_its_numbers_only(program: Program) -> None:
    sig = program.sign("sendsms", {"time": 1, "tel": phone()}, "1")
    body = {"tel": phone("13788888889"), "tpl_id": 1, "params": []}
    assert program.call("sendsms", body, sig=sig, random="1")["result"] == 1001


def test_a_retired_key_is_1001(program: Program, app_key: AppKey) -> None:
    AppKey.objects.filter(pk=app_key.pk).update(retired_at=timezone.now())
    assert program.call("getsmspackages", PACKAGES)["result"] == 1001


def test_the_key_of_another_project_is_1001(program: Program) -> None:
    stranger = AppKeyFactory(secret="e" * 32)
    answer = program.call("getsmspackages", PACKAGES, sdkappid=stranger.project.sdk_app_id)
    assert answer["result"] == 1001


def test_an_unknown_method_is_1011_once_the_signature_is_right(program: Program) -> None:
    assert program.call("sendvoice")["result"] == 1011
    assert program.call("sendvoice", sig="0" * 64)["result"] == 1001


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"x"',
        b"\xff{}",
        b'{"a": NaN}',
        b"[" * 100_000,
        b'{"time": ' + b"9" * 5000 + b"}",
    ],
)
def test_what_is_no_json_object_is_1004(program: Program, raw: bytes) -> None:
    query = {"sdkappid": program.key.project.sdk_app_id, "random": 1}
    assert program.post("getsmspackages", raw, query)["result"] == 1004


@pytest.mark.parametrize("text", ["\0", "\ud800", "a\udfff"])
def test_text_that_no_database_keeps_is_1004(program: Program, text: str) -> None:
    assert program.call("getsmspackages", {"deep": [{text: text}]})["result"] == 1004


def test_a_body_of_more_than_a_megabyte_is_1004(program: Program) -> None:
    answer = program.call("getsmspackages", {**PACKAGES, "more": "x" * (1 << 20)})
    assert answer["result"] == 1004
    assert "1 MB" in answer["errmsg"]


def test_a_missing_random_is_1004(program: Program) -> None:
    assert program.call("getsmspackages", PACKAGES, random="")["result"] == 1004


def test_unknown_members_are_left_alone(program: Program) -> None:
    assert program.call("getsmspackages", {**PACKAGES, "Später": {"x": [1]}})["result"] == 0


def test_a_random_number_and_a_random_text_are_the_same(program: Program) -> None:
    assert program.call("getsmspackages", PACKAGES, random=123456)["result"] == 0
    assert program.call("getsmspackages", PACKAGES, random="a b&c")["result"] == 0


def test_a_get_is_told_to_post(client: Client, app_key: AppKey) -> None:
    response = client.get(f"/v5/tlssmssvr/sendsms?sdkappid={app_key.project.sdk_app_id}")
    assert response.status_code == 200
    assert response.json()["result"] == 1004


def test_voice_methods_are_1030_and_unknown_ones_1011(client: Client, app_key: AppKey) -> None:
    query = f"?sdkappid={app_key.project.sdk_app_id}&random=1"
    for method, code in [("sendvoiceprompt", 1030), ("uploadvoicefile", 1030), ("sing", 1011)]:
        assert client.post(f"/v5/tlsvoicesvr/{method}{query}").json()["result"] == code


def test_ext_is_echoed_when_a_send_is_refused(program: Program) -> None:
    refused = program.call("sendsms", {"tel": phone(), "ext": "order 7", "tpl_id": "x"})
    assert refused["result"] == 1004
    assert refused["ext"] == "order 7"
    assert program.call("sendsms", {"tel": phone(), "ext": "order 7"}, sig="0")["ext"] == "order 7"


def test_answers_are_in_english_for_everybody(app_key: AppKey) -> None:
    client = Client(headers={"accept-language": "zh-hans"})
    answer = client.post("/v5/tlssmssvr/sendsms?sdkappid=1")
    assert answer.json()["errmsg"].startswith("No such sdkappid")
    assert "sessionid" not in answer.cookies
    assert "Accept-Language" in answer.get("Vary", "") or not answer.cookies


def test_it_notes_the_use_of_the_key_once_a_minute(program: Program, app_key: AppKey) -> None:
    program.address = "192.0.2.7"
    program.call("getsmspackages", PACKAGES)
    app_key.refresh_from_db()
    assert str(app_key.last_used_from) == "192.0.2.7"
    first = app_key.last_used_at
    program.call("getsmspackages", PACKAGES)
    app_key.refresh_from_db()
    assert app_key.last_used_at == first


def test_more_requests_than_the_limit_are_1013(program: Program, settings: Any) -> None:
    settings.API_REQUESTS_PER_SECOND = 2
    codes = [program.call("getsmspackages", PACKAGES)["result"] for _n in range(6)]
    assert codes[:2] == [0, 0]
    assert 1013 in codes


def test_who_calls_costs_one_query(
    program: Program, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    program.call("getsmspackages", PACKAGES)
    with django_assert_num_queries(1):
        program.call("getsmspackages", PACKAGES)


def test_no_answer_and_no_log_shows_the_secret(
    program: Program, app_key: AppKey, caplog: pytest.LogCaptureFixture
) -> None:
    answers = [program.call(method, sig="0" * 64) for method in [*METHODS, "nothing"]]
    assert app_key.secret not in json.dumps(answers) + caplog.text
