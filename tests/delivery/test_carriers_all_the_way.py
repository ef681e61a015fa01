"""From a gateway's row to "delivered": each HTTP carrier is sent to, and reports to the address it was given."""

from __future__ import annotations

import json
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any, ClassVar
from urllib.parse import urlsplit

import pytest
from django.db import connection
from django.test import Client

from delivery.drain import drain
from delivery.gateways import sns_push
from delivery.gateways.base import OutboundMessage
from delivery.lines.opening import open_gateway, push_address
from delivery.models import Gateway, GatewayExchange, Message, MessagePart
from delivery.services import apply_receipts
from delivery.statuses import MessageStatus, Reason
from tests.carriers import aws, plain_json, twilio, vonage
from tests.carriers.one_by_one import OneByOneCarrier
from tests.carriers.server import Fault
from tests.delivery.conftest import MakeDispatch
from tests.delivery.gateways.test_aws import DELIVERED
from tests.delivery.gateways.test_generic_http import SETTINGS as FORM
from tests.factories import UserFactory

# Stored receipts are read behind the oldest running transaction, so these tests have to commit.
pytestmark = pytest.mark.django_db(transaction=True)


class Way(ABC):
    """A carrier, the row of its gateway, and how it reports a message as delivered."""

    kind: ClassVar[str]
    n_ids: ClassVar[int] = 1  # for a message of three segments

    def __init__(self, carrier: OneByOneCarrier) -> None:
        self.carrier = carrier

    @abstractmethod
    def settings(self) -> dict[str, Any]: ...

    @abstractmethod
    def secret(self) -> dict[str, str]: ...

    @abstractmethod
    def report(self, client: Client, gateway: Gateway, message: OutboundMessage, gateway_id: str) -> int:
        """Push a receipt; the status of the console's answer."""


class ByTwilio(Way):
    kind = "twilio"

    def settings(self) -> dict[str, Any]:
        return {"account_sid": twilio.ACCOUNT_SID, "url": self.carrier.url}

    def secret(self) -> dict[str, str]:
        return {"auth_token": twilio.AUTH_TOKEN}

    def report(self, client: Client, gateway: Gateway, message: OutboundMessage, gateway_id: str) -> int:
        assert isinstance(self.carrier, twilio.TwilioApi)
        [callback] = {form["StatusCallback"] for form in self.carrier.forms if form["To"] == message.msisdn}
        fields = {
            "AccountSid": twilio.ACCOUNT_SID,
            "MessageSid": gateway_id or "SM-of-a-lost-answer",
            "MessageStatus": "delivered",
            "To": message.msisdn,
        }
        parts = urlsplit(callback)
        signature = twilio.signature(callback, fields)
        return client.post(
            f"{parts.path}?{parts.query}",
            data="&".join(f"{name}={value.replace('+', '%2B')}" for name, value in fields.items()),
            content_type="application/x-www-form-urlencoded",
            headers={"x-twilio-signature": signature},
        ).status_code


class ByVonage(Way):
    kind = "vonage"
    n_ids = 3

    def settings(self) -> dict[str, Any]:
        assert isinstance(self.carrier, vonage.VonageApi)
        self.carrier.n_parts = 3
        return {"api_key": vonage.API_KEY, "url": self.carrier.url, "signature_method": "sha256"}

    def secret(self) -> dict[str, str]:
        return {"api_secret": vonage.API_SECRET, "signature_secret": vonage.SIGNATURE_SECRET}

    def report(self, client: Client, gateway: Gateway, message: OutboundMessage, gateway_id: str) -> int:
        fields = {
            "msisdn": message.msisdn[1:],
            "messageId": gateway_id or "of-a-lost-answer",
            "status": "delivered",
            "err-code": "0",
            "client-ref": message.reference,
            "api-key": vonage.API_KEY,
            "timestamp": "1763640000",
        }
        fields["sig"] = vonage.signature(fields, "sha256")
        return client.get(urlsplit(push_address(gateway)).path, fields).status_code


class ByAws(Way):
    kind = "aws"
    topic = aws.Topic()

    def settings(self) -> dict[str, Any]:
        return {"region": aws.REGION, "access_key_id": aws.KEY_ID, "endpoint_url": self.carrier.url}

    def secret(self) -> dict[str, str]:
        return {"secret_access_key": aws.SECRET_KEY}

    def report(self, client: Client, gateway: Gateway, message: OutboundMessage, gateway_id: str) -> int:
        event = {**DELIVERED, "messageId": gateway_id or "lost", "context": {"reference": message.reference}}
        return client.post(
            urlsplit(push_address(gateway)).path,
            data=json.dumps(self.topic.notification(event)),
            content_type="text/plain",
        ).status_code


