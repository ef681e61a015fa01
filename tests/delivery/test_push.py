"""What carriers bring: only the carrier's, stored before it is answered, and nothing of it in the log."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.db import OperationalError
from django.test import Client
from django.urls import reverse

from accounts.models import User
from delivery import gateways
from delivery.gateways.base import (
    GatewayDriver,
    OutboundMessage,
    Push,
    PushedEvents,
    ReceiptEvent,
    ReceiptState,
    ReceivesPushes,
    ReplyEvent,
    SubmitResult,
)
from delivery.gateways.errors import GatewayMisconfigured, PushRefused
from delivery.lines import exchanges
from delivery.lines.opening import push_address
from delivery.models import Gateway, GatewayExchange, Receipt, Reply
from delivery.services import inbound
from delivery.views.push import MAX_BYTES
from tests.timing import measures_time

pytestmark = pytest.mark.django_db
NUMBER = "+8613800000001"


class PushingDriver(GatewayDriver, ReceivesPushes):
    """Reads a list of pushed things, if the header `x-signature` says "right"."""

    kind = "pushing"
    label = "Pushing"
    seen: Push

    def __init__(self, settings: Mapping[str, Any]) -> None:
        if settings.get("broken"):
            raise GatewayMisconfigured("The account's name is missing.")

    def open(self) -> None: ...

    def close(self) -> None: ...

    def submit(
        self, messages: Sequence[OutboundMessage], *, keep_going: Callable[[], bool]
    ) -> Iterator[SubmitResult]:
        yield from ()

    def read_push(self, push: Push) -> PushedEvents:
        PushingDriver.seen = push
        if push.headers.get("x-signature") != "right":
            raise PushRefused(f"The signature of {NUMBER} is wrong.")
        at = datetime(2026, 1, 1, tzinfo=UTC)
        if "form" in push.headers.get("content-type", ""):
            fields = dict(parse_qsl(push.body.decode()))
            text = fields.get("text") or bytes.fromhex(fields["hex"]).decode()
            return PushedEvents(replies=[ReplyEvent(NUMBER, text, "1069", fields["key"])])
        things = json.loads(push.body or b"[]")
        return PushedEvents(
            receipts=[ReceiptEvent(t["id"], ReceiptState(t["state"]), "X", at) for t in things if "id" in t],
            replies=[ReplyEvent(NUMBER, t["text"], "1069", t["key"]) for t in things if "text" in t],
            answer=b'{"result":0}',
            content_type="application/json",
        )


@pytest.fixture
def pushing(db: None, monkeypatch: pytest.MonkeyPatch) -> Gateway:
    exchanges._usual_at.clear()
    exchanges._faults.clear()
    monkeypatch.setitem(gateways.DRIVERS, "pushing", PushingDriver)
    User.objects.create(email="somebody@example.com", name="Somebody")
    return Gateway.objects.create(slug="pushing", name="Pushing", kind="pushing")


def bring(gateway: Gateway, body: object, **headers: str) -> Any:
    return Client(enforce_csrf_checks=True).post(
        reverse("push", args=[gateway.push_token]),
        data=json.dumps(body),
        content_type="application/json",
        headers={"x-signature": "right", **headers},
    )


def test_receipts_and_replies_are_stored_and_answered_as_the_carrier_wants_it(pushing: Gateway) -> None:
    answer = bring(pushing, [{"id": "a1", "state": "delivered"}, {"text": "TD", "key": "r1"}])
    assert (answer.status_code, answer.content) == (200, b'{"result":0}')
    assert answer["Content-Type"] == "application/json"
    assert Receipt.objects.get().gateway_message_id == "a1"
    assert Reply.objects.get().text == "TD"
    assert not answer.cookies


def test_the_same_push_twice_is_harmless(pushing: Gateway) -> None:
    body = [{"text": "TD", "key": "r1"}]
    assert [bring(pushing, body).status_code for _ in range(2)] == [200, 200]
    assert Reply.objects.count() == 1


def test_a_get_brings_its_query(pushing: Gateway) -> None:
    address = reverse("push-of", args=[pushing.push_token, "inbound"])
    answer = Client().get(f"{address}?msisdn=86138&text=a%20b", headers={"x-signature": "right"})
    assert answer.status_code == 200
    seen = PushingDriver.seen
    assert (seen.method, dict(seen.query), seen.body) == ("GET", {"msisdn": "86138", "text": "a b"}, b"")
    assert seen.url == f"{push_address(pushing)}inbound/?msisdn=86138&text=a%20b"


def test_an_address_of_nobody_is_not_there(pushing: Gateway) -> None:
    assert Client().post(reverse("push", args=["x" * 43])).status_code == 404
    assert Client().post(f"/push/{pushing.push_token[:-1]}%00/").status_code == 404


def test_what_is_not_the_carriers_is_refused_and_nothing_of_it_stored(pushing: Gateway) -> None:
    answer = bring(pushing, [{"id": "a1", "state": "delivered"}], **{"x-signature": "wrong"})
    assert answer.status_code == 403
    assert not Receipt.objects.exists()
    fault = GatewayExchange.objects.get()
    assert fault.is_fault
    assert "signature" in fault.answer
    assert "3800000001" not in fault.answer


def test_a_gateway_of_another_kind_takes_no_push(gateway: Gateway) -> None:
    User.objects.create(email="somebody@example.com", name="Somebody")
    assert bring(gateway, []).status_code == 403


def test_a_paused_gateway_still_takes_what_is_brought(pushing: Gateway) -> None:
    Gateway.objects.update(is_enabled=False)
    assert bring(pushing, [{"id": "a1", "state": "delivered"}]).status_code == 200


def test_more_than_a_megabyte_is_refused_unread(pushing: Gateway) -> None:
    address = reverse("push", args=[pushing.push_token])
    client = Client(headers={"x-signature": "right"})
    assert client.post(address, b"[]".ljust(MAX_BYTES), content_type="text/plain").status_code == 200
    assert client.post(address, b"[]".ljust(MAX_BYTES + 1), content_type="text/plain").status_code == 413


def test_while_nothing_can_be_stored_the_carrier_is_asked_to_come_again(
    pushing: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(**_values: object) -> None:
        raise OperationalError("the connection is lost")

    monkeypatch.setattr(inbound, "store_receipts", away)
    assert bring(pushing, [{"id": "a1", "state": "delivered"}]).status_code == 503


def test_a_gateway_that_is_not_set_up_asks_the_carrier_to_come_again(pushing: Gateway) -> None:
    Gateway.objects.update(settings={"broken": True})
    assert bring(pushing, []).status_code == 503


def test_neither_numbers_nor_texts_nor_the_address_get_into_log_or_exchanges(
    pushing: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    bring(pushing, [{"text": "my secret answer", "key": "8613800000001"}])
    bring(pushing, [{"text": "my secret answer"}], **{"x-signature": "wrong"})
    Client(raise_request_exception=False, headers={"x-signature": "right"}).post(
        reverse("push", args=[pushing.push_token]), b"13800000001 not json", content_type="text/plain"
    )
    assert Client().put(reverse("push", args=[pushing.push_token])).status_code == 405
    kept = "".join(f"{e.request}{e.answer}" for e in GatewayExchange.objects.all())
    assert "…(16 characters)" in kept
    assert "secret" not in kept
    said = "".join(
        record.getMessage() for record in caplog.records if not record.name.startswith("django.db")
    )
    for word in ("3800000001", "secret", pushing.push_token):
        assert word not in kept
        assert word not in said


@pytest.mark.parametrize(
    "body", ["text=it%27s+*a*%20secret%2Fthing&key=1", "hex=736563726574207468696e67&key=1"]
)
def test_a_text_is_masked_however_it_is_written(pushing: Gateway, body: str) -> None:
    pushing.secret = json.dumps({"shared": "open sesame"})
    pushing.save(update_fields=["secret"])
    address = reverse("push", args=[pushing.push_token]) + "?pass=open+sesame"
    form = "application/x-www-form-urlencoded"
    assert Client(headers={"x-signature": "right"}).post(address, body, content_type=form).status_code == 200
    assert "secret" in Reply.objects.get().text
    kept = GatewayExchange.objects.get().request
    for word in ("secret", "sesame", "736563726574"):
        assert word not in kept


def test_a_body_that_the_driver_cannot_read_is_our_fault_and_comes_again(pushing: Gateway) -> None:
    client = Client(raise_request_exception=False, headers={"x-signature": "right"})
    answer = client.post(reverse("push", args=[pushing.push_token]), b"{", content_type="text/plain")
    assert answer.status_code == 500


def test_it_reads_no_form_of_the_request(pushing: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(WSGIRequest, "_load_post_and_files", lambda self: pytest.fail("it read the form"))
    client = Client(headers={"x-signature": "right"})
    body = "a=1"
    answer = client.post(
        reverse("push", args=[pushing.push_token]), body, content_type="application/x-www-form-urlencoded"
    )
    assert answer.status_code == 500  # the scripted driver wants a text in it
    assert PushingDriver.seen.body == b"a=1"


@measures_time
def test_a_hundred_receipts_are_answered_within_200_ms(pushing: Gateway) -> None:
    body = [{"id": f"a{n}", "state": "delivered"} for n in range(100)]
    bring(pushing, body)
    times = []
    for _ in range(5):
        began = time.perf_counter()
        bring(pushing, body)
        times.append(time.perf_counter() - began)
    assert min(times) < 0.2
