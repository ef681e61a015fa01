"""The doorbell: jobs carry ids only, wait for commit, and may be lost without losing work."""

from __future__ import annotations

import functools
import logging
import threading

import django_rq
from django.conf import settings
from django.db import transaction
from redis import Redis
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

QUEUE_OF_APP = {"campaigns": "imports", "delivery": "delivery"}
# Whoever rings is often a person's click: a Valkey that hangs must not hang the page. (Workers wait longer, on
# connections of their own.)
RING_TIMEOUT_SECONDS = 2.0

# Set by a worker that was asked to stop; long jobs look at it between their steps and leave the rest.
stop_requested = threading.Event()


def enqueue(job: str, *ids: int | str) -> None:
    """Ring for the job with this dotted name once the current transaction has committed.

    The queue follows from the job's app. When Redis is away the ring is lost, which is logged and harmless:
    the scheduler's sweep finds the work in PostgreSQL and rings again.
    """
    transaction.on_commit(lambda: _ring(job, ids))


def _ring(job: str, ids: tuple[int | str, ...]) -> None:
    queue_name = QUEUE_OF_APP[job.partition(".")[0]]
    try:
        bell = _bell(settings.RQ_QUEUES[queue_name]["URL"])
        queue = django_rq.get_queue(queue_name, commit_mode="auto", connection=bell)
        queue.enqueue_call(job, args=ids, result_ttl=0, failure_ttl=86_400)
    except (RedisError, OSError) as error:
        log.warning("ring lost job=%s error=%s", job, type(error).__name__)


@functools.cache
def _bell(url: str) -> Redis:
    return Redis.from_url(
        url, socket_timeout=RING_TIMEOUT_SECONDS, socket_connect_timeout=RING_TIMEOUT_SECONDS
    )
