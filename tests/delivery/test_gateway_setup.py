"""Adding, changing and deleting gateways by the forms that their drivers ask for."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from django.urls import reverse

from accounts.models import User
from audit.models import Entry
from delivery.errors import DeliveryError, GatewayInUse
from delivery.gateways import DRIVERS
from delivery.models import SANDBOX_KIND, Batch, Gateway, Route
from delivery.services import ensure_simulated_gateway, open_dispatch
from delivery.services.gateway_changes import (
    GatewaySetup,
    create_gateway,
    delete_gateway,
    renew_push_address,
)
from delivery.services.gateways import ensure_sandbox_gateway
from projects.models import Project
from smsconsole.outbox.models import OutboxEvent
from tests.delivery.carriers_kind import EveryFieldDriver
from tests.factories import UserFactory
from tests.people import ClientOf

pytestmark = pytest.mark.django_db

TYPED = {
    "name": "Main line",
    "slug": "",
    "rate_per_second": "50",
    "verification_percent": "20",
    "setting_host": "smsc.example",
    "setting_port": "2776",
    "setting_patience": "1.5",
    "setting_password": "hush-hush",
    "setting_signing": "sign-sign",
    "setting_headers": "A: 1\r\nB: 2",
    "setting_hook": "https://example.com/{msisdn}",
    "setting_mode": "b",
}
ADD = ("staff-gateway-add", ["every-field"])


@pytest.fixture(autouse=True)
def registered(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(DRIVERS, "every-field", EveryFieldDriver)
    EveryFieldDriver.opened_with.clear()
    yield
    EveryFieldDriver.opened_with.clear()


@pytest.fixture
def gateway(staff: User) -> Gateway:
    setup = GatewaySetup(
        name="Line",
        settings={"host": "a.example", "port": 1},
        secrets={"password": "hush-hush", "signing": "sign-sign"},
    )
    return create_gateway(kind="every-field", slug="", setup=setup, by=staff)


def seen(gateway: Gateway) -> str:
    gateway.refresh_from_db()
    return gateway.changed_at.isoformat()


def test_the_choice_names_every_kind(client_of: ClientOf, staff: User) -> None:
    content = client_of(staff).get(reverse("staff-gateway-choose")).content.decode()
    for kind, driver in DRIVERS.items():
        if kind == SANDBOX_KIND:
            continue
        assert reverse("staff-gateway-add", args=[kind]) in content
        assert str(driver.label) in content


def test_the_sandbox_of_programs_is_nothing_to_set_up(client_of: ClientOf, staff: User) -> None:
    sandbox = ensure_sandbox_gateway()
    address = reverse("staff-gateway-add", args=[SANDBOX_KIND])
    assert address not in client_of(staff).get(reverse("staff-gateway-choose")).content.decode()
    assert client_of(staff).get(address).status_code == 404
    assert client_of(staff).get(reverse("staff-gateway", args=[sandbox.slug])).status_code == 404
    assert sandbox.slug not in client_of(staff).get(reverse("staff-gateway-list")).content.decode()


def test_a_kind_that_nobody_has_is_not_found(client_of: ClientOf, staff: User) -> None:
    assert client_of(staff).get(reverse("staff-gateway-add", args=["pigeon"])).status_code == 404


def test_a_gateway_is_added_with_what_its_driver_asks_for(client_of: ClientOf, staff: User) -> None:
    response = client_of(staff).post(reverse(ADD[0], args=ADD[1]), TYPED)
    made = Gateway.objects.get()
    assert response.status_code == 302, response.content.decode()
    assert response["Location"] == reverse("staff-gateway", args=["main-line"])
    assert made.settings == {
        "host": "smsc.example",
        "port": 2776,
        "patience": 1.5,
        "headers": "A: 1\nB: 2",
        "hook": "https://example.com/{msisdn}",
        "uses_tls": False,
        "mode": "b",
    }
    assert json.loads(made.secret) == {"password": "hush-hush", "signing": "sign-sign"}
    assert (made.kind, made.rate_per_second, made.verification_share) == ("every-field", 50, 0.2)
    assert OutboxEvent.objects.latest("id").kind == "gateway.created"
    # The driver was asked before anything was saved, with the secrets.
    assert EveryFieldDriver.opened_with[0]["password"] == "hush-hush"


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"setting_host": ""}, "“Host” is missing."),
        ({"setting_host": "nowhere"}, "Nowhere is no host."),
        ({"setting_port": "0"}, "At least 1."),
        ({"setting_port": "many"}, "Type a number."),
        ({"setting_patience": "0"}, "At least 0.1."),
        ({"setting_password": ""}, "“Password” is missing."),
        ({"setting_hook": "javascript:alert(1)"}, "Type an address that begins with"),
        ({"setting_headers": "x" * 401}, "at most 400"),
        ({"setting_host": "a\u202eb"}, "turns the direction"),
        ({"setting_mode": "z"}, "Select a valid choice"),
        ({"slug": "routes"}, "name of a page"),
        ({"slug": "with blank"}, "Only letters, digits and hyphens"),
        ({"rate_per_second": "", "verification_percent": "20"}, "A share can be kept only of a rate."),
        ({"verification_percent": "99"}, "At most 90."),
        ({"name": ""}, "Type a name"),
    ],
)
def test_what_cannot_work_is_said_and_nothing_typed_is_lost(
    client_of: ClientOf, staff: User, changed: dict[str, str], words: str
) -> None:
    response = client_of(staff).post(
        reverse(ADD[0], args=ADD[1]), TYPED | {"setting_signing": "keep me"} | changed
    )
    content = response.content.decode()
    assert response.status_code == 422
    assert words in content
    assert "keep me" in content
    assert not Gateway.objects.exists()


def test_markup_in_a_setting_is_shown_as_text(client_of: ClientOf, staff: User) -> None:
    typed = TYPED | {"setting_host": '"><script>alert(1)</script>', "setting_port": "0"}
    content = client_of(staff).post(reverse(ADD[0], args=ADD[1]), typed).content.decode()
    assert "<script>alert(1)" not in content
    assert "&lt;script&gt;alert(1)" in content


def test_names_in_addresses_are_made_and_never_taken_twice(staff: User) -> None:
    slugs = [
        create_gateway(kind="simulator", slug="", setup=GatewaySetup(name=name), by=staff).slug
        for name in ("Line", "Line", "主线路", "Routes")
    ]
    assert slugs == ["line", "line-2", "simulator", "routes-2"]
    with pytest.raises(DeliveryError, match="already"):
        create_gateway(kind="simulator", slug="line", setup=GatewaySetup(name="x"), by=staff)


def test_a_kept_secret_is_never_shown_and_stays_when_nothing_is_typed(
    client_of: ClientOf, staff: User, gateway: Gateway
) -> None:
    client, address = client_of(staff), reverse("staff-gateway-edit", args=[gateway.slug])
    content = client.get(address).content.decode()
    assert "hush-hush" not in content
    assert "Kept. Type to replace it." in content
    typed = TYPED | {"setting_password": "", "setting_signing": "", "seen": seen(gateway)}
    assert client.post(address, typed).status_code == 302
    gateway.refresh_from_db()
    assert json.loads(gateway.secret) == {"password": "hush-hush", "signing": "sign-sign"}
    assert gateway.settings["host"] == "smsc.example"


def test_a_secret_is_replaced_or_taken_away(client_of: ClientOf, staff: User, gateway: Gateway) -> None:
    client, address = client_of(staff), reverse("staff-gateway-edit", args=[gateway.slug])
    typed = TYPED | {
        "setting_password": "new",
        "setting_signing": "",
        "forget_signing": "on",
        "seen": seen(gateway),
    }
    assert client.post(address, typed).status_code == 302
    gateway.refresh_from_db()
    assert json.loads(gateway.secret) == {"password": "new"}


def test_settings_that_no_form_shows_stay(client_of: ClientOf, staff: User, gateway: Gateway) -> None:
    Gateway.objects.filter(pk=gateway.pk).update(settings={"host": "a.example", "of_another_page": 7})
    client_of(staff).post(
        reverse("staff-gateway-edit", args=[gateway.slug]),
        TYPED | {"setting_hook": "", "seen": seen(gateway)},
    )
    gateway.refresh_from_db()
    assert gateway.settings["of_another_page"] == 7
    assert "hook" not in gateway.settings


def test_a_change_that_cannot_work_changes_nothing(
    client_of: ClientOf, staff: User, gateway: Gateway
) -> None:
    typed = TYPED | {"setting_host": "nowhere", "seen": seen(gateway)}
    response = client_of(staff).post(reverse("staff-gateway-edit", args=[gateway.slug]), typed)
    assert response.status_code == 422
    assert "Nowhere is no host." in response.content.decode()
    gateway.refresh_from_db()
    assert gateway.settings["host"] == "a.example"


def test_the_audit_names_a_changed_secret_and_hides_it(
    client_of: ClientOf, staff: User, gateway: Gateway
) -> None:
    client_of(staff).post(
        reverse("staff-gateway-edit", args=[gateway.slug]),
        TYPED | {"setting_password": "brand-new", "seen": seen(gateway)},
    )
    renew_push_address(gateway=gateway, by=staff)
    entries = Entry.objects.filter(subject="delivery.gateway")
    written = json.dumps(list(entries.values("before", "after")), default=str)
    gateway.refresh_from_db()
    assert '"secret": "•••"' in json.dumps(list(entries.values("after")), ensure_ascii=False)
    assert gateway.secret not in written
    assert gateway.push_token not in written


def test_the_push_address_is_replaced(client_of: ClientOf, staff: User, gateway: Gateway) -> None:
    before = gateway.push_token
    client_of(staff).post(reverse("staff-gateway-renew", args=[gateway.slug]))
    gateway.refresh_from_db()
    assert gateway.push_token != before
    content = client_of(staff).get(reverse("staff-gateway", args=[gateway.slug])).content.decode()
    assert f"/push/{gateway.push_token}/" in content


def test_an_unused_gateway_is_deleted_with_its_routes(
    client_of: ClientOf, staff: User, gateway: Gateway
) -> None:
    Route.objects.create(gateway=gateway)
    client = client_of(staff)
    assert (
        "Delete this gateway"
        in client.get(reverse("staff-gateway-edit", args=[gateway.slug])).content.decode()
    )
    assert client.post(reverse("staff-gateway-delete", args=[gateway.slug])).status_code == 302
    assert not Gateway.objects.exists()
    assert not Route.objects.exists()
    delete_gateway(gateway=gateway, by=staff)  # twice: nothing
    assert OutboxEvent.objects.filter(kind="gateway.deleted").count() == 1


def test_a_used_gateway_is_paused_instead(
    client_of: ClientOf, staff: User, gateway: Gateway, project: Project
) -> None:
    open_dispatch(owner="campaign:1", project=project, gateway=gateway, n_messages=1)
    client = client_of(staff)
    assert (
        "Delete this gateway"
        not in client.get(reverse("staff-gateway-edit", args=[gateway.slug])).content.decode()
    )
    response = client.post(reverse("staff-gateway-delete", args=[gateway.slug]), follow=True)
    assert "Pause it instead" in response.content.decode()
    with pytest.raises(GatewayInUse):
        delete_gateway(gateway=gateway, by=staff)
    assert Gateway.objects.filter(pk=gateway.pk).exists()


def test_a_gateway_that_messages_may_fall_back_to_stays(
    staff: User, gateway: Gateway, project: Project
) -> None:
    first = ensure_simulated_gateway()
    dispatch = open_dispatch(owner="campaign:1", project=project, gateway=first, n_messages=1)
    waiting = Batch.objects.create(
        dispatch=dispatch, gateway=first, fallbacks=[gateway.pk], first_id=1, last_id=1, next_id=1, n_open=1
    )
    with pytest.raises(GatewayInUse):
        delete_gateway(gateway=gateway, by=staff)
    Batch.objects.filter(pk=waiting.pk).update(n_open=0)
    delete_gateway(gateway=gateway, by=staff)
    assert not Gateway.objects.filter(pk=gateway.pk).exists()


def test_who_is_no_staff_is_refused_by_the_services(gateway: Gateway) -> None:
    by = UserFactory()
    for ask in (
        lambda: create_gateway(kind="simulator", slug="", setup=GatewaySetup(name="x"), by=by),
        lambda: delete_gateway(gateway=gateway, by=by),
        lambda: renew_push_address(gateway=gateway, by=by),
    ):
        with pytest.raises(DeliveryError, match="Only platform staff"):
            ask()
