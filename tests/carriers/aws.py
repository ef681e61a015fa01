"""Amazon: SNS as moto plays it, End User Messaging SMS from its documents, and what an SNS topic pushes."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import json
import re
import uuid
from abc import abstractmethod
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from botocore.awsrequest import AWSPreparedRequest
from botocore.compat import HTTPHeaders
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID
from moto.core.botocore_stubber import BotocoreStubber

from delivery.gateways.base import OutboundMessage
from tests.carriers.one_by_one import OneByOneCarrier
from tests.carriers.server import Received, Reply
from tests.delivery.gateways.contract import MSISDN_PREFIX

REGION = "eu-west-1"
KEY_ID = "AKIAEXAMPLE000000001"
SECRET_KEY = "secret/of+the/account/000000000000000001"
TOPIC = f"arn:aws:sns:{REGION}:123456789012:sms-events"


def check_signature(request: Received, *, service: str) -> None:
    """AWS Signature Version 4, step by step as its documents have it."""
    match = re.fullmatch(
        r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/([^/]+)/aws4_request, "
        r"SignedHeaders=([^,]+), Signature=([0-9a-f]{64})",
        request.headers["authorization"],
    )
    assert match is not None
    key_id, day, region, named, signed_headers, shown = match.groups()
    assert (key_id, region, named) == (KEY_ID, REGION, service)
    names = signed_headers.split(";")
    assert {"host", "x-amz-date"} <= set(names)
    query = "&".join(f"{quote(k, safe='')}={quote(v, safe='')}" for k, v in sorted(request.query.items()))
    headers = "".join(f"{name}:{' '.join(request.headers[name].split())}\n" for name in names)
    payload = hashlib.sha256(request.body).hexdigest()
    canonical = "\n".join([request.method, quote(request.path), query, headers, signed_headers, payload])
    moment = request.headers["x-amz-date"]
    assert moment.startswith(day)
    scope = f"{day}/{region}/{service}/aws4_request"
    to_sign = "\n".join(["AWS4-HMAC-SHA256", moment, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = f"AWS4{SECRET_KEY}".encode()
    for part in (day, region, service, "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    assert hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest() == shown


class Aws(OneByOneCarrier):
    """What both services share: the signature, and messages that are known by their number alone."""

    service: str

    def read(self, request: Received) -> OutboundMessage:
        assert (request.method, request.path) == ("POST", "/")
        check_signature(request, service=self.service)
        return self.read_signed(request)

    @abstractmethod
    def read_signed(self, request: Received) -> OutboundMessage: ...

    @staticmethod
    def id_of(msisdn: str) -> int:
        """The contract's messages carry their id in their number."""
        digits = msisdn.removeprefix(MSISDN_PREFIX)
        return int(digits) if digits != msisdn else 1


class MotoSns(Aws):
    """SNS: moto takes the request and answers it, behind a true socket."""

    service = "sns"

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[dict[str, str]] = []
        self._request: Received | None = None

    def read_signed(self, request: Received) -> OutboundMessage:
        form = request.form()
        self.forms.append(form)
        self._request = request
        assert (form["Action"], form["Version"]) == ("Publish", "2010-03-31")
        return OutboundMessage(
            self.id_of(form["PhoneNumber"]), 0, form["PhoneNumber"], self._sender(form), form["Message"], 1
        )

    @staticmethod
    def attributes(form: Mapping[str, str]) -> dict[str, tuple[str, str]]:
        found = {}
        for name, value in form.items():
            if match := re.fullmatch(r"MessageAttributes\.entry\.(\d+)\.Name", name):
                entry = f"MessageAttributes.entry.{match[1]}.Value."
                found[value] = (form[entry + "DataType"], form[entry + "StringValue"])
        return found

    def _sender(self, form: Mapping[str, str]) -> str:
        return self.attributes(form).get("AWS.SNS.SMS.SenderID", ("", ""))[1]

    def accept(self, message: OutboundMessage) -> Reply:
        assert self._request is not None
        if len(message.text) > 1600:  # moto's own limit
            answer = "<PublishResult><MessageId>long</MessageId></PublishResult>"
            return self._xml(f"<PublishResponse>{answer}</PublishResponse>")
        headers = HTTPHeaders()
        for name, value in self._request.headers.items():
            headers[name] = value
        url = f"https://sns.{REGION}.amazonaws.com/"
        taken = BotocoreStubber().process_request(
            AWSPreparedRequest("POST", url, headers, self._request.body, False)
        )
        assert taken is not None
        status, _headers, body = taken
        assert status == 200, body
        return Reply(body.encode() if isinstance(body, str) else body, status, {"Content-Type": "text/xml"})

    def refuse(self, message: OutboundMessage, *, is_known: bool) -> Reply:
        code = "InvalidParameter" if is_known else "NeverHeardOf"
        return self.error(400, code, f"Invalid parameter: PhoneNumber Reason: {message.msisdn} is not valid")

    def throttle(self, message: OutboundMessage) -> Reply:
        return self.error(400, "Throttling", "Rate exceeded")

    @classmethod
    def error(cls, status: int, code: str, words: str) -> Reply:
        return cls._xml(
            '<ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><Error><Type>Sender</Type>'
            f"<Code>{code}</Code><Message>{words}</Message></Error><RequestId>1</RequestId></ErrorResponse>",
            status,
        )

    @staticmethod
    def _xml(body: str, status: int = 200) -> Reply:
        return Reply(body.encode(), status, {"Content-Type": "text/xml"})


