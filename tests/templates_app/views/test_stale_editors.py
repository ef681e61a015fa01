"""Two people edit the same draft: the second is told, and loses nothing."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Role, User
from projects.models import Project
from templates_app import services
from templates_app.models import AnyRevision
from templates_app.statuses import SignatureType, TextKind
from tests.factories import member
from tests.people import ClientOf
from tests.templates_app.texts import (
    SCENARIO,
    approved_body_template,
    draft_body_template,
    draft_signature,
    pending_body_template,
)

pytestmark = pytest.mark.django_db

BODY = {"name": "Order notice", "kind": "notification", "remarks": SCENARIO, "region": "international"}
SIGNATURE = {"type": "company", "use": "own", "remarks": "", "region": "international"}


@pytest.fixture
def browser_of_operator(client_of: ClientOf, operator: User) -> Client:
    return client_of(operator)


@pytest.fixture
def colleague(project: Project) -> User:
    return member(project.organization, Role.OPERATOR, user__name="Carla Colleague")


def address_of(revision: AnyRevision) -> str:
    name = {
        "signature": "signature-edit",
        "body_template": "body-template-edit",
        "sender_id": "sender-id-edit",
    }
    return reverse(name[revision.noun], args=[revision.owner.project.slug, revision.owner.uuid])


def seen_on(client: Client, address: str) -> str:
    """What the page that is open carries along."""
    return str(client.get(address).context["seen"])


def write_body(revision: Any, by: User, text: str) -> None:
    services.edit_body_template(
        body_template=revision.body_template,
        name=revision.body_template.name,
        kind=TextKind.NOTIFICATION,
        text=text,
        remarks=SCENARIO,
        by=by,
    )


def latest_text(revision: AnyRevision) -> str:
    return str(revision.owner.revisions.latest("number").text)


def test_the_second_of_two_is_told_who_came_first_and_keeps_the_words(
    browser_of_operator: Client, project: Project, operator: User, colleague: User
) -> None:
    revision = draft_body_template(project, operator)
    address = address_of(revision)
    seen = seen_on(browser_of_operator, address)
    write_body(revision, colleague, "Written by Carla for {1} today.")
    mine = {**BODY, "text": "Written by me for {1} today.", "seen": seen}
    response = browser_of_operator.post(address, mine)
    page = response.content.decode()
    assert response.status_code == 409
    assert "Carla Colleague changed this on" in page
    assert "What Carla Colleague wrote" in page
    assert "Written by Carla for {1} today." in page
    assert "Written by me for {1} today." in page
    assert latest_text(revision) == "Written by Carla for {1} today."
    again = browser_of_operator.post(address, {**mine, "seen": response.context["seen"]})
    assert again.status_code == 302
    assert latest_text(revision) == "Written by me for {1} today."


def test_a_new_version_begun_meanwhile_is_a_change_too(
    browser_of_operator: Client, project: Project, operator: User, colleague: User
) -> None:
    revision = approved_body_template(project, operator)
    address = address_of(revision)
    seen = seen_on(browser_of_operator, address)
    write_body(revision, colleague, "The second version, for {1} today.")
    response = browser_of_operator.post(address, {**BODY, "text": "Mine for {1} today.", "seen": seen})
    assert response.status_code == 409
    assert "The second version, for {1} today." in response.content.decode()


def test_a_refused_value_does_not_make_a_stale_page_fresh(
    browser_of_operator: Client, project: Project, operator: User, colleague: User
) -> None:
    revision = draft_body_template(project, operator)
    address = address_of(revision)
    seen = seen_on(browser_of_operator, address)
    write_body(revision, colleague, "Written by Carla for {1} today.")
    refused = browser_of_operator.post(address, {**BODY, "text": "Mine {1}", "name": "", "seen": seen})
    assert refused.status_code == 200
    kept = refused.context["seen"]
    response = browser_of_operator.post(address, {**BODY, "text": "Mine for {1} today.", "seen": kept})
    assert response.status_code == 409


def test_one_person_saves_twice_in_a_row(
    browser_of_operator: Client, project: Project, operator: User
) -> None:
    revision = draft_body_template(project, operator)
    address = address_of(revision)
    for text in ("First words for {1} today.", "Second words for {1} today."):
        fields = {**BODY, "text": text, "seen": seen_on(browser_of_operator, address)}
        assert browser_of_operator.post(address, fields).status_code == 302
    assert latest_text(revision) == "Second words for {1} today."


def test_signatures_and_sender_ids_are_held_to_the_same(
    browser_of_operator: Client, project: Project, operator: User, colleague: User
) -> None:
    signature = draft_signature(project, operator)
    sender = services.create_sender_id(project=project, text="DemoShop", country="", by=operator)
    seen = {one.noun: seen_on(browser_of_operator, address_of(one)) for one in (signature, sender)}
    services.edit_signature(
        signature=signature.signature, text="Carlas Shop", type=SignatureType.COMPANY, by=colleague
    )
    services.edit_sender_id(sender_id=sender.sender_id, text="CarlasShop", by=colleague)
    for revision, fields in ((signature, SIGNATURE), (sender, {"remarks": ""})):
        posted = {**fields, "text": "MyShop", "seen": seen[revision.noun]}
        response = browser_of_operator.post(address_of(revision), posted)
        assert response.status_code == 409
        assert 'value="MyShop"' in response.content.decode()
        assert latest_text(revision).startswith("Carlas")


@pytest.mark.parametrize("seen", ["yesterday", "<b>", "0", "2026-13-01T00:00:00Z"])
def test_a_senseless_stamp_is_refused_and_nothing_written(
    browser_of_operator: Client, project: Project, operator: User, seen: str
) -> None:
    revision = draft_body_template(project, operator)
    fields = {**BODY, "text": "Mine for {1} today.", "seen": seen}
    response = browser_of_operator.post(address_of(revision), fields)
    assert response.status_code == 200
    assert latest_text(revision) != "Mine for {1} today."


def test_a_pending_text_is_still_refused_in_its_own_words(
    browser_of_operator: Client, project: Project, operator: User
) -> None:
    revision = pending_body_template(project, operator)
    fields = {**BODY, "text": "Mine for {1} today.", "seen": "2026-01-01T00:00:00+00:00"}
    response = browser_of_operator.post(address_of(revision), fields)
    assert "Withdraw it first" in response.content.decode()
