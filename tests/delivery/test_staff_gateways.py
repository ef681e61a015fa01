from __future__ import annotations

import pytest
from django.urls import reverse

from accounts.models import User
from delivery.errors import DeliveryError
from delivery.models import Gateway, GatewayHealth
from delivery.services import ensure_simulated_gateway
from delivery.services.gateway_changes import GatewaySetup, change_gateway, pause_gateway
from smsconsole.outbox.models import OutboxEvent
from tests.factories import UserFactory
from tests.people import ClientOf

pytestmark = pytest.mark.django_db


@pytest.fixture
def gateway(db: None) -> Gateway:
    return ensure_simulated_gateway()


def test_the_list_says_what_each_gateway_does(client_of: ClientOf, gateway: Gateway, staff: User) -> None:
    client, address = client_of(staff), reverse("staff-gateway-list")
    assert "Working" in client.get(address).content.decode()
    GatewayHealth.objects.create(gateway=gateway, down_since=gateway.created_at, reason="bind refused <b>")
    content = client.get(address).content.decode()
    assert "Down" in content
    assert "bind refused &lt;b&gt;" in content


def test_a_gateway_is_paused_and_continued(client_of: ClientOf, gateway: Gateway, staff: User) -> None:
    client = client_of(staff)
    client.post(reverse("staff-gateway-pause", args=[gateway.slug]))
    client.post(reverse("staff-gateway-pause", args=[gateway.slug]))
    gateway.refresh_from_db()
    assert not gateway.is_enabled
    assert "Paused" in client.get(reverse("staff-gateway-list")).content.decode()
    client.post(reverse("staff-gateway-continue", args=[gateway.slug]))
    gateway.refresh_from_db()
    assert gateway.is_enabled
    assert gateway.changed_by == staff
    kinds = list(OutboxEvent.objects.order_by("id").values_list("kind", flat=True))
    assert kinds == ["gateway.paused", "gateway.continued"]


def test_name_and_rate_are_changed(client_of: ClientOf, gateway: Gateway, staff: User) -> None:
    address = reverse("staff-gateway-edit", args=[gateway.slug])
    data = {"name": "Trial line", "rate_per_second": "", "seen": gateway.changed_at.isoformat()}
    assert client_of(staff).post(address, data).status_code == 302
    gateway.refresh_from_db()
    assert (gateway.name, gateway.rate_per_second) == ("Trial line", None)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("rate_per_second", "fast", "Type a number"),
        ("rate_per_second", "0", "At least 0.1"),
        ("rate_per_second", "-5", "At least 0.1"),
        ("rate_per_second", "1e9", "At most 100000"),
        ("rate_per_second", "nan", "Type a number"),
        ("name", "", "Type a name"),
        ("name", "x" * 61, "at most 60"),
        ("name", "a\u202eb", "turns the direction"),
    ],
)
def test_bad_input_is_named_and_kept(
    client_of: ClientOf, gateway: Gateway, staff: User, field: str, value: str, words: str
) -> None:
    data = {"name": "Kept name", "rate_per_second": "50", "seen": gateway.changed_at.isoformat()}
    response = client_of(staff).post(
        reverse("staff-gateway-edit", args=[gateway.slug]), data | {field: value}
    )
    content = response.content.decode()
    assert response.status_code == 422
    assert words in content
    assert "Kept name" in content or field == "name"
    gateway.refresh_from_db()
    assert gateway.name == "Simulated gateway"


def test_a_stale_form_is_answered_409(client_of: ClientOf, gateway: Gateway, staff: User) -> None:
    seen = gateway.changed_at
    pause_gateway(gateway=gateway, by=UserFactory(is_staff=True, name="Quinn Quick"))
    data = {"name": "Late change", "rate_per_second": "50", "seen": seen.isoformat()}
    response = client_of(staff).post(reverse("staff-gateway-edit", args=[gateway.slug]), data)
    assert response.status_code == 409
    assert "Quinn Quick changed this gateway" in response.content.decode()
    assert "Late change" in response.content.decode()


def test_who_is_no_staff_is_refused_by_the_services(gateway: Gateway) -> None:
    by = UserFactory()
    with pytest.raises(DeliveryError, match="Only platform staff"):
        pause_gateway(gateway=gateway, by=by)
    with pytest.raises(DeliveryError, match="Only platform staff"):
        change_gateway(gateway=gateway, setup=GatewaySetup(name="x"), seen_at=gateway.changed_at, by=by)