class EndUserMessaging(Aws):
    """SendTextMessage of the API “Pinpoint SMS Voice V2”, in its protocol JSON 1.0."""

    service = "sms-voice"

    def __init__(self) -> None:
        super().__init__()
        self.requests: list[dict[str, Any]] = []

    def read_signed(self, request: Received) -> OutboundMessage:
        assert request.headers["x-amz-target"] == "PinpointSMSVoiceV2.SendTextMessage"
        assert request.headers["content-type"] == "application/x-amz-json-1.0"
        sent = request.json()
        self.requests.append(sent)
        assert set(sent) <= {
            *("DestinationPhoneNumber", "OriginationIdentity", "MessageBody", "MessageType"),
            *("ConfigurationSetName", "MaxPrice", "Context"),
        }
        message_id, attempt = map(int, sent["Context"]["reference"].split("-"))
        return OutboundMessage(
            message_id,
            attempt,
            sent["DestinationPhoneNumber"],
            sent["OriginationIdentity"],
            sent["MessageBody"],
            1,
        )

    def accept(self, message: OutboundMessage) -> Reply:
        return self._json({"MessageId": str(uuid.uuid4())})

    def refuse(self, message: OutboundMessage, *, is_known: bool) -> Reply:
        if is_known:
            return self.error(409, "ConflictException", Reason="DESTINATION_PHONE_NUMBER_OPTED_OUT")
        return self.error(400, "NeverHeardOfException")

    def throttle(self, message: OutboundMessage) -> Reply:
        return self.error(400, "ThrottlingException")

    @classmethod
    def error(cls, status: int, code: str, **members: Any) -> Reply:
        return cls._json({"__type": code, "Message": "Words about +8613800000001", **members}, status)

    @staticmethod
    def _json(value: Any, status: int = 200) -> Reply:
        return Reply.json(value, status=status, headers={"Content-Type": "application/x-amz-json-1.0"})


class Topic:
    """An SNS topic that signs what it pushes, with a certificate of its own."""

    certificate_url = f"https://sns.{REGION}.amazonaws.com/SimpleNotificationService-0123abcd.pem"

    def __init__(self) -> None:
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
        now = dt.datetime.now(dt.UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self._key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(days=1))
            .not_valid_after(now + dt.timedelta(days=1))
            .sign(self._key, hashes.SHA256())
        )
        self.certificate = certificate.public_bytes(serialization.Encoding.PEM)

    def notification(self, message: Any, *, version: str = "2", **changed: Any) -> dict[str, Any]:
        """As in the documents' sample; `changed` before it is signed."""
        text = message if isinstance(message, str) else json.dumps(message)
        return self.signed(
            {
                "Type": "Notification",
                "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
                "TopicArn": TOPIC,
                "Message": text,
                "Timestamp": "2026-11-20T12:00:00.000Z",
                "SignatureVersion": version,
                "SigningCertURL": self.certificate_url,
                "UnsubscribeURL": f"https://sns.{REGION}.amazonaws.com/?Action=Unsubscribe&SubscriptionArn={TOPIC}:1",
                **changed,
            }
        )

    def confirmation(self, **changed: Any) -> dict[str, Any]:
        return self.signed(
            {
                "Type": "SubscriptionConfirmation",
                "MessageId": "165545c9-2a5c-472c-8df2-7ff2be2b3b1b",
                "Token": "2336412f37fb687f5d51e6e2425dacbbf7",
                "TopicArn": TOPIC,
                "Message": "You have chosen to subscribe to the topic.",
                "SubscribeURL": f"https://sns.{REGION}.amazonaws.com/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=2336",
                "Timestamp": "2026-11-20T12:00:00.000Z",
                "SignatureVersion": "1",
                "SigningCertURL": self.certificate_url,
                **changed,
            }
        )

    def signed(self, fields: dict[str, Any]) -> dict[str, Any]:
        names = ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"]
        if fields["Type"] != "Notification":
            names = ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"]
        text = "".join(f"{name}\n{fields[name]}\n" for name in names if name in fields)
        algorithm = hashes.SHA256() if fields["SignatureVersion"] == "2" else hashes.SHA1()  # noqa: S303 - version 1
        shown = self._key.sign(text.encode(), padding.PKCS1v15(), algorithm)
        return {**fields, "Signature": base64.b64encode(shown).decode()}
