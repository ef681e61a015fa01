from __future__ import annotations

import builtins
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.config import Config

from delivery.gateways import sns_push
from delivery.gateways.aws import AwsDriver
from delivery.gateways.base import OutboundMessage, Outcome, Push, PushedEvents, ReceiptState
from delivery.gateways.errors import GatewayMisconfigured, GatewayUnavailable, PushRefused
from delivery.gateways.http import HttpDriver
from delivery.statuses import Reason
from tests.carriers.aws import KEY_ID, REGION, SECRET_KEY, TOPIC, Aws, EndUserMessaging, MotoSns, Topic
from tests.carriers.faults import FaultTable
from tests.carriers.one_by_one import OneByOneContract, OneByOneLine
from tests.carriers.server import Carrier, Fault, Received, Reply
from tests.delivery.gateways.contract import messages, outcomes, submit

SETTINGS: dict[str, Any] = {"region": REGION, "access_key_id": KEY_ID, "secret_access_key": SECRET_KEY}


def driver_at(carrier: Carrier, **settings: object) -> AwsDriver:
    service = "sns" if isinstance(carrier, MotoSns) else "pinpoint-sms-voice-v2"
    return AwsDriver(
        {**SETTINGS, "service": service, "endpoint_url": carrier.url, "timeout_seconds": 5, **settings}
    )


class AwsLine(OneByOneLine[Aws]):
    def open(self, **settings: object) -> HttpDriver:
        driver = driver_at(self.carrier, **settings)
        assert driver.url == self.carrier.url  # asked before any clock runs: it makes the SDK's client
        return driver


class AwsFaults(FaultTable):
    def driver_at(self, carrier: Carrier, *, timeout_seconds: float) -> HttpDriver:
        return driver_at(carrier, timeout_seconds=timeout_seconds, n_connections=4)

    def taken_by(self, carrier: Carrier) -> list[str]:
        assert isinstance(carrier, Aws)
        return [message.msisdn for message in carrier.taken]


class TestSns(OneByOneContract):
    """Against moto."""

    has_one_id_per_message = True

    @pytest.fixture
    def line(self) -> Iterator[AwsLine]:
        with MotoSns() as carrier:
            assert isinstance(carrier, Aws)
            yield AwsLine(carrier)


class TestSnsFaults(AwsFaults):
    @pytest.fixture
    def carrier(self) -> Iterator[Carrier]:
        with MotoSns() as carrier:
            yield carrier


class TestEndUserMessaging(OneByOneContract):
    has_one_id_per_message = True

    @pytest.fixture
    def line(self) -> Iterator[AwsLine]:
        with EndUserMessaging() as carrier:
            assert isinstance(carrier, Aws)
            yield AwsLine(carrier)


class TestEndUserMessagingFaults(AwsFaults):
    @pytest.fixture
    def carrier(self) -> Iterator[Carrier]:
        with EndUserMessaging() as carrier:
            yield carrier


# --- Requests -------------------------------------------------------------------------------------------------


@pytest.fixture
def sns() -> Iterator[MotoSns]:
    with MotoSns() as carrier:
        assert isinstance(carrier, MotoSns)
        yield carrier


@pytest.fixture
def eum() -> Iterator[EndUserMessaging]:
    with EndUserMessaging() as carrier:
        assert isinstance(carrier, EndUserMessaging)
        yield carrier


def test_the_request_is_the_one_that_the_sdk_sends_by_itself(eum: EndUserMessaging) -> None:
    [message] = messages(1)
    client = boto3.session.Session().client(
        "pinpoint-sms-voice-v2",
        region_name=REGION,
        aws_access_key_id=KEY_ID,
        aws_secret_access_key=SECRET_KEY,
        endpoint_url=eum.url,
        config=Config(retries={"mode": "standard", "total_max_attempts": 1}),
    )
    client.send_text_message(
        DestinationPhoneNumber=message.msisdn,
        OriginationIdentity=message.sender,
        MessageBody=message.text,
        MessageType="TRANSACTIONAL",
        Context={"reference": message.reference},
    )
    submit(driver_at(eum), [message])
    theirs, ours = eum.received
    assert theirs.json() == ours.json()
    moving = {"authorization", "x-amz-date", "amz-sdk-invocation-id", "host", "accept-encoding", "connection"}
    assert {k: v for k, v in ours.headers.items() if k not in moving} == {
        k: v for k, v in theirs.headers.items() if k not in moving
    }


