"""Django's cache in the console's Redis, for what may be forgotten: rate limits, marks of the last minutes."""

from __future__ import annotations

import logging
import time
from typing import Any

from django.core.cache.backends.redis import RedisCache
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

log = logging.getLogger(__name__)

# A page must not hang on a Redis that does: so long it is waited for, and so long it is left alone afterwards.
WAIT_SECONDS = 0.5
PAUSE_SECONDS = 5.0


class ForgetfulCache(RedisCache):
    """Works as if empty while Redis is away, so that people can sign in. What must not be forgotten stays elsewhere.

    `add` then answers True, as on an empty cache: nothing that keeps a secret single-use may be built on it.
    """

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        params.setdefault("OPTIONS", {}).update(
            socket_timeout=WAIT_SECONDS,
            socket_connect_timeout=WAIT_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )
        super().__init__(server, params)
        self._away_until = 0.0

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        return self._ask(default, super().get, key, default, version)

    def add(self, key: Any, value: Any, *arguments: Any, **options: Any) -> bool:
        return bool(self._ask(True, super().add, key, value, *arguments, **options))

    def set(self, key: Any, value: Any, *arguments: Any, **options: Any) -> None:
        self._ask(None, super().set, key, value, *arguments, **options)

    def delete(self, key: Any, version: int | None = None) -> bool:
        return bool(self._ask(False, super().delete, key, version))

    def clear(self) -> None:
        """Refused: it would empty the queues, which live in the same Redis."""
        raise NotImplementedError("The cache shares its Redis with the queues; delete single keys.")

    def _ask(self, otherwise: Any, question: Any, *arguments: Any, **options: Any) -> Any:
        if time.monotonic() < self._away_until:
            return otherwise
        try:
            return question(*arguments, **options)
        except (RedisError, OSError) as error:
            self._away_until = time.monotonic() + PAUSE_SECONDS
            log.warning("cache away error=%s", type(error).__name__)
            return otherwise