class ByForm(Way):
    kind = "http"
    n_ids = 3

    def settings(self) -> dict[str, Any]:
        pushes = {
            "receipt_id_path": "id",
            "receipt_state_path": "state",
            "receipt_reference_path": "ref",
            "push_secret_name": "X-Push",
        }
        form = {name: value for name, value in FORM.items() if name != "credential"}
        return {**form, **pushes, "url": f"{self.carrier.url}/v1/send", "is_internal": True}

    def secret(self) -> dict[str, str]:
        return {"credential": plain_json.KEY, "push_secret": "pushed"}

    def report(self, client: Client, gateway: Gateway, message: OutboundMessage, gateway_id: str) -> int:
        return client.post(
            urlsplit(push_address(gateway)).path,
            data=json.dumps({"id": gateway_id, "state": "DELIVRD", "ref": message.reference}),
            content_type="application/json",
            headers={"x-push": "pushed"},
        ).status_code


CARRIERS: dict[type[Way], type[OneByOneCarrier]] = {
    ByTwilio: twilio.TwilioApi,
    ByVonage: vonage.VonageApi,
    ByAws: aws.EndUserMessaging,
    ByForm: plain_json.PlainJson,
}


@pytest.fixture(params=CARRIERS, ids=lambda way: way.kind)
def way(request: pytest.FixtureRequest, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Way]:
    settings.CONSOLE_URL = "https://console.example.com"
    monkeypatch.setattr(sns_push, "visit", lambda url: ByAws.topic.certificate)
    sns_push._public_key.cache_clear()
    with CARRIERS[request.param]() as carrier:
        assert isinstance(carrier, OneByOneCarrier)
        yield request.param(carrier)


@pytest.fixture
def gateway(db: None, way: Way) -> Gateway:
    UserFactory()  # a console that nobody has set up sends everybody to do that
    return Gateway.objects.create(
        slug="carrier",
        name="Carrier",
        kind=way.kind,
        settings={**way.settings(), "timeout_seconds": 2},
        secret=json.dumps(way.secret()),
    )


def send(gateway: Gateway) -> None:
    """Until nothing waits any more; SDKs take seconds to be imported where many tests run at once."""
    open_gateway(gateway).close()
    deadline = time.monotonic() + 30
    while Message.objects.filter(status=MessageStatus.QUEUED).exists() and time.monotonic() < deadline:
        drain(gateway, until=time.monotonic() + 3)


def hear(client: Client, way: Way, gateway: Gateway, message: OutboundMessage, gateway_id: str) -> None:
    assert way.report(client, gateway, message, gateway_id) == 200
    for _ in range(50):
        apply_receipts()
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM delivery_readcursor c, delivery_receipt r WHERE r.id > c.last_id"
            )
            if cursor.fetchone() == (0,):
                return
        time.sleep(0.05)


def test_a_long_message_is_delivered_when_its_carrier_says_so(
    client: Client, way: Way, gateway: Gateway, make_dispatch: MakeDispatch
) -> None:
    make_dispatch(1, n_segments=3)
    send(gateway)
    [message] = way.carrier.taken
    ids = list(MessagePart.objects.order_by("seq").values_list("gateway_message_id", flat=True))
    assert len(ids) == way.n_ids
    assert Message.objects.get().status == MessageStatus.SUBMITTED
    for gateway_id in ids:
        assert Message.objects.get().status == MessageStatus.SUBMITTED
        hear(client, way, gateway, message, gateway_id)
    assert Message.objects.get().status == MessageStatus.DELIVERED
    exchange = GatewayExchange.objects.filter(gateway=gateway).first()
    if exchange is not None:
        assert message.msisdn[1:] not in exchange.request + exchange.answer


def test_a_message_whose_answer_was_lost_is_settled_by_its_receipt(
    client: Client, way: Way, gateway: Gateway, make_dispatch: MakeDispatch
) -> None:
    make_dispatch(2)
    way.carrier.fault = Fault.RESET_BEFORE_BODY
    send(gateway)
    assert set(Message.objects.values_list("status", "reason")) == {
        (MessageStatus.UNCERTAIN, Reason.NO_ANSWER)
    }
    first, second = sorted(way.carrier.taken)
    hear(client, way, gateway, first, "")
    statuses = dict(Message.objects.values_list("id", "status"))
    assert statuses == {first.id: MessageStatus.DELIVERED, second.id: MessageStatus.UNCERTAIN}


def test_a_report_of_somebody_else_is_refused(
    client: Client, way: Way, gateway: Gateway, make_dispatch: MakeDispatch
) -> None:
    answer = client.post(
        urlsplit(push_address(gateway)).path,
        data=json.dumps({"id": "a", "state": "DELIVRD", "MessageSid": "a", "messageId": "a"}),
        content_type="application/json",
    )
    assert answer.status_code == 403