def test_sns_is_told_type_sender_and_price(sns: MotoSns) -> None:
    [message] = messages(1)
    submit(driver_at(sns, message_type="PROMOTIONAL", max_price="0.05"), [message])
    assert sns.attributes(sns.forms[0]) == {
        "AWS.SNS.SMS.SMSType": ("String", "Promotional"),
        "AWS.SNS.SMS.SenderID": ("String", "Shop"),
        "AWS.SNS.SMS.MaxPrice": ("Number", "0.05"),
    }
    submit(driver_at(sns), [message._replace(sender="+14155550100")])
    assert sns.attributes(sns.forms[1]) == {
        "AWS.SNS.SMS.SMSType": ("String", "Transactional"),
        "AWS.MM.SMS.OriginationNumber": ("String", "+14155550100"),
    }


def test_end_user_messaging_is_told_pool_configuration_set_and_price(eum: EndUserMessaging) -> None:
    settings = {"origination_identity": "pool-1", "configuration_set": "console", "max_price": "0.05"}
    submit(driver_at(eum, **settings), messages(1))
    [sent] = eum.requests
    assert (sent["OriginationIdentity"], sent["ConfigurationSetName"], sent["MaxPrice"]) == (
        "pool-1",
        "console",
        "0.05",
    )


def test_the_sdk_does_not_try_again(eum: EndUserMessaging) -> None:
    eum.faults = [Fault.SERVER_ERROR, None]
    assert outcomes(submit(driver_at(eum), messages(1))) == {Outcome.UNCERTAIN}
    assert len(eum.received) == 1


@pytest.mark.parametrize(
    ("status", "code", "members", "outcome", "word", "reason"),
    [
        (
            400,
            "ValidationException",
            {"Reason": "SENDER_ID_NOT_REGISTERED"},
            Outcome.REFUSED,
            "SENDER_ID_NOT_REGISTERED",
            Reason.SENDER_REFUSED,
        ),
        (
            400,
            "ValidationException",
            {"Reason": "INVALID_PARAMETER", "Fields": [{"Name": "DestinationPhoneNumber", "Message": "bad"}]},
            Outcome.REFUSED,
            "INVALID_PARAMETER",
            Reason.INVALID_NUMBER,
        ),
        (
            400,
            "ValidationException",
            {"Reason": "INVALID_PARAMETER"},
            Outcome.REFUSED,
            "INVALID_PARAMETER",
            Reason.GATEWAY_REFUSED,
        ),
        (
            409,
            "ConflictException",
            {"Reason": "DESTINATION_PHONE_NUMBER_OPTED_OUT"},
            Outcome.REFUSED,
            "DESTINATION_PHONE_NUMBER_OPTED_OUT",
            Reason.UNSUBSCRIBED,
        ),
        (
            402,
            "ServiceQuotaExceededException",
            {"Reason": "MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT"},
            Outcome.REFUSED,
            "MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT",
            Reason.ACCOUNT_PROBLEM,
        ),
        (403, "AccessDeniedException", {}, Outcome.REFUSED, "AccessDeniedException", Reason.ACCOUNT_PROBLEM),
        (
            403,
            "UnrecognizedClientException",
            {},
            Outcome.REFUSED,
            "UnrecognizedClientException",
            Reason.ACCOUNT_PROBLEM,
        ),
        (400, "SomethingNew", {}, Outcome.REFUSED, "SomethingNew", Reason.UNKNOWN_CODE),
        (400, "ThrottlingException", {}, Outcome.THROTTLED, "ThrottlingException", Reason.THROTTLED),
        (500, "InternalServerException", {}, Outcome.UNCERTAIN, "HTTP 500", Reason.UNKNOWN_CODE),
    ],
)
def test_an_error_is_told_by_its_code_and_reason(
    eum: EndUserMessaging,
    monkeypatch: pytest.MonkeyPatch,
    status: int,
    code: str,
    members: dict[str, Any],
    outcome: Outcome,
    word: str,
    reason: Reason,
) -> None:
    monkeypatch.setattr(eum, "accept", lambda message: eum.error(status, code, **members))
    [result] = submit(driver_at(eum), messages(1)).values()
    assert (result.outcome, result.code, result.reason) == (outcome, word, reason)


