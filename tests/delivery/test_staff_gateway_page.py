"""The page of one gateway: what it shows, what can be tried there, and the texts of its carrier."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from delivery.gateways import DRIVERS
from delivery.gateways.base import Outcome, SubmitResult
from delivery.models import (
    Batch,
    CarrierTemplate,
    Dispatch,
    Gateway,
    GatewayExchange,
    GatewayHealth,
    GatewayPace,
    Message,
    MessagePart,
    Window,
)
from delivery.models.lines import BindState, LineState
from delivery.queries.gateway_page import is_public, receipt_delays
from delivery.queries.gateways import gateway_row, throughput
from delivery.services import open_dispatch
from delivery.services.id_forms import IdFormProposal
from delivery.smpp.ids import IdForm
from delivery.statuses import Reason, WindowState
from projects.models import Project
from smsconsole.outbox.models import OutboxEvent
from tests.delivery.carriers_kind import EveryFieldDriver
from tests.delivery.smpp.smsc import Smsc
from tests.people import ClientOf

pytestmark = pytest.mark.django_db

TRIAL = {"trial-msisdn": "+49 1512 3456789", "trial-sender": "ACME", "trial-text": "Does it work?"}


@pytest.fixture(autouse=True)
def registered(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(DRIVERS, "every-field", EveryFieldDriver)
    EveryFieldDriver.submitted.clear()
    yield
    EveryFieldDriver.submitted.clear()


@pytest.fixture
def gateway(db: None) -> Gateway:
    return Gateway.objects.create(
        slug="line", name="Line", kind="every-field", settings={"host": "a.example"}, rate_per_second=100
    )


@pytest.fixture
def client(client_of: ClientOf, staff: User) -> Client:
    return client_of(staff)


def page(client: Client, gateway: Gateway, part: str = "staff-gateway") -> str:
    response = client.get(reverse(part, args=[gateway.slug]))
    assert response.status_code == 200
    return str(response.content.decode())


# --- State ----------------------------------------------------------------------------------------------


def test_it_says_that_it_works(client: Client, gateway: Gateway) -> None:
    content = page(client, gateway)
    assert "Working" in content
    assert 'hx-trigger="every 10s, refresh"' in content
    assert "no receipt in the last hour" in content


def test_it_says_since_when_it_is_down_why_and_when_it_is_tried_again(
    client: Client, gateway: Gateway
) -> None:
    GatewayHealth.objects.create(
        gateway=gateway,
        down_since=timezone.now(),
        reason="bind refused <b>",
        n_failures=3,
        probe_at=timezone.now() + timedelta(seconds=8),
    )
    content = page(client, gateway, "staff-gateway-live")
    assert "Down since" in content
    assert "bind refused &lt;b&gt;" in content
    assert "one message now and then" in content


def test_a_slowed_line_climbs_back_by_itself(client: Client, gateway: Gateway) -> None:
    GatewayPace.objects.update_or_create(
        gateway=gateway, defaults={"slowed_rate": 40, "slowed_at": timezone.now()}
    )
    row = gateway_row(gateway)
    assert row.state == "slowed"
    assert row.slowed_rate == pytest.approx(40, abs=3)
    assert "of 100 segments per second now" in page(client, gateway, "staff-gateway-live")
    GatewayPace.objects.filter(gateway=gateway).update(slowed_at=timezone.now() - timedelta(seconds=12))
    assert gateway_row(gateway).state == "working"


def test_a_line_that_rests_says_until_when(client: Client, gateway: Gateway) -> None:
    GatewayPace.objects.update_or_create(
        gateway=gateway, defaults={"next_free_at": timezone.now() + timedelta(seconds=2)}
    )
    assert gateway_row(gateway).state == "working"
    GatewayPace.objects.update(next_free_at=timezone.now() + timedelta(seconds=30))
    assert gateway_row(gateway).state == "slowed"
    assert "The carrier asked to wait until" in page(client, gateway, "staff-gateway-live")


def test_pause_comes_before_every_other_state(client: Client, gateway: Gateway) -> None:
    GatewayHealth.objects.create(gateway=gateway, down_since=timezone.now(), reason="away")
    Gateway.objects.filter(pk=gateway.pk).update(is_enabled=False)
    gateway.refresh_from_db()
    assert gateway_row(gateway).state == "paused"
    client.post(reverse("staff-gateway-continue", args=[gateway.slug]), {"back": "gateway"})
    gateway.refresh_from_db()
    assert gateway.is_enabled


def test_the_binds_of_a_line_are_shown_and_a_silent_one_is_named(client: Client, gateway: Gateway) -> None:
    LineState.objects.create(
        gateway=gateway, number=1, role="transceiver", state=BindState.BOUND, n_outstanding=7, window=100
    )
    LineState.objects.create(
        gateway=gateway,
        number=2,
        role="transceiver",
        state=BindState.BOUND,
        updated_at=timezone.now() - timedelta(minutes=5),
    )
    content = page(client, gateway, "staff-gateway-live")
    assert "7 / 100" in content
    assert "Bound" in content
    assert "Silent" in content


def test_a_line_that_nobody_holds_is_named(client: Client) -> None:
    held = Gateway.objects.create(
        slug="smpp", name="SMPP", kind="smpp", settings={"host": "h", "system_id": "s"}
    )
    content = page(client, held)
    assert "Nobody holds its line." in content
    assert "run_smpp_session smpp" in content
    assert "the console binds once more" in content


def test_the_rate_counts_what_was_claimed_for_it_within_the_last_seconds(
    gateway: Gateway, project: Project
) -> None:
    now = timezone.now()
    dispatch = open_dispatch(owner="campaign:1", project=project, gateway=gateway, n_messages=1)
    Dispatch.objects.filter(pk=dispatch.pk).update(last_served_at=now)
    rows = [
        (gateway.pk, WindowState.SETTLED, 40, 1),
        (gateway.pk, WindowState.SUBMITTING, 10, 2),
        (gateway.pk, WindowState.SETTLED, 900, 60),  # a minute ago
        (gateway.pk + 1, WindowState.SETTLED, 700, 1),  # by another gateway
    ]
    for gateway_id, state, n, seconds in rows:
        Window.objects.create(
            batch_id=0,
            dispatch_id=dispatch.pk,
            gateway_id=gateway_id,
            state=state,
            first_id=1,
            last_id=n,
            n_messages=n,
            claimed_at=now - timedelta(seconds=seconds),
        )
    passing = throughput(gateway)
    assert (passing.per_second, passing.n_in_flight) == (5.0, 10)


def test_what_waits_is_counted_by_gateway(gateway: Gateway, project: Project) -> None:
    other = Gateway.objects.create(slug="other", name="Other", kind="simulator")
    dispatch = open_dispatch(owner="campaign:1", project=project, gateway=gateway, n_messages=1)
    for first_id, way, n in ((1, gateway, 7), (100, gateway, 5), (200, other, 3)):
        Batch.objects.create(
            dispatch=dispatch,
            gateway=way,
            first_id=first_id,
            last_id=first_id + 9,
            next_id=first_id,
            n_open=n,
        )
    assert gateway_row(gateway).n_waiting == 12


# --- Receipts -------------------------------------------------------------------------------------------


def receipt(gateway: Gateway, n: int, *, after_seconds: float) -> None:
    """A receipt that came so long after its message was submitted, a moment ago."""
    now = timezone.now()
    Message.objects.create(
        id=n, dispatch_id=1, n_segments=1, country="DE", submitted_at=now - timedelta(seconds=after_seconds)
    )
    MessagePart.objects.create(
        gateway_id=gateway.pk, gateway_message_id=f"id-{n}", message_id=n, seq=1, attempt=1
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO delivery_receipt (gateway_id, gateway_message_id, reference, msisdn, state, reason, code,"
            " reported_at, received_at) VALUES (%s, %s, '', '', 3, 0, '', %s, %s)",
            [gateway.pk, f"id-{n}", now, now],
        )


def test_the_delay_of_receipts_is_told_from_a_sample(gateway: Gateway) -> None:
    other = Gateway.objects.create(slug="other", name="Other", kind="simulator")
    assert receipt_delays(gateway) is None
    for n in range(1, 21):
        receipt(gateway, n, after_seconds=n)
    receipt(other, 99, after_seconds=1000)
    delays = receipt_delays(gateway)
    assert delays is not None
    assert delays.n_sampled == 20
    assert delays.half_seconds == pytest.approx(10, abs=0.5)
    assert delays.most_seconds == pytest.approx(19, abs=0.5)


# --- Exchanges ------------------------------------------------------------------------------------------


def test_the_newest_exchanges_are_shown_as_text(client: Client, gateway: Gateway) -> None:
    for n in range(30):
        GatewayExchange.objects.create(
            gateway=gateway, what=f"Send{n:02}", request="<b>to</b>", is_fault=n == 29
        )
    content = page(client, gateway, "staff-gateway-exchanges")
    assert "Send29" in content
    assert "Fault" in content
    assert "Send05" not in content
    assert "&lt;b&gt;to&lt;/b&gt;" in content
    assert "Send29" in page(client, gateway)


def test_the_page_asks_as_much_for_many_rows(
    client: Client, gateway: Gateway, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for n in range(30):
        GatewayExchange.objects.create(gateway=gateway, what=f"Send{n}")
        CarrierTemplate.objects.create(gateway=gateway, template_id=str(n), text="x")
    with django_assert_max_num_queries(22):
        page(client, gateway)


def test_what_to_enter_at_the_carrier_is_shown(client: Client, gateway: Gateway) -> None:
    content = page(client, gateway)
    assert f"/push/{gateway.push_token}/" in content
    simulated = Gateway.objects.create(slug="sim", name="Sim", kind="simulator")
    assert simulated.push_token not in page(client, simulated)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://sms.example.com/push/x/", True),
        ("https://93.184.216.34/push/x/", True),
        ("http://sms.example.com/push/x/", False),
        ("https://127.0.0.1/push/x/", False),
        ("https://10.1.2.3/push/x/", False),
    ],
)
def test_an_address_that_no_carrier_reaches_is_told(address: str, expected: bool) -> None:
    assert is_public(address) is expected


# --- Trials ---------------------------------------------------------------------------------------------


def try_it(client: Client, gateway: Gateway, **changed: str) -> str:
    response = client.post(reverse("staff-gateway-try", args=[gateway.slug]), TRIAL | changed)
    assert response.status_code in (200, 422)
    return str(response.content.decode())


def test_a_trial_sends_one_message_and_shows_what_went_over_the_line(
    client: Client, gateway: Gateway
) -> None:
    content = try_it(client, gateway)
    [message] = EveryFieldDriver.submitted
    assert (message.msisdn, message.sender, message.text) == ("+4915123456789", "ACME", "Does it work?")
    assert "The gateway took the message." in content
    assert "id-1" in content
    assert "to **** 00" in content
    assert OutboxEvent.objects.latest("id").kind == "gateway.tried"
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (SubmitResult(0, Outcome.REFUSED, code="E7", reason=Reason.BLACKLISTED), "On a blacklist (E7)"),
        (SubmitResult(0, Outcome.THROTTLED), "asks to slow down"),
        (SubmitResult(0, Outcome.UNSENT), "Nothing was sent."),
        (SubmitResult(0, Outcome.UNCERTAIN), "It is uncertain whether"),
    ],
)
def test_a_trial_says_what_came_of_it(
    client: Client, gateway: Gateway, monkeypatch: pytest.MonkeyPatch, result: SubmitResult, words: str
) -> None:
    monkeypatch.setattr(EveryFieldDriver, "outcome", result)
    assert words in try_it(client, gateway)


def test_a_trial_at_a_line_that_is_away_says_why(
    client: Client, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(EveryFieldDriver, "is_away", True)
    content = try_it(client, gateway)
    assert "It was not handed over." in content
    assert "The other side hung up." in content
    assert "Does it work?" in content


@pytest.mark.parametrize("answers", [True, False])
def test_a_held_line_is_bound_once_more_for_a_trial(client: Client, answers: bool) -> None:
    smsc = Smsc()
    smsc.start()
    if not answers:
        smsc.stop()
    try:
        settings = {"host": "127.0.0.1", "port": smsc.port, "system_id": "acme"}
        content = try_it(
            client, Gateway.objects.create(slug="smpp", name="SMPP", kind="smpp", settings=settings)
        )
        if answers:
            [submit] = smsc.submits
            assert (submit.destination, submit.text) == ("4915123456789", "Does it work?")
            assert "The gateway took the message." in content
        else:
            assert "It was not handed over." in content
    finally:
        smsc.stop()


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("trial-msisdn", "12", "This is no number"),
        ("trial-text", "", "“Text” is missing."),
        ("trial-text", "x" * 701, "at most 700"),
        ("trial-sender", "a\u202eb", "turns the direction"),
    ],
)
def test_a_bad_trial_sends_nothing(
    client: Client, gateway: Gateway, field: str, value: str, words: str
) -> None:
    assert words in try_it(client, gateway, **{field: value})
    assert EveryFieldDriver.submitted == []


# --- Templates at the carrier ---------------------------------------------------------------------------


def test_templates_are_fetched_and_what_the_carrier_dropped_goes(
    client: Client, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    CarrierTemplate.objects.create(gateway=gateway, template_id="old", text="gone")
    CarrierTemplate.objects.create(gateway=gateway, template_id="1", text="before")
    monkeypatch.setattr(EveryFieldDriver, "templates", [("1", "Your code is {1}."), ("2", "Hello {1}")])
    response = client.post(reverse("staff-gateway-templates", args=[gateway.slug]), follow=True)
    assert "2 templates were fetched." in response.content.decode()
    assert dict(gateway.carrier_templates.values_list("template_id", "text")) == {
        "1": "Your code is {1}.",
        "2": "Hello {1}",
    }


def test_when_the_carrier_cannot_be_asked_nothing_is_lost(
    client: Client, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    CarrierTemplate.objects.create(gateway=gateway, template_id="1", text="kept")
    monkeypatch.setattr(EveryFieldDriver, "is_away", True)
    response = client.post(reverse("staff-gateway-templates", args=[gateway.slug]), follow=True)
    assert "The other side hung up." in response.content.decode()
    assert gateway.carrier_templates.count() == 1


def test_a_template_is_added_by_hand_and_removed(client: Client, gateway: Gateway) -> None:
    data = {"template-template_id": "77", "template-text": "Your code is {1}."}
    client.post(reverse("staff-gateway-template-add", args=[gateway.slug]), data)
    client.post(
        reverse("staff-gateway-template-add", args=[gateway.slug]), data | {"template-text": "Code {1}"}
    )
    kept = gateway.carrier_templates.get()
    assert (kept.template_id, kept.text) == ("77", "Code {1}")
    other = Gateway.objects.create(slug="other", name="Other", kind="every-field", settings={"host": "b"})
    client.post(reverse("staff-gateway-template-remove", args=[other.slug, kept.pk]))
    assert gateway.carrier_templates.count() == 1
    client.post(reverse("staff-gateway-template-remove", args=[gateway.slug, kept.pk]))
    assert gateway.carrier_templates.count() == 0


def test_a_carrier_of_free_texts_has_no_templates(client: Client) -> None:
    simulated = Gateway.objects.create(slug="sim", name="Sim", kind="simulator")
    assert "Fetch templates" not in page(client, simulated)
    response = client.post(reverse("staff-gateway-templates", args=["sim"]), follow=True)
    assert "takes free texts" in response.content.decode()


# --- Ids of receipts ------------------------------------------------------------------------------------


def test_a_form_of_ids_is_proposed_and_taken_up(
    client: Client, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    proposal = IdFormProposal(IdForm.HEX_TO_DEC, 9, 10)
    monkeypatch.setattr("delivery.queries.gateway_page.propose_id_form", lambda gateway: proposal)
    content = page(client, gateway)
    assert "10 receipts of the last hour find no message." in content
    assert "hexadecimal in answers, decimal in receipts" in content
    address = reverse("staff-gateway-id-form", args=[gateway.slug])
    stale = {"form": "hex_to_dec", "seen": (gateway.changed_at - timedelta(seconds=1)).isoformat()}
    assert client.post(address, stale).status_code == 409
    assert client.post(address, {"form": "octal", "seen": gateway.changed_at.isoformat()}).status_code == 422
    right = {"form": "hex_to_dec", "seen": gateway.changed_at.isoformat()}
    assert client.post(address, right).status_code == 302
    gateway.refresh_from_db()
    assert gateway.settings["id_form"] == "hex_to_dec"
