"""Programs are answered before sessions and people come into it, and the audit knows them all the same."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, get_resolver, resolve

from accounts.models import Role
from audit.models import Entry
from tests.api.sending.offers import Shop
from tests.api.tencent_v5.calling import Program, phone
from tests.factories import AppKeyFactory, member

pytestmark = pytest.mark.django_db


@pytest.fixture
def program(db: None) -> Program:
    shop = Shop()
    maker = member(shop.project.organization, Role.ADMIN)
    program = Program(AppKeyFactory(project=shop.project, created_by=maker))
    program.shop = shop  # type: ignore[attr-defined]
    return program


def send(program: Any) -> dict[str, Any]:
    body = {"tel": phone(), "sign": "演示商城", "tpl_id": program.shop.notice.body_template_id}
    return program.call("sendsms", {**body, "params": ["A7", "SF1"]})


def test_a_program_is_answered_without_a_session(program: Program) -> None:
    client = Client()
    response = client.post("/v5/tlssmssvr/sendsms", data="{}", content_type="application/json")
    assert response.status_code == 200
    assert json.loads(response.content)["result"]
    assert not response.cookies
    assert "Vary" not in response
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Length"] == str(len(response.content))


def test_the_native_api_answers_behind_the_same_door(db: None) -> None:
    response = Client().get("/api/v1/messages")
    assert response.status_code == 401
    assert response["Content-Type"] == "application/problem+json"
    assert not response.cookies


@pytest.mark.parametrize("path", ["/v5/", "/v5/elsewhere/sendsms", "/v5/tlssmssvr/"])
def test_what_is_no_address_of_a_program_is_not_found(db: None, path: str) -> None:
    assert Client().get(path).status_code in (302, 404)


def test_every_address_behind_the_door_is_one_of_the_console(db: None) -> None:
    for pattern in get_resolver("api.program_urls").url_patterns:
        assert isinstance(pattern, URLPattern)
        address = "/" + str(pattern.pattern).replace("<str:method>", "x").lstrip("^").rstrip("$")
        if "<" not in address:
            assert resolve(address).url_name == pattern.name


def test_the_audit_names_the_person_behind_the_key_and_the_address(program: Program) -> None:
    answer = program.call(
        "add_template",
        {
            "title": "到货",
            "text": "您的包裹{1}已到店，请来领取。",
            "type": 0,
            "remark": "Sent to customers when their parcel waits in our shop.",
        },
    )
    assert answer["result"] == 0, answer
    entry = Entry.objects.filter(subject="templates_app.bodytemplaterevision").latest("pk")
    assert (entry.actor_id, entry.address) == (program.key.created_by_id, "127.0.0.1")


def test_sending_carries_nothing_for_the_audit_along(program: Program) -> None:
    with CaptureQueriesContext(connection) as captured:
        assert send(program)["result"] == 0
    assert len(captured) > 5
    assert not any("pghistory" in query["sql"] for query in captured)