def test_a_number_that_sns_does_not_take_is_told_apart(sns: MotoSns, monkeypatch: pytest.MonkeyPatch) -> None:
    words = "Invalid parameter: PhoneNumber Reason: is not valid to publish to"
    monkeypatch.setattr(sns, "accept", lambda message: sns.error(400, "InvalidParameter", words))
    [result] = submit(driver_at(sns), messages(1)).values()
    assert (result.code, result.reason) == ("InvalidParameter", Reason.INVALID_NUMBER)


def test_a_text_that_amazon_refuses_does_not_hold_back_the_line(eum: EndUserMessaging) -> None:
    """The SDK would refuse it before anything is written, and the line would seem to be down."""
    empty = OutboundMessage(1, 0, "+14155550100", "Shop", "", 1)
    assert outcomes(submit(driver_at(eum), [empty])) == {Outcome.ACCEPTED}


def test_what_the_sdk_itself_refuses_is_the_fault_of_the_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody-has-this-profile")
    driver = AwsDriver(SETTINGS)
    with pytest.raises(GatewayMisconfigured, match="nobody-has-this-profile"):
        submit(driver, messages(1))


# --- Pushes ---------------------------------------------------------------------------------------------------

DELIVERED: dict[str, Any] = {
    "eventType": "TEXT_DELIVERED",
    "eventVersion": "1.0",
    "eventTimestamp": 1763640184000,
    "isFinal": True,
    "originationPhoneNumber": "+18445550123",
    "destinationPhoneNumber": "+14255550156",
    "isoCountryCode": "US",
    "mcc": "310",
    "mnc": "800",
    "messageId": "862a8790-60c0-4430-9b2b-658bdexample",
    "messageRequestTimestamp": 1763640180000,
    "messageEncoding": "GSM",
    "messageType": "TRANSACTIONAL",
    "messageStatus": "DELIVERED",
    "messageStatusDescription": "Message has been accepted by phone",
    "context": {"reference": "17-2"},
    "totalMessageParts": 1,
    "totalMessagePrice": 0.09582,
    "totalCarrierFee": 0.0,
}


@pytest.fixture(scope="module")
def topic() -> Topic:
    return Topic()


class Amazon:
    """What stands at Amazon's addresses, and which of them were visited."""

    def __init__(self, topic: Topic) -> None:
        self.pages: dict[str, bytes] = {topic.certificate_url: topic.certificate}
        self.visited: list[str] = []

    def visit(self, url: str) -> bytes:
        self.visited.append(url)
        try:
            return self.pages[url]
        except KeyError:
            raise GatewayUnavailable(url) from None


@pytest.fixture
def amazon(topic: Topic, monkeypatch: pytest.MonkeyPatch) -> Amazon:
    amazon = Amazon(topic)
    monkeypatch.setattr(sns_push, "visit", amazon.visit)
    sns_push._public_key.cache_clear()
    return amazon


def read(fields: Any, **settings: object) -> PushedEvents:
    body = fields if isinstance(fields, bytes) else json.dumps(fields).encode()
    headers = {"content-type": "text/plain; charset=UTF-8", "x-amz-sns-message-type": "Notification"}
    push = Push("POST", "https://console.example.com/push/t/", {}, headers, body)
    return AwsDriver({**SETTINGS, **settings}).read_push(push)


