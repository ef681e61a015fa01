"""The doorbell: jobs carry ids only, wait for commit, and may be lost without losing work."""

from __future__ import annotations

import logging
import threading

import django_rq
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

QUEUE_OF_APP = {"campaigns": "imports", "delivery": "delivery"}

# Set by a worker that was asked to stop; long jobs look at it between their steps and leave the rest.
stop_requested = threading.Event()


def enqueue(job: str, *ids: int | str) -> None:
    """Ring for the job with this dotted name once the current transaction has committed.

    The queue follows from the job's app. When Redis is away the ring is lost, which is logged and harmless:
    the scheduler's sweep finds the work in PostgreSQL and rings again.
    """
    from django.db import transaction

    transaction.on_commit(lambda: _ring(job, ids))


def _ring(job: str, ids: tuple[int | str, ...]) -> None:
    queue_name = QUEUE_OF_APP[job.partition(".")[0]]
    try:
        django_rq.get_queue(queue_name, commit_mode="auto").enqueue_call(
            job, args=ids, result_ttl=0, failure_ttl=86_400
        )
    except (RedisError, OSError) as error:
        log.warning("ring lost job=%s error=%s", job, type(error).__name__)
