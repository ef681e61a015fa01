"""The page of the signature debugger: each way to hand over a request, no secret on it, nothing kept of it."""

from __future__ import annotations

import hashlib
import logging
import time

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.html import escape
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from projects.models import Project
from smsconsole.outbox.models import OutboxEvent
from tests.factories import AppKeyFactory, SecretKeyFactory
from tests.people import ClientOf

pytestmark = pytest.mark.django_db

SECRET = "5f03a35d00ee52a21327ab048186a2c4"


@pytest.fixture
def browser(client_of: ClientOf, operator: User) -> Client:
    return client_of(operator)


def address(project: Project, way: str = "paste") -> str:
    return reverse("signature-debugger", args=[project.slug]) + f"?with={way}"


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def pasted(project: Project, sig: str, now: int) -> str:
    return (
        f"POST /v5/tlssmssvr/sendsms?sdkappid={project.sdk_app_id}&random=77\r\nContent-Type: application/json\r\n\r\n"
        f'{{"tel": {{"nationcode": "86", "mobile": "13800138000"}}, "sig": "{sig}", "time": {now}}}'
    )


def test_a_request_of_v5_is_compared_and_no_secret_shown(
    browser: Client, project: Project, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    AppKeyFactory(project=project, secret=SECRET)
    now = int(time.time())
    right = sha256(f"appkey={SECRET}&random=77&time={now}&mobile=13800138000")
    answer = browser.post(address(project), {"request": pasted(project, right, now)})
    assert "The signature is right." in answer.content.decode()
    assert "no-store" in answer.headers["Cache-Control"]
    wrong = sha256(f"appkey={SECRET}&random=77&time={now}")
    n_events = OutboxEvent.objects.count()
    page = browser.post(address(project), {"request": pasted(project, wrong, now)}).content.decode()
    assert "The signature is wrong." in page
    assert "Your string lacks the numbers; sendsms signs them." in page
    assert "mobile=13800138000" in page
    assert SECRET not in page
    assert right not in page
    assert OutboxEvent.objects.count() == n_events
    assert "13800138000" not in caplog.text
    assert wrong not in caplog.text
    assert not any(wrong in str(value) for value in browser.session.values())


def test_the_fields_of_v5_do_the_same(browser: Client, project: Project) -> None:
    AppKeyFactory(project=project, secret=SECRET)
    now = int(time.time())
    data = {
        "method": "sendmultisms2",
        "random": "77",
        "time": str(now),
        "numbers": "13800138000\r\n13800138001",
    }
    for numbers, words in (
        ("13800138000,13800138001", "The signature is right."),
        ("13800138000", "has only the first number"),
    ):
        sig = sha256(f"appkey={SECRET}&random=77&time={now}&mobile={numbers}")
        assert words in browser.post(address(project, "v5"), {**data, "sig": sig}).content.decode()
    for method, suffix in (
        ("sendsms", "&mobile=1"),
        ("querysms4mobile", "&mobile=1"),
        ("sendisms", "&tel=1"),
        ("other", ""),
    ):
        sig = sha256(f"appkey={SECRET}&random=77&time={now}{suffix}")
        one = {**data, "method": method, "numbers": "1", "sig": sig}
        assert "The signature is right." in browser.post(address(project, "v5"), one).content.decode()


def test_the_fields_of_tc3_and_of_parameters_are_compared(browser: Client, project: Project) -> None:
    pair = SecretKeyFactory(project=project)
    tc3 = {
        "authorization": f"Authorization: TC3-HMAC-SHA256\r\n Credential={pair.secret_id}/2025-10-10/sms/tc3_request,"
        f" SignedHeaders=content-type;host;x-tc-action, Signature={'0' * 64}",
        "timestamp": str(int(time.time())),
        "host": "sms.example.com",
        "content_type": "application/json",
        "headers": "X-TC-Action: SendSms",
        "body": "{}",
        "canonical": "POST\r\n/\r\n\r\ncontent-type:application/json\r\nhost:sms.example.com:443",
    }
    page = browser.post(address(project, "tc3"), tc3).content.decode()
    assert "The signature is wrong." in page
    assert "They part in line 5 at character 21. Ours has a line end, yours “:”." in page
    assert "x-tc-action:sendsms" in page
    assert "The day in Credential is 2025-10-10" in page
    assert pair.secret not in page
    parameters = {
        "method": "POST",
        "host": "sms.example.com",
        "parameters": f"Action=SendSms&\r\nSecretId={pair.secret_id}&Signature=abc%3D",
    }
    page = browser.post(address(project, "parameters"), parameters).content.decode()
    assert escape(f"POSTsms.example.com/?Action=SendSms&SecretId={pair.secret_id}") in page
    assert "“Nonce” is missing." in page


def test_keys_of_another_project_are_unknown_here(browser: Client, project: Project) -> None:
    theirs = SecretKeyFactory()
    text = (
        f"POST / HTTP/1.1\nHost: a\nContent-Type: b\nX-TC-Timestamp: 1\nAuthorization: TC3-HMAC-SHA256 Credential="
        f"{theirs.secret_id}/2025-10-10/sms/tc3_request, SignedHeaders=content-type;host, Signature={'0' * 64}"
    )
    page = browser.post(address(project), {"request": text}).content.decode()
    assert "is no SecretId of this project" in page


@pytest.mark.parametrize(
    ("way", "data", "words"),
    [
        ("paste", {}, "“Request” is missing."),
        ("paste", {"request": "hello"}, "The first line must be the method"),
        ("paste", {"request": "GET /"}, "not signed in a way that the console knows"),
        ("paste", {"request": "POST /\0"}, "Null characters are not allowed"),
        ("paste", {"request": "x" * 200_001}, "at most 200000 characters"),
        ("paste", {"request": "POST /<script>\n\nSignature=<b>"}, "The signature could not be checked."),
        ("v5", {"method": "sendsms", "random": "1", "time": "1", "sig": "1"}, "sendsms signs its numbers."),
        ("v5", {"method": "<b>"}, "&lt;b&gt; is not one of the available choices"),
        ("v5", {"method": "sendsms", "numbers": "1 " * 1001}, "more than 1000 numbers"),
        (
            "tc3",
            {"authorization": "a", "timestamp": "1", "host": "h", "content_type": "t", "headers": "x"},
            "no header",
        ),
        ("parameters", {"method": "POST", "host": "h", "parameters": "a=b"}, "not signed in a way"),
        ("elsewhere", {"request": "hello"}, "The first line must be the method"),
    ],
)
def test_what_cannot_be_compared_is_said_and_what_was_typed_stays(
    browser: Client, project: Project, way: str, data: dict[str, str], words: str
) -> None:
    AppKeyFactory(project=project, secret=SECRET)
    answer = browser.post(address(project, way), data)
    page = answer.content.decode()
    assert words in page
    assert answer.status_code == (200 if "could not be checked" in words else 422)
    assert "<script>" not in page.replace("<script src", "")
    for typed in data.values():
        assert escape(typed).replace("\0", "") in page.replace("\0", "")


def test_the_page_asks_little(
    browser: Client, project: Project, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    browser.get(address(project))
    # Session, person, project, memberships, projects of the switcher, the bell.
    with django_assert_num_queries(6):
        page = browser.get(address(project)).content.decode()
    assert "The usual mistakes" in page