@pytest.mark.usefixtures("amazon")
class TestEvents:
    @pytest.mark.parametrize("version", ["1", "2"])
    def test_a_final_event_is_a_receipt_with_our_reference(self, topic: Topic, version: str) -> None:
        events = read(topic.notification(DELIVERED, version=version))
        moment = datetime.fromtimestamp(1763640184, UTC)
        [receipt] = events.receipts
        if datetime.now(UTC) - moment < timedelta(days=14):
            assert receipt.reported_at == moment
        assert receipt._replace(reported_at=moment) == (
            "862a8790-60c0-4430-9b2b-658bdexample",
            ReceiptState.DELIVERED,
            "",
            moment,
            "17-2",
            "+14255550156",
        )
        assert (list(events.replies), events.answer) == ([], b"OK")

    @pytest.mark.parametrize(
        ("status", "state"),
        [
            ("UNREACHABLE", ReceiptState.UNDELIVERED),
            ("INVALID", ReceiptState.UNDELIVERED),
            ("TTL_EXPIRED", ReceiptState.EXPIRED),
            ("SPAM", ReceiptState.REJECTED),
            ("QUEUED", None),
            ("PENDING", None),
        ],
    )
    def test_each_status_has_its_state_and_is_the_code(
        self, topic: Topic, status: str, state: ReceiptState | None
    ) -> None:
        event = {**DELIVERED, "eventType": f"TEXT_{status}", "messageStatus": status}
        receipts = read(topic.notification(event)).receipts
        assert [(r.state, r.code) for r in receipts] == ([(state, status)] if state else [])
        if state:
            assert AwsDriver.receipt_reasons[status]
            del event["messageStatus"]
            [again] = read(topic.notification(event)).receipts
            assert again.code == status

    def test_taken_by_the_carrier_counts_as_delivered_if_so_set(self, topic: Topic) -> None:
        event = {**DELIVERED, "eventType": "TEXT_SUCCESSFUL", "messageStatus": "SUCCESSFUL"}
        assert read(topic.notification(event)).receipts[0].state is ReceiptState.DELIVERED
        assert not read(topic.notification(event), successful_is_delivered=False).receipts
        assert not read(topic.notification({**event, "isFinal": False})).receipts

    def test_an_event_by_way_of_eventbridge_is_read_too(self, topic: Topic) -> None:
        event = {"detail-type": "Text Message Delivery Status Updated", "detail": DELIVERED}
        assert len(read(topic.notification(event)).receipts) == 1

    def test_a_reply_is_read(self, topic: Topic) -> None:
        reply = {
            "originationNumber": "+14255550182",
            "destinationNumber": "+12125550101",
            "messageKeyword": "JOIN",
            "messageBody": "EXAMPLE",
            "inboundMessageId": "cae173d2-66b9-564c-8309-21f858e9fb84",
            "previousPublishedMessageId": "wJalrXUtnFEMI",
        }
        [event] = read(topic.notification(reply)).replies
        expected = ("+14255550182", "EXAMPLE", "+12125550101", "cae173d2-66b9-564c-8309-21f858e9fb84", None)
        assert event == expected

    @pytest.mark.parametrize(
        "message", ["hello", [1], {"eventType": "VOICE_COMPLETED"}, {"detail": 1}, {"messageBody": 1}, None]
    )
    def test_anything_else_is_no_news(self, topic: Topic, message: object) -> None:
        events = read(topic.notification(message))
        assert (list(events.receipts), list(events.replies), events.answer) == ([], [], b"OK")

    def test_a_subject_is_signed_too(self, topic: Topic) -> None:
        fields = topic.notification(DELIVERED, Subject="About a message")
        assert read(fields).receipts
        with pytest.raises(PushRefused):
            read({**fields, "Subject": "About another"})


class TestSignatures:
    def test_what_was_changed_on_the_way_is_refused(self, topic: Topic, amazon: Amazon) -> None:
        good = topic.notification(DELIVERED)
        for name in ("Message", "MessageId", "Timestamp"):
            with pytest.raises(PushRefused):
                read({**good, name: good[name] + " "})
        for changed in (
            {"Signature": ""},
            {"Signature": "not base64"},
            {"Signature": None},
            {"SignatureVersion": "3"},
            {"SignatureVersion": "1"},
            {"Type": "Other"},
            {"Message": 1},
            {"TopicArn": f"{TOPIC}-2"},
        ):
            with pytest.raises(PushRefused):
                read({**good, **changed})
        for body in (b"", b"{", b"[]", b"1", b"[" * 100_000, b"\xff"):
            with pytest.raises(PushRefused):
                read(body)

    @pytest.mark.parametrize(
        "url",
        [
            "http://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123abcd.pem",
            "https://sns.eu-west-1.amazonaws.com.evil.example/SimpleNotificationService-0123abcd.pem",
            "https://evil.example/sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123abcd.pem",
            "https://sns.eu-west-1.amazonaws.com@evil.example/SimpleNotificationService-0123abcd.pem",
            "https://sns.eu-west-1.amazonaws.com:444/SimpleNotificationService-0123abcd.pem",
            "https://bucket.s3.amazonaws.com/SimpleNotificationService-0123abcd.pem",
            "https://sns.eu-west-1.amazonaws.com/other.pem",
            "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123abcd.pem?x=1",
            "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-0123abcd.pem",
            "",
            None,
        ],
    )
    def test_only_certificates_of_sns_in_the_topics_region_are_fetched(
        self, topic: Topic, amazon: Amazon, url: str | None
    ) -> None:
        with pytest.raises(PushRefused):
            read(topic.notification(DELIVERED, SigningCertURL=url))
        assert amazon.visited == []

    def test_the_certificate_is_fetched_once(self, topic: Topic, amazon: Amazon) -> None:
        for _ in range(3):
            read(topic.notification(DELIVERED))
        assert amazon.visited == [topic.certificate_url]

    def test_another_ones_signature_is_refused(self, amazon: Amazon) -> None:
        with pytest.raises(PushRefused):
            read(Topic().notification(DELIVERED))

    def test_while_amazon_is_away_it_is_asked_to_come_again(self, topic: Topic, amazon: Amazon) -> None:
        amazon.pages.clear()
        with pytest.raises(GatewayUnavailable):
            read(topic.notification(DELIVERED))

    def test_only_the_topics_that_are_listed_are_believed(self, topic: Topic, amazon: Amazon) -> None:
        assert read(topic.notification(DELIVERED), topic_arns=f"\n{TOPIC}\n").receipts
        with pytest.raises(PushRefused):
            read(topic.notification(DELIVERED), topic_arns=f"{TOPIC}-2")


