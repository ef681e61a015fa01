"""What Amazon SNS pushes: its envelope, its signature, and the handshake that starts a subscription.

Reading a push may need Amazon: the certificate it names is fetched once, and a subscription is confirmed by visiting
the address it holds. Both addresses are believed only where they are SNS's own, and nobody else is ever called.
"""

from __future__ import annotations

import base64
import binascii
import functools
import json
import re
import time
from typing import Any, NamedTuple

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from django.utils.translation import gettext as _

from delivery.gateways.errors import GatewayUnavailable, PushRefused
from delivery.gateways.http_line import HttpLine, NotWritten, Trip, Verdict, on_trip

VISIT_SECONDS = 5.0

_HOST = r"https://sns\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?"
_CERTIFICATE_URL = re.compile(_HOST + r"/SimpleNotificationService-[0-9a-fA-F]+\.pem")
_SUBSCRIBE_URL = re.compile(_HOST + r"/\?Action=ConfirmSubscription&[!-~]+")
_TOPIC_ARN = re.compile(r"arn:aws[a-z-]*:sns:([a-z0-9-]+):\d{12}:[A-Za-z0-9_.-]{1,256}")

_SIGNED_KEYS = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": (
        *("Message", "MessageId", "SubscribeURL"),
        *("Timestamp", "Token", "TopicArn", "Type"),
    ),
    "UnsubscribeConfirmation": (
        *("Message", "MessageId", "SubscribeURL"),
        *("Timestamp", "Token", "TopicArn", "Type"),
    ),
}
_HASHES: dict[str, type[hashes.HashAlgorithm]] = {"1": hashes.SHA1, "2": hashes.SHA256}


class Envelope(NamedTuple):
    """A push whose signature holds."""

    kind: str
    topic_arn: str
    message: str
    subscribe_url: str


def opened(body: bytes) -> Envelope:
    """The envelope, once its signature is checked; raises `PushRefused`, and `GatewayUnavailable` without Amazon."""
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError):
        raise PushRefused("The body is not JSON.") from None
    if not isinstance(fields, dict) or fields.get("Type") not in _SIGNED_KEYS:
        raise PushRefused("This is not a message of SNS. Switch “raw message delivery” off.")
    if not all(
        isinstance(fields.get(key) or "", str) for key in (*_SIGNED_KEYS[fields["Type"]], "Signature")
    ):
        raise PushRefused("This is not a message of SNS.")
    topic, where = (
        _TOPIC_ARN.fullmatch(fields.get("TopicArn") or ""),
        _region_of(fields.get("SigningCertURL")),
    )
    if topic is None or where is None or topic[1] != where:
        raise PushRefused("The certificate is not one of SNS in the topic's region.")
    _check_signature(fields)
    return Envelope(
        fields["Type"], fields["TopicArn"], fields.get("Message") or "", fields.get("SubscribeURL") or ""
    )


def confirm(envelope: Envelope) -> None:
    """Say yes to a subscription; raises `GatewayUnavailable`, so that SNS asks again."""
    if not _SUBSCRIBE_URL.fullmatch(envelope.subscribe_url):
        raise PushRefused("The address to confirm at is not one of SNS.")
    visit(envelope.subscribe_url)


def visit(url: str) -> bytes:
    """What stands at an address of SNS."""
    line = HttpLine()
    trip = Trip(line, time.monotonic() + VISIT_SECONDS)
    try:
        answer = on_trip(trip, lambda: line.send("GET", url))
    except Verdict as verdict:
        words = verdict.words if isinstance(verdict, NotWritten) else verdict.code
        raise GatewayUnavailable(_("Amazon SNS cannot be asked: %(why)s.") % {"why": words}) from None
    finally:
        line.close()
    if answer.status != 200:
        raise GatewayUnavailable(_("Amazon SNS cannot be asked: %(why)s.") % {"why": f"HTTP {answer.status}"})
    return bytes(answer.body)


def _region_of(url: Any) -> str | None:
    match = _CERTIFICATE_URL.fullmatch(url) if isinstance(url, str) else None
    return match[1] if match else None


@functools.lru_cache(maxsize=32)
def _public_key(url: str) -> rsa.RSAPublicKey:
    try:
        key = x509.load_pem_x509_certificate(visit(url)).public_key()
    except ValueError:
        raise PushRefused("The certificate of SNS cannot be read.") from None
    if not isinstance(key, rsa.RSAPublicKey):
        raise PushRefused("The certificate of SNS holds no RSA key.")
    return key


def _check_signature(fields: dict[str, Any]) -> None:
    signed = "".join(
        f"{key}\n{fields[key]}\n" for key in _SIGNED_KEYS[fields["Type"]] if fields.get(key) is not None
    )
    algorithm = _HASHES.get(str(fields.get("SignatureVersion")))
    if algorithm is None:
        raise PushRefused("The version of the signature is not known.")
    try:
        shown = base64.b64decode(fields.get("Signature") or "", validate=True)
        _public_key(fields["SigningCertURL"]).verify(
            shown, signed.encode("utf-8", "surrogatepass"), padding.PKCS1v15(), algorithm()
        )
    except (InvalidSignature, binascii.Error, ValueError):
        raise PushRefused("The signature is not that of SNS.") from None
