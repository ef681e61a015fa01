"""The door of Tencent's API 3.0: who comes in, and what pages at the same address notice of it."""

from __future__ import annotations

import json
import time

import pytest
from django.test import Client
from django.utils import timezone

from api.tencent_v3.front_door import is_for_programs
from smsconsole.lib.types import Region
from tests.api.tencent_v3.calling import Program, code_of, envelope
from tests.factories import ProjectFactory, UserFactory
from tests.templates_app.texts import approved_body_template

LIST = ("DescribeSmsTemplateList", b'{"International": 0}')


def test_a_signed_request_is_answered(program):
    answer = program.post(*LIST)
    assert {row["TemplateName"][:4] for row in answer["DescribeTemplateStatusSet"]} == {"Text"}


def test_the_address_for_reverse_proxies_answers_too(program):
    action, body = LIST
    assert "Error" not in program.send(body, program.headers(action, body), path="/tencent/")


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("signature_method", ["HmacSHA1", "HmacSHA256"])
def test_signed_parameters_are_answered(program, method, signature_method):
    answer = program.form(
        "DescribeSmsTemplateList", method=method, signature_method=signature_method, International=0, Limit=2
    )
    assert "Error" not in answer, answer
    assert len(answer["DescribeTemplateStatusSet"]) == 2


def test_a_signed_query_is_answered(program):
    query = "International=0&Limit=1"
    headers = program.headers(
        "DescribeSmsTemplateList",
        b"",
        method="GET",
        query=query,
        content_type="application/x-www-form-urlencoded",
    )
    answer = envelope(program.client.get(f"/?{query}", headers=headers))
    assert len(answer["DescribeTemplateStatusSet"]) == 1


def test_pages_stay_pages(operator):
    client = Client()
    assert client.get("/").status_code == 302
    client.force_login(operator)
    assert client.get("/?page=1").status_code in (200, 302)
    assert client.post("/").status_code == 405


