"""How often a key may ask: a bucket of tokens in Redis that refills as time goes by.

While Redis is away each process counts for itself: the limit is looser then, by as many processes as answer, and no
request fails for it.
"""

from __future__ import annotations

import functools
import logging
import math
import threading
import time
from typing import NamedTuple

from django.conf import settings
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from api.access import Key
from projects.models import ApiKey

log = logging.getLogger(__name__)

# A request must not hang on a Redis that does: so long it is waited for, and so long it is left alone afterwards.
WAIT_SECONDS = 0.2
PAUSE_SECONDS = 5.0
# Buckets that a process remembers while Redis is away; a full one is the same as none.
_BUCKETS_MAX = 10_000

# A bucket holds what is left (`tokens`) and when that was so (`at`); one that is not there is full.
_TAKE = """
local t = redis.call('TIME')
local now = tonumber(t[1]) + tonumber(t[2]) / 1000000
local per_second, most, n = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local bucket = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens = most
if bucket[1] and bucket[2] then
    tokens = math.min(most, tonumber(bucket[1]) + math.max(0, now - tonumber(bucket[2])) * per_second)
end
local taken = 0
if tokens >= math.min(n, most) then
    taken, tokens = 1, tokens - n
    redis.call('HSET', KEYS[1], 'tokens', string.format('%.6f', tokens), 'at', string.format('%.6f', now))
    redis.call('PEXPIRE', KEYS[1], math.ceil((most - tokens) / per_second * 1000) + 1000)
end
return {taken, string.format('%.6f', tokens)}
"""


class Rate(NamedTuple):
    """The answer to a request: `limit` in a second, how many are left now, when the bucket is full again.

    `retry_after` is 0 when the request may go on, else the whole seconds to wait.
    """

    limit: int
    remaining: int
    reset_seconds: int
    retry_after: int

    @property
    def is_exceeded(self) -> bool:
        return self.retry_after > 0


def take(key: Key, *, n: int = 1, name: str = "", per_second: float | None = None) -> Rate:
    """Count `n` requests of this key, if that many are left; a refused one costs nothing.

    Without `name` in the bucket of all its requests; with it in one of its own (`name="AddSmsSign", per_second=1`),
    beside the common one. As much as comes in one second may come at once.
    """
    if per_second is None:
        own = key.rate_per_second if isinstance(key, ApiKey) else None
        per_second = min(own or settings.API_REQUESTS_PER_SECOND, settings.API_REQUESTS_PER_SECOND)
    most = max(1.0, per_second)
    bucket = f"rate:{key._meta.model_name}:{key.pk}:{name}"
    answer = _in_redis.take(bucket, per_second, most, n)
    if answer is None:
        answer = _in_process.take(bucket, per_second, most, n)
    is_taken, tokens = answer
    missing = 0 if is_taken else min(n, most) - tokens
    return Rate(
        limit=int(most),
        remaining=max(0, int(tokens)),
        reset_seconds=math.ceil((most - tokens) / per_second),
        retry_after=0 if is_taken else max(1, math.ceil(missing / per_second)),
    )


class _RedisBuckets:
    """Buckets that all processes share."""

    def __init__(self) -> None:
        self._away_until = 0.0

    def take(self, bucket: str, per_second: float, most: float, n: int) -> tuple[bool, float] | None:
        """Whether they were taken, and what is left; None while Redis is away."""
        if time.monotonic() < self._away_until:
            return None
        try:
            taken, tokens = _script(settings.REDIS_URL)(keys=[bucket], args=[per_second, most, n])
        except (RedisError, OSError) as error:
            self._away_until = time.monotonic() + PAUSE_SECONDS
            log.warning("rate limits count per process error=%s", type(error).__name__)
            return None
        return bool(taken), float(tokens)


class _ProcessBuckets:
    """Buckets of this process alone."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._buckets: dict[str, tuple[float, float]] = {}

    def take(self, bucket: str, per_second: float, most: float, n: int) -> tuple[bool, float]:
        now = time.monotonic()
        with self._lock:
            tokens, at = self._buckets.get(bucket, (most, now))
            tokens = min(most, tokens + (now - at) * per_second)
            if tokens < min(n, most):
                return False, tokens
            if len(self._buckets) >= _BUCKETS_MAX:
                self._buckets.clear()
            self._buckets[bucket] = (tokens - n, now)
        return True, tokens - n


@functools.cache
def _script(url: str):  # type: ignore[no-untyped-def]  # redis has no type for it
    redis = Redis.from_url(
        url,
        socket_timeout=WAIT_SECONDS,
        socket_connect_timeout=WAIT_SECONDS,
        retry=Retry(NoBackoff(), 0),
    )
    return redis.register_script(_TAKE)


_in_redis = _RedisBuckets()
_in_process = _ProcessBuckets()
