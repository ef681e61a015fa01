"""Where the messages of programs end that only try the interfaces: nothing leaves the console.

How a number ends says what becomes of its message. What it would be told later is remembered in Valkey until it is
due, and handed out by `due_receipts`.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar, Final

from django.conf import settings as console_settings
from django.utils.translation import gettext_lazy as _
from redis import Redis
from redis.exceptions import RedisError

from delivery.gateways.base import (
    GatewayDriver,
    OutboundMessage,
    Outcome,
    ReceiptEvent,
    ReceiptState,
    SubmitResult,
)
from delivery.gateways.errors import GatewayUnavailable
from delivery.gateways.fields import Words
from delivery.statuses import Reason

log = logging.getLogger(__name__)

FAILS: Final = "0002"
STAYS_SILENT: Final = "0003"
IS_REFUSED: Final = "0004"
# Every other number's message is delivered, "0001" among them.
RECEIPT_SECONDS: Final = 1.0

REFUSED_CODE: Final = "SANDBOX:REFUSED"
FAILED_CODE: Final = "SANDBOX:UNREACHABLE"
DELIVERED_CODE: Final = "DELIVRD"
MOST_AT_ONCE: Final = 1_000
TIMEOUT_SECONDS: Final = 2.0
_AWAY: Final = "The sandbox cannot reach Valkey."
# A process that asks and dies before it has stored what it got leaves it to the next one after so long.
SHOWN_AGAIN_SECONDS: Final = 10.0

# Takes what is due and puts it off instead of deleting it; `forget` deletes it once it is stored.
_TAKE_DUE = """
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, ARGV[3])
for _, member in ipairs(due) do redis.call('ZADD', KEYS[1], ARGV[2], member) end
return due
"""


class SandboxDriver(GatewayDriver):
    """Takes everything but what ends in 0004; a receipt is due a second later, none for what ends in 0003."""

    kind: ClassVar[str] = "sandbox"
    label: ClassVar[Words] = _("Sandbox")
    receipt_reasons: ClassVar[Mapping[str, Reason]] = {FAILED_CODE: Reason.UNREACHABLE}

    def __init__(self, settings: Mapping[str, Any]) -> None:
        # A database of the queues' server; databases of tests share it, so the key names the console's own.
        self._key = f"sandbox:receipts:{console_settings.DATABASES['default']['NAME']}"
        self._redis: Redis | None = None
        self._taken: list[bytes] = []

    def open(self) -> None:
        self._connected()

    def close(self) -> None:
        if self._redis is not None:
            self._redis.close()
            self._redis = None

    def submit(
        self, messages: Sequence[OutboundMessage], *, keep_going: Callable[[], bool]
    ) -> Iterator[SubmitResult]:
        if not keep_going():
            yield from [SubmitResult(message.id, Outcome.UNSENT) for message in messages]
            return
        due = time.time() + RECEIPT_SECONDS
        told = {
            json.dumps([message.reference, message.msisdn.endswith(FAILS)]): due
            for message in messages
            if not message.msisdn.endswith((STAYS_SILENT, IS_REFUSED))
        }
        if told:
            try:
                self._connected().zadd(self._key, told)
            except (RedisError, OSError):
                # Nobody was told of any of them yet: they wait, as for any gateway that is away.
                raise GatewayUnavailable(_AWAY) from None
        for message in messages:
            if message.msisdn.endswith(IS_REFUSED):
                yield SubmitResult(
                    message.id, Outcome.REFUSED, code=REFUSED_CODE, reason=Reason.GATEWAY_REFUSED
                )
            else:
                ids = tuple(f"sandbox-{message.reference}-{n}" for n in range(1, message.n_segments + 1))
                yield SubmitResult(message.id, Outcome.ACCEPTED, ids[:1])

    def due_receipts(self) -> list[ReceiptEvent]:
        """The receipts that are due; each comes again after a while unless `forget` follows. At most 1 000 at once."""
        now = time.time()
        try:
            found = self._connected().eval(
                _TAKE_DUE, 1, self._key, now, now + SHOWN_AGAIN_SECONDS, MOST_AT_ONCE
            )
        except (RedisError, OSError):
            raise GatewayUnavailable(_AWAY) from None
        self._taken = list(found)
        return [_receipt(member) for member in self._taken]

    def forget(self) -> None:
        """What was handed out last is stored. What cannot be forgotten now is told twice, which is harmless."""
        try:
            if self._taken:
                self._connected().zrem(self._key, *self._taken)
        except (RedisError, OSError):
            log.warning("receipts of the sandbox are told twice n=%d", len(self._taken))
        self._taken = []

    def _connected(self) -> Redis:
        if self._redis is None:
            self._redis = Redis.from_url(
                str(console_settings.RQ_QUEUES["delivery"]["URL"]),
                socket_timeout=TIMEOUT_SECONDS,
                socket_connect_timeout=TIMEOUT_SECONDS,
            )
        return self._redis


def _receipt(member: bytes) -> ReceiptEvent:
    reference, has_failed = json.loads(member)
    return ReceiptEvent(
        gateway_message_id=f"sandbox-{reference}-1",
        state=ReceiptState.UNDELIVERED if has_failed else ReceiptState.DELIVERED,
        code=FAILED_CODE if has_failed else DELIVERED_CODE,
        reported_at=datetime.now(UTC),
        reference=reference,
    )
