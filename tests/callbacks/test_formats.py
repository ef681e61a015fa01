"""What stands in a request, word for word, and who can see that it is genuine."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone as django_timezone
from standardwebhooks import Webhook, WebhookVerificationError

from accounts.models import User
from callbacks.formats import body_of, sample_body, standard, tencent
from callbacks.models import Callback
from callbacks.services.following import follow_events
from callbacks.signing import new_secret, secrets_of, signed_headers
from callbacks.told import ReplyTold, StatusTold, split_number
from delivery.message_ids import public_message_id
from delivery.models import Gateway, Message, Reply
from delivery.services import apply_replies
from delivery.statuses import MessageStatus, Reason
from projects.models import CallbackEndpoint, Project
from projects.statuses import CallbackFormat, CallbackKind
from templates_app.models import Signature, SignatureRevision
from templates_app.statuses import RevisionStatus
from tests.callbacks.conftest import SECRET, MakeMessages, endpoint_of, follow, settle

AT = datetime(2026, 3, 4, 5, 6, 7, 891_000, tzinfo=UTC)
ID = UUID("0b7f4b3e-53b5-4f7c-9d36-2f2a6f1c3b11")
EXAMPLES = Path(__file__).resolve().parents[2] / "callbacks" / "examples"


def status(**fields: Any) -> StatusTold:
    values: dict[str, Any] = {
        "message_id": 7,
        "id": "k3v9z6t2m8r4q7x5b2n4c6d7e4",
        "project_id": 1,
        "msisdn": "+8613800138000",
        "country": "CN",
        "n_segments": 2,
        "status": MessageStatus.DELIVERED,
        "reason": Reason.NONE,
        "code": "",
        "at": AT,
        "sequence": 42,
        "context": "order-7",
        "extend": "12",
        "is_sandbox": False,
    }
    return StatusTold(**{**values, **fields})


REPLY = ReplyTold(
    id=str(ID),
    project_id=1,
    msisdn="+8613800138000",
    destination="10690001",
    text="退订 <b>\u202e",
    at=AT,
    message_id="k3v9z6t2m8r4q7x5b2n4c6d7e4",
    extend="12",
    signature="云商城",
)


# --- Standard Webhooks ----------------------------------------------------------------------------------


def test_a_status_as_a_standard_webhook() -> None:
    failed = status(
        status=MessageStatus.UNDELIVERED, reason=Reason.INVALID_NUMBER, code="MK:0001", sequence=43
    )
    body = json.loads(standard.status_body([status(), failed], at=AT, is_test=False))
    assert body == {
        "type": "messages.status",
        "timestamp": "2026-03-04T05:06:07.891Z",
        "data": {
            "messages": [
                {
                    "id": "k3v9z6t2m8r4q7x5b2n4c6d7e4",
                    "status": "delivered",
                    "reason": "",
                    "carrier_code": "",
                    "to": "+8613800138000",
                    "country": "CN",
                    "segments": 2,
                    "reference": "order-7",
                    "extend": "12",
                    "sandbox": False,
                    "at": "2026-03-04T05:06:07.891Z",
                    "sequence": 42,
                },
                {
                    "id": "k3v9z6t2m8r4q7x5b2n4c6d7e4",
                    "status": "failed",
                    "reason": "invalid_number",
                    "carrier_code": "MK:0001",
                    "to": "+8613800138000",
                    "country": "CN",
                    "segments": 2,
                    "reference": "order-7",
                    "extend": "12",
                    "sandbox": False,
                    "at": "2026-03-04T05:06:07.891Z",
                    "sequence": 43,
                },
            ]
        },
    }


def test_a_reply_as_a_standard_webhook() -> None:
    assert json.loads(standard.reply_body(REPLY, is_test=True)) == {
        "type": "reply.received",
        "timestamp": "2026-03-04T05:06:07.891Z",
        "test": True,
        "data": {
            "id": str(ID),
            "from": "+8613800138000",
            "to": "10690001",
            "text": "退订 <b>\u202e",
            "message_id": "k3v9z6t2m8r4q7x5b2n4c6d7e4",
            "extend": "12",
            "signature": "云商城",
            "at": "2026-03-04T05:06:07.891Z",
        },
    }


# --- Tencent --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, ("SUCCESS", "DELIVRD")),
        ({"code": "DELIVERED"}, ("SUCCESS", "DELIVERED")),
        ({"status": MessageStatus.UNDELIVERED, "code": "MI:0013"}, ("FAIL", "MI:0013")),
        ({"status": MessageStatus.UNDELIVERED}, ("FAIL", "UNDELIV")),
        ({"status": MessageStatus.EXPIRED, "reason": Reason.NO_RECEIPT}, ("FAIL", "EXPIRED")),
        ({"status": MessageStatus.REJECTED}, ("FAIL", "REJECTD")),
        ({"status": MessageStatus.FAILED, "code": "1014"}, ("FAIL", "1014")),
        (
            {"status": MessageStatus.BLOCKED, "reason": Reason.PER_DAY, "code": "per_day:10::1767225600"},
            ("FAIL", "BLOCKED"),
        ),
    ],
)
def test_a_status_in_tencents_words(fields: dict[str, Any], expected: tuple[str, str]) -> None:
    [told] = json.loads(tencent.status_body([status(**fields)], zone=ZoneInfo("Asia/Shanghai")))
    assert (told["report_status"], told["errmsg"]) == expected
    assert told["user_receive_time"] == "2026-03-04 13:06:07"
    assert (told["nationcode"], told["mobile"], told["sid"]) == (
        "86",
        "13800138000",
        "k3v9z6t2m8r4q7x5b2n4c6d7e4",
    )
    assert set(told) == {
        "user_receive_time",
        "nationcode",
        "mobile",
        "report_status",
        "errmsg",
        "description",
        "sid",
    }


def test_a_reply_in_tencents_words() -> None:
    assert json.loads(tencent.reply_body(REPLY)) == {
        "extend": "12",
        "mobile": "13800138000",
        "nationcode": "86",
        "sign": "云商城",
        "text": "退订 <b>\u202e",
        "time": int(AT.timestamp()),
    }


@pytest.mark.parametrize(
    ("msisdn", "parts"),
    [
        ("+8613800138000", ("86", "13800138000")),
        ("+12025550123", ("1", "2025550123")),
        ("+85251234567", ("852", "51234567")),
        ("", ("", "")),
    ],
)
def test_numbers_are_split_behind_the_calling_code(msisdn: str, parts: tuple[str, str]) -> None:
    assert split_number(msisdn) == parts


# --- Signatures -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("offset_hours", [-11, 0, 8])
def test_the_library_accepts_the_signature_in_every_zone(offset_hours: int) -> None:
    now = datetime.now(timezone(timedelta(hours=offset_hours)))
    headers = signed_headers(ID, "{}", secrets=[SECRET], now=now)
    assert Webhook(SECRET).verify("{}", headers) == {}
    assert headers["webhook-id"] == str(ID)
    assert headers["webhook-timestamp"] == str(int(now.timestamp()))


def test_the_signature_is_the_one_of_the_specification() -> None:
    # The vector of the specification's own libraries.
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    signature = Webhook(secret).sign(
        "msg_p5jXN8AQM9LWM0D4loKWxJek", datetime.fromtimestamp(1_614_265_330, UTC), '{"test": 2432232314}'
    )
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_any_change_breaks_the_signature() -> None:
    headers = signed_headers(ID, '{"a":1}', secrets=[SECRET], now=datetime.now(UTC))
    for body, changed in [
        ('{"a":2}', {}),
        ('{"a":1}', {"webhook-id": "another"}),
        ('{"a":1}', {"webhook-timestamp": str(int(headers["webhook-timestamp"]) + 1)}),
    ]:
        with pytest.raises(WebhookVerificationError):
            Webhook(SECRET).verify(body, {**headers, **changed})


def test_secrets_are_random_and_in_the_form_of_the_specification() -> None:
    one, two = new_secret(), new_secret()
    assert one != two
    assert one.startswith("whsec_")
    assert len(Webhook(one)._whsecret) == 32


def test_the_old_secret_signs_until_its_time_is_over() -> None:
    now = django_timezone.now()
    endpoint = CallbackEndpoint(secret=new_secret(), previous_secret=SECRET, previous_secret_until=now)
    assert secrets_of(endpoint, now=now - timedelta(seconds=1)) == [endpoint.secret, SECRET]
    assert secrets_of(endpoint, now=now) == [endpoint.secret]


def _python(arguments: Sequence[str]) -> list[str]:
    program = (
        "import json, sys; sys.path.insert(0, sys.argv[1]); from verify import is_genuine;"
        "headers, body, secret = json.load(sys.stdin);"
        "print(json.dumps(is_genuine(headers, body.encode(), secret)))"
    )
    return [sys.executable, "-c", program, *arguments]


def _node(arguments: Sequence[str]) -> list[str]:
    program = (
        "import { readFileSync } from 'node:fs';"
        "const { isGenuine } = await import(process.argv[1] + '/verify.mjs');"
        "const [headers, body, secret] = JSON.parse(readFileSync(0));"
        "console.log(isGenuine(headers, Buffer.from(body), secret));"
    )
    return [shutil.which("node") or "", "--input-type=module", "-e", program, *arguments]


def _php(arguments: Sequence[str]) -> list[str]:
    program = (
        "require $argv[1] . '/verify.php';"
        "[$headers, $body, $secret] = json_decode(stream_get_contents(STDIN), true);"
        "echo json_encode(is_genuine($headers, $body, $secret));"
    )
    return [shutil.which("php") or "", "-r", program, "--", *arguments]


@pytest.mark.parametrize("command", [_python, _node, _php], ids=["Python", "Node", "PHP"])
@pytest.mark.parametrize("is_rotating", [False, True])
def test_the_examples_of_the_documentation_know_what_is_genuine(command: Any, is_rotating: bool) -> None:
    line = command([str(EXAMPLES)])
    if not line[0]:
        pytest.skip("the interpreter is not on this machine")
    body = '{"text":"你好"}'
    secrets = [new_secret(), SECRET] if is_rotating else [SECRET]
    headers = signed_headers(ID, body, secrets=secrets, now=datetime.now(UTC))
    old = signed_headers(ID, body, secrets=secrets, now=datetime.now(UTC) - timedelta(minutes=6))
    questions = [
        ([headers, body, SECRET], True),
        ([headers, body + " ", SECRET], False),
        ([headers, body, new_secret()], False),
        ([old, body, SECRET], False),
        ([{**headers, "webhook-signature": "nonsense"}, body, SECRET], False),
        ([{}, body, SECRET], False),
    ]
    for question, is_genuine in questions:
        done = subprocess.run(line, input=json.dumps(question), capture_output=True, text=True, timeout=60)
        assert done.stdout.strip() == json.dumps(is_genuine), (question, done.stderr)


def test_the_documentation_shows_the_examples_as_they_are_tested() -> None:
    documentation = (EXAMPLES.parents[1] / "docs" / "callbacks.md").read_text()
    for example in EXAMPLES.iterdir():
        assert example.read_text().rstrip() in documentation, example.name


def test_the_documentation_names_tests_that_are_there() -> None:
    root = EXAMPLES.parents[1]
    named = re.findall(r"::(test_\w+)`", (root / "docs" / "callbacks.md").read_text())
    code = "".join(path.read_text() for path in (root / "tests" / "callbacks").glob("test_*.py"))
    assert len(named) >= 7
    assert [name for name in named if f"def {name}(" not in code] == []


# --- From rows to a body --------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("callback_format", CallbackFormat)
def test_a_body_is_the_same_at_each_try(
    callback_format: CallbackFormat, project: Project, make_messages: MakeMessages
) -> None:
    endpoint_of(project, format=callback_format)
    dispatch = make_messages(3, is_stream=True, notes=[("order-7", "12")])
    ids = settle(dispatch, MessageStatus.UNDELIVERED, reason=Reason.UNREACHABLE, code="MI:0013")
    follow()
    first = body_of(Callback.objects.select_related("endpoint__project").get())
    assert first is not None
    assert all(public_message_id(pk) in first for pk in ids)
    # What happens to the messages later is told by another callback.
    settle(dispatch, MessageStatus.DELIVERED, before=MessageStatus.UNDELIVERED)
    Message.objects.update(final_at=django_timezone.now() + timedelta(days=1))
    again = Callback.objects.select_related("endpoint__project").order_by("pk")[0]
    assert body_of(again) == first


@pytest.mark.django_db(transaction=True)
def test_a_reply_is_told_with_the_signature_and_the_extension_of_its_message(
    project: Project, admin: User, gateway: Gateway, make_messages: MakeMessages
) -> None:
    signature = Signature.objects.create(project=project, region="domestic")
    for number, text, status_ in [
        (1, "Cloud Shop", RevisionStatus.APPROVED),
        (2, "New", RevisionStatus.PENDING),
    ]:
        SignatureRevision.objects.create(
            signature=signature, number=number, text=text, status=status_, created_by=admin
        )
    endpoint_of(project, kind=CallbackKind.REPLY, format=CallbackFormat.TENCENT)
    make_messages(1, is_stream=True, notes=[("", "88")], consent_key=f"{signature.uuid}:notification")
    Message.objects.update(submitted_at=django_timezone.now() - timedelta(minutes=1))
    Reply.objects.create(gateway=gateway, msisdn="+8613800000000", destination="1069", text="yes")
    apply_replies()
    follow_events()
    told = json.loads(body_of(Callback.objects.select_related("endpoint__project").get()) or "")
    assert (told["sign"], told["extend"], told["text"]) == ("Cloud Shop", "88", "yes")


@pytest.mark.parametrize("callback_format", CallbackFormat)
@pytest.mark.parametrize("kind", [CallbackKind.STATUS, CallbackKind.REPLY])
def test_a_sample_has_the_form_of_the_real_thing(callback_format: CallbackFormat, kind: CallbackKind) -> None:
    project = Project(time_zone="Asia/Shanghai")
    endpoint = CallbackEndpoint(project=project, kind=kind, format=callback_format)
    sample = json.loads(sample_body(endpoint))
    if callback_format == CallbackFormat.STANDARD:
        assert sample["test"] is True
    if kind == CallbackKind.STATUS:
        told = sample[0] if isinstance(sample, list) else sample["data"]["messages"][0]
        assert (told.get("sid") or told.get("id")).startswith("test")