def test_a_page_costs_no_query_more_for_the_door(db, rf, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert not is_for_programs(rf.get("/?next=/projects/"))


def tampered(program: Program, **other: object) -> str:
    action, body = LIST
    return code_of(program.post(action, body, **other))


def test_the_clock_may_be_five_minutes_off(program):
    now = int(time.time())
    assert tampered(program, timestamp=now - 290) == tampered(program, timestamp=now + 290) == ""
    assert tampered(program, timestamp=now - 310) == "AuthFailure.SignatureExpire"
    assert tampered(program, timestamp=now + 310) == "AuthFailure.SignatureExpire"


def test_another_body_than_the_signed_one_is_refused(program):
    action, body = LIST
    headers = program.headers(action, body)
    assert code_of(program.send(body.replace(b"0", b"1"), headers)) == "AuthFailure.SignatureFailure"


def test_another_secret_is_refused(program):
    assert tampered(program, secret="x" * 32) == "AuthFailure.SignatureFailure"


def test_another_host_is_refused(program):
    assert tampered(program, signed_host="sms.tencentcloudapi.com") == "AuthFailure.SignatureFailure"


def test_the_host_that_a_trusted_proxy_saw_is_signed(program, settings):
    action, body = LIST
    headers = program.headers(action, body, signed_host="sms.example.com")
    headers["X-Forwarded-Host"] = "sms.example.com"
    assert code_of(program.send(body, headers)) == "AuthFailure.SignatureFailure"
    settings.TRUSTED_PROXY_COUNT = 1
    assert code_of(program.send(body, headers)) == ""


def test_another_day_in_the_credential_is_refused(program):
    assert tampered(program, date="2020-01-01") == "AuthFailure.SignatureFailure"


def test_an_unsigned_body_is_refused(program):
    action, body = LIST
    headers = program.headers(action, b"UNSIGNED-PAYLOAD") | {"X-TC-Content-SHA256": "UNSIGNED-PAYLOAD"}
    assert code_of(program.send(body, headers)) == "AuthFailure.SignatureFailure"


def test_letters_beyond_ascii_in_headers_are_no_accident(program):
    action, body = LIST
    headers = program.headers(action, body)
    for name in ("X-TC-Action", "X-TC-Version", "X-TC-Timestamp", "Authorization", "X-TC-Region"):
        odd = headers | {name: headers[name] + "é\xff"}
        answer = program.send(body, odd)
        assert ("Error" in answer) == (name != "X-TC-Region")


def test_an_unknown_secret_id_is_told(program):
    assert tampered(program, secret_id="AKID" + "z" * 32) == "AuthFailure.SecretIdNotFound"


def test_a_retired_key_is_unknown(program):
    program.key.retired_at = timezone.now()
    program.key.save(update_fields=["retired_at"])
    assert tampered(program) == "AuthFailure.SecretIdNotFound"


def test_an_authorization_of_another_form_is_told(program):
    action, body = LIST
    headers = program.headers(action, body) | {"Authorization": "Bearer abc"}
    assert code_of(program.send(body, headers)) == "AuthFailure.InvalidAuthorization"


@pytest.mark.parametrize("missing", ["Authorization", "X-TC-Version", "X-TC-Timestamp", "X-TC-Action"])
def test_a_missing_header_is_named(program, missing):
    action, body = LIST
    headers = program.headers(action, body)
    del headers[missing]
    answer = program.send(body, headers, path="/tencent/")
    assert code_of(answer) == "MissingParameter"


def test_unknown_actions_and_versions_are_told(program, old_program):
    assert code_of(program("SendPigeon")) == "InvalidAction"
    assert tampered(program, version="2017-01-01") == "NoSuchVersion"
    assert old_program.code("DescribePhoneNumberInfo", PhoneNumberSet=["+8613711112222"]) == "InvalidAction"


def test_other_methods_and_bodies_are_told(program):
    refused = program.client.put("/tencent/", headers={"X-TC-Action": "SendSms"})
    assert refused.status_code == 405
    assert refused.json()["Response"]["Error"]["Code"] == "UnsupportedProtocol"
    action, body = LIST
    headers = program.headers(action, body, content_type="multipart/form-data; boundary=x")
    assert code_of(program.send(body, headers)) == "UnsupportedProtocol"


def test_a_body_that_is_too_large_is_told(program):
    body = json.dumps({"International": 0, "x": "y" * (1 << 20)}).encode()
    assert code_of(program.post(LIST[0], body)) == "RequestSizeLimitExceeded"


def test_certificates_may_be_larger_but_not_from_nobody(program):
    body = json.dumps({"ProofImage": "y" * (2 << 20)}).encode()
    assert code_of(program.post("AddSmsSign", body)) == "MissingParameter"
    unknown = "AKID" + "z" * 32
    assert code_of(program.post("AddSmsSign", body, secret_id=unknown)) == "RequestSizeLimitExceeded"


def test_common_parameters_may_stand_in_the_body_too(program):
    assert "Error" not in program("DescribeSmsTemplateList", International=0, Region="x", Action="y", Nonce=1)


@pytest.mark.parametrize(
    "body",
    [b"{", b"[]", b"1", b'"x"', b"\xff\xfe", b"[" * 100_000, b'{"a":' * 50_000, b'{"International": 1e999}'],
)
def test_a_body_of_another_form_is_told(program, body):
    assert code_of(program.post(LIST[0], body)) == "InvalidParameter"


def test_an_address_that_the_key_does_not_allow_is_refused(program):
    program.key.addresses = ["192.0.2.0/24"]
    program.key.save(update_fields=["addresses"])
    assert tampered(program) == "UnauthorizedOperation.RequestIpNotInWhitelist"


def test_who_asks_too_often_is_told(program, settings):
    settings.API_REQUESTS_PER_SECOND = 2
    codes = [tampered(program, timestamp=int(time.time()) - n) for n in range(6)]
    assert codes[:2] == ["", ""]
    assert "RequestLimitExceeded" in codes


def test_the_use_of_a_key_is_noted(program):
    program.post(*LIST)
    program.key.refresh_from_db()
    assert program.key.last_used_from == "127.0.0.1"


def test_unknown_parameters_and_wrong_types_are_named(program):
    assert program.code("DescribeSmsTemplateList", International=0, Colour="red") == "UnknownParameter"
    assert program.code("DescribeSmsTemplateList", International="0") == "InvalidParameter"
    assert program.code("DescribeSmsTemplateList", International=True) == "InvalidParameter"
    assert program.code("DescribeSmsTemplateList") == "MissingParameter"
    assert program.code("DescribeSmsTemplateList", International=0, Limit=2**70) == "InvalidParameterValue"


def test_another_s_texts_are_never_listed(program):
    theirs = approved_body_template(ProjectFactory(), UserFactory(), region=Region.DOMESTIC).body_template_id
    assert program.code("DescribeSmsTemplateList", International=0, TemplateIdSet=[theirs]) == (
        "FailedOperation.MissingTemplateList"
    )


def test_a_failure_of_our_own_is_an_envelope_too(program, monkeypatch, caplog):
    number = "+86138" + "0" * 8

    def fail(*_arguments: object, **_named: object) -> None:
        raise ValueError(number)

    monkeypatch.setattr("api.tencent_v3.actions.body_templates.texts.body_templates_told", fail)
    assert code_of(program.post(*LIST)) == "InternalError"
    assert "+8613800000000" not in caplog.text
    assert "tencent v3 failed" in caplog.text


def test_neither_secret_nor_signature_is_logged(program, caplog):
    caplog.set_level("DEBUG")
    tampered(program, secret="x" * 32)
    tampered(program)
    assert program.key.secret not in caplog.text
    assert "Signature=" not in caplog.text
