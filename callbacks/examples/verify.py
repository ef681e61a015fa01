import base64
import hashlib
import hmac
import time
from collections.abc import Mapping

OLDEST_SECONDS = 300


def is_genuine(headers: Mapping[str, str], body: bytes, secret: str, now: float | None = None) -> bool:
    """Whether this request came from the console. Names of headers in lower case; the body as it arrived."""
    sent_at = headers.get("webhook-timestamp", "")
    if not sent_at.isdecimal() or abs((now or time.time()) - int(sent_at)) > OLDEST_SECONDS:
        return False
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{headers.get('webhook-id', '')}.{sent_at}.".encode() + body
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest())
    # While the secret is being rotated there are two signatures.
    given = headers.get("webhook-signature", "").split()
    return any(hmac.compare_digest(b"v1," + expected, one.encode()) for one in given)
