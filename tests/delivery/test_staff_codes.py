"""The page of carriers' codes: what waits for a meaning, and what a person makes of it."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from delivery.models import CarrierCode
from delivery.statuses import Reason
from tests.factories import UserFactory
from tests.people import ClientOf

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_queues")]


@pytest.fixture
def client(client_of: ClientOf, staff: User) -> Client:
    return client_of(staff)


@pytest.fixture
def code(db: None) -> CarrierCode:
    return CarrierCode.objects.create(kind="smpp", code="<0x4B1>", n_seen=412)


def address(code: CarrierCode) -> str:
    return reverse("staff-code-edit", args=[code.pk])


def listed(client: Client) -> str:
    return str(client.get(reverse("staff-code-list")).content.decode())


def test_unknown_codes_come_first_those_seen_most_in_front(
    client: Client, code: CarrierCode, staff: User
) -> None:
    CarrierCode.objects.create(kind="http", code="RARE", n_seen=1)
    CarrierCode.objects.create(
        kind="http", code="SAID", reason=Reason.BLACKLISTED, changed_at=timezone.now(), changed_by=staff
    )
    content = listed(client)
    assert content.index("&lt;0x4B1&gt;") < content.index("RARE") < content.index("SAID")
    assert "412 times" in content
    assert "On a blacklist" in content


def test_without_codes_it_says_so(client: Client) -> None:
    assert "Every code is known" in listed(client)


def test_a_code_is_given_a_meaning_and_another(client: Client, code: CarrierCode, staff: User) -> None:
    assert (
        client.post(address(code), {"seen": "", "reason": str(Reason.BLACKLISTED.value)}).status_code == 302
    )
    code.refresh_from_db()
    assert (code.reason, code.changed_by) == (Reason.BLACKLISTED, staff)
    assert code.changed_at
    data = {"seen": code.changed_at.isoformat(), "reason": "0"}
    assert client.post(address(code), data).status_code == 302
    code.refresh_from_db()
    assert code.reason is None


@pytest.mark.parametrize("reason", ["", "999", str(Reason.ON_BLACKLIST.value), "many"])
def test_what_no_carrier_can_mean_is_refused(client: Client, code: CarrierCode, reason: str) -> None:
    assert client.post(address(code), {"seen": "", "reason": reason}).status_code == 422
    code.refresh_from_db()
    assert code.reason is None


def test_a_stale_form_is_answered_409(client: Client, code: CarrierCode) -> None:
    by = UserFactory(is_staff=True, name="Quinn Quick")
    CarrierCode.objects.filter(pk=code.pk).update(
        reason=Reason.BLACKLISTED, changed_at=timezone.now(), changed_by=by
    )
    response = client.post(address(code), {"seen": "", "reason": str(Reason.MEMORY_FULL.value)})
    content = response.content.decode()
    assert response.status_code == 409
    assert "Quinn Quick said what this code means" in content
    assert f'value="{Reason.MEMORY_FULL.value}" selected' in content
    code.refresh_from_db()
    assert code.reason == Reason.BLACKLISTED


def test_past_messages_are_offered_with_their_number(
    client: Client, code: CarrierCode, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "past messages" not in client.get(address(code)).content.decode()
    asked: list[int] = []
    monkeypatch.setattr("delivery.views.staff_codes.count_past", lambda code: 412)
    monkeypatch.setattr("delivery.views.staff_codes.reread_past", lambda *, code, by: asked.append(code.pk))
    assert (
        "412 messages of the last 72 hours ended with this code."
        in client.get(address(code)).content.decode()
    )
    data = {"seen": "", "reason": str(Reason.MEMORY_FULL.value), "rereads_past": "on"}
    assert client.post(address(code), data).status_code == 302
    assert asked == [code.pk]