class TestHandshake:
    def test_a_subscription_is_confirmed_by_itself(self, topic: Topic, amazon: Amazon) -> None:
        fields = topic.confirmation()
        amazon.pages[fields["SubscribeURL"]] = b"<ConfirmSubscriptionResponse/>"
        assert read(fields) == ((), (), b"OK", "text/plain")
        assert amazon.visited[-1] == fields["SubscribeURL"]

    def test_no_other_address_is_visited(self, topic: Topic, amazon: Amazon) -> None:
        for url in (
            "http://169.254.169.254/latest/meta-data/",
            "https://sns.eu-west-1.amazonaws.com.evil.example/?Action=ConfirmSubscription&Token=1",
            f"https://sns.{REGION}.amazonaws.com/?Action=DeleteTopic&TopicArn={TOPIC}",
            "",
        ):
            with pytest.raises(PushRefused):
                read(topic.confirmation(SubscribeURL=url))
        assert amazon.visited == [topic.certificate_url]

    def test_a_forged_one_is_not_confirmed(self, topic: Topic, amazon: Amazon) -> None:
        with pytest.raises(PushRefused):
            read({**topic.confirmation(), "Token": "another"})
        with pytest.raises(PushRefused):
            read(topic.confirmation(), topic_arns=f"{TOPIC}-2")
        assert amazon.visited == [topic.certificate_url]


class Page(Carrier):
    def answer(self, request: Received) -> Reply:
        assert request.method == "GET"
        return Reply(b"a page")


def test_addresses_are_visited_by_the_line() -> None:
    with Page() as page:
        assert sns_push.visit(f"{page.url}/") == b"a page"
        for fault, words in (
            (Fault.NOT_FOUND, "404"),
            (Fault.REDIRECT, "302"),
            (Fault.GZIP_BOMB, "too long"),
        ):
            page.fault = fault
            with pytest.raises(GatewayUnavailable, match=words):
                sns_push.visit(f"{page.url}/")
        page.hang_up()
        with pytest.raises(GatewayUnavailable, match="cannot be reached"):
            sns_push.visit(f"{page.url}/")


@pytest.mark.parametrize(
    "changed",
    [
        {"region": ""},
        {"region": "Ireland"},
        {"region": "eu-west-1.evil.example/"},
        {"secret_access_key": ""},
        {"service": "fax"},
        {"max_price": "cheap"},
        {"endpoint_url": "sns"},
    ],
    ids=str,
)
def test_settings_that_cannot_work_are_refused(changed: dict[str, object]) -> None:
    with pytest.raises(GatewayMisconfigured):
        AwsDriver({**SETTINGS, **changed})


def test_without_the_sdk_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    really = builtins.__import__

    def without(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.startswith("boto3"):
            raise ImportError(name)
        return really(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(GatewayMisconfigured, match=r"smsconsole\[aws\]"):
        AwsDriver(SETTINGS)
