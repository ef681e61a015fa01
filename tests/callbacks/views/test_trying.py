"""The test button, the programs that check a request, and telling again."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import time
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from standardwebhooks import Webhook

from accounts.models import User
from callbacks.examples.verify import is_genuine
from callbacks.models import Callback
from callbacks.services.endpoints import rotate_secret
from callbacks.services.testing import example_of
from callbacks.views.trying import EXAMPLE_SECRET, EXAMPLES
from projects.models import CallbackEndpoint, Project
from projects.statuses import CallbackFormat
from tests.callbacks.conftest import SECRET, MakeMessages, endpoint_of, settle
from tests.callbacks.receivers import Receiver, answer
from tests.people import ClientOf

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def as_admin(client_of: ClientOf, admin: User) -> Client:
    return client_of(admin)


def address(name: str, project: Project, kind: str = "status") -> str:
    return reverse(name, args=[project.slug, kind])


# --- A test ---------------------------------------------------------------------------------------------


def test_a_test_shows_both_sides(as_admin: Client, project: Project, receiver: Receiver) -> None:
    endpoint_of(project, receiver.url)
    receiver.behaviour = answer(body=b'{"hello": "<b>you</b>"}')
    shown = unescape(as_admin.post(address("callback-test", project)).content.decode())
    [heard] = receiver.heard
    assert heard.is_signed_with(SECRET)
    assert heard.json["test"] is True
    assert "Your server took it." in shown
    assert heard.id in shown
    assert "HTTP 200" in shown
    assert '"hello": "<b>you</b>"' in shown
    assert SECRET not in shown
    assert Callback.objects.get().is_test


def test_a_test_that_fails_says_why(as_admin: Client, project: Project, receiver: Receiver) -> None:
    endpoint_of(project, receiver.url, format=CallbackFormat.TENCENT)
    receiver.behaviour = answer(body=b"OK")
    assert "asks for" in as_admin.post(address("callback-test", project)).content.decode()
    receiver.stop()
    shown = as_admin.post(address("callback-test", project)).content.decode()
    assert "refused the connection" in shown
    assert "There was none." in shown


def test_a_test_of_what_is_not_set_up_is_not_found(as_admin: Client, project: Project) -> None:
    assert as_admin.post(address("callback-test", project)).status_code == 404


# --- Checking a request ---------------------------------------------------------------------------------


def example(endpoint: CallbackEndpoint) -> tuple[dict[str, str], str]:
    request = example_of(endpoint, secret=EXAMPLE_SECRET)
    return {name.lower(): value for name, value in request.headers.items()}, request.body


def spoilt(headers: dict[str, str], body: str) -> list[tuple[dict[str, str], str]]:
    """What a check has to refuse."""
    return [
        (headers, body + " "),
        ({**headers, "webhook-id": "another"}, body),
        ({**headers, "webhook-timestamp": str(int(time.time()) - 301)}, body),
        ({**headers, "webhook-timestamp": "soon"}, body),
        ({**headers, "webhook-signature": "v1,AAAA"}, body),
        ({**headers, "webhook-signature": ""}, body),
        ({}, body),
    ]


def test_the_program_in_python_agrees_with_the_library(project: Project) -> None:
    headers, body = example(endpoint_of(project))
    assert Webhook(EXAMPLE_SECRET).verify(body, headers)
    assert is_genuine(headers, body.encode(), EXAMPLE_SECRET)
    assert not any(is_genuine(bad, text.encode(), EXAMPLE_SECRET) for bad, text in spoilt(headers, body))


def test_while_a_secret_is_rotated_the_program_takes_either(project: Project, admin: User) -> None:
    endpoint = endpoint_of(project)
    rotate_secret(endpoint=endpoint, confirmed_at=timezone.now(), by=admin)
    endpoint.refresh_from_db()
    request = example_of(endpoint)
    for secret in (SECRET, endpoint.secret):
        assert is_genuine(request.headers, request.body.encode(), secret)


@pytest.mark.skipif(shutil.which("node") is None, reason="Node.js is not here")
def test_the_program_for_node_agrees(project: Project, tmp_path: Path) -> None:
    headers, body = example(endpoint_of(project))
    cases = [(headers, body), *spoilt(headers, body)]
    shutil.copy(EXAMPLES / "verify.mjs", tmp_path)
    program = tmp_path / "ask.mjs"
    program.write_text(
        'import { isGenuine } from "./verify.mjs";\n'
        f"const cases = {json.dumps(cases)};\n"
        f"console.log(JSON.stringify(cases.map(([h, b]) => isGenuine(h, b, {json.dumps(EXAMPLE_SECRET)}))));\n"
    )
    done = subprocess.run(["node", str(program)], capture_output=True, text=True, check=True, timeout=60)
    assert json.loads(done.stdout) == [True] + [False] * (len(cases) - 1)


@pytest.mark.parametrize("language", ["python", "node", "php", "cobol"])
def test_the_page_shows_a_request_that_its_own_program_takes(
    client_of: ClientOf, operator: User, project: Project, language: str
) -> None:
    endpoint_of(project)
    url = address("callback-example", project) + f"?language={language}"
    shown = unescape(client_of(operator).get(url).content.decode())
    request = re.search(r'id="example-request"[^>]*>(.*?)</pre>', shown, re.DOTALL)
    assert request
    head, _empty, body = request[1].partition("\n\n")
    headers = dict(line.split(": ", 1) for line in head.splitlines()[1:])
    assert is_genuine(headers, body.encode(), EXAMPLE_SECRET)
    assert SECRET not in shown
    assert "webhook-signature" in shown


# --- Telling again --------------------------------------------------------------------------------------


@pytest.fixture
def happened(project: Project, make_messages: MakeMessages) -> CallbackEndpoint:
    """Five messages that were delivered while nobody could be told."""
    settle(make_messages(5))
    return endpoint_of(project, n_per_request=2)


def span(project: Project, do: str = "count", **changes: Any) -> dict[str, str]:
    now = timezone.now().astimezone(project.zone)
    moments = {"begin": now - timedelta(hours=1), "end": now + timedelta(minutes=1), **changes}
    return {"do": do, **{name: f"{moment:%Y-%m-%dT%H:%M}" for name, moment in moments.items()}}


def test_it_says_how_much_before_it_tells_again(
    as_admin: Client, project: Project, happened: CallbackEndpoint
) -> None:
    url = address("callback-replay", project)
    asked = as_admin.post(url, span(project))
    assert "Tell 5 receipts again" in asked.content.decode()
    assert asked.context["counted"] == (5, 3)
    assert not Callback.objects.exists()

    answer = as_admin.post(url, span(project, "replay"), follow=True)

    assert "5 receipts are told again." in answer.content.decode()
    assert [row.is_replay for row in Callback.objects.all()] == [True] * 3
    assert "Told again" in answer.content.decode()


def test_nothing_that_happened_is_nothing_to_tell(
    as_admin: Client, project: Project, happened: CallbackEndpoint
) -> None:
    now = timezone.now().astimezone(project.zone)
    data = span(project, begin=now - timedelta(hours=3), end=now - timedelta(hours=2))
    shown = as_admin.post(address("callback-replay", project), data).content.decode()
    assert "Nothing happened in this span of time" in shown
    assert 'value="replay"' not in shown


def test_changing_the_span_brings_the_form_back_as_it_was(
    as_admin: Client, project: Project, happened: CallbackEndpoint
) -> None:
    data = span(project, "change")
    answer = as_admin.post(address("callback-replay", project), data)
    assert answer.status_code == 200
    assert f'value="{data["begin"]}"' in answer.content.decode()
    assert "Count what is told again" in answer.content.decode()


@pytest.mark.parametrize(
    ("begin_days", "end_days", "why"),
    [(0, -1, "has to come after"), (2, 3, "has not come yet"), (-4000, 0, "Choose a later beginning")],
)
def test_a_span_that_cannot_be_is_refused_and_kept(
    as_admin: Client, project: Project, happened: CallbackEndpoint, begin_days: int, end_days: int, why: str
) -> None:
    now = timezone.now().astimezone(project.zone)
    data = span(project, begin=now + timedelta(days=begin_days), end=now + timedelta(days=end_days))
    answer = as_admin.post(address("callback-replay", project), data)
    assert answer.status_code == 422
    assert why in answer.content.decode()
    assert f'value="{data["begin"]}"' in answer.content.decode()


def test_nothing_is_told_again_while_it_is_off(
    as_admin: Client, project: Project, happened: CallbackEndpoint
) -> None:
    CallbackEndpoint.objects.update(is_on=False)
    answer = as_admin.post(address("callback-replay", project), span(project, "replay"))
    assert "This callback is off" in answer.content.decode()
    assert not Callback.objects.exists()
