"""The two kinds of workers. Their jobs are hints; the work itself is in PostgreSQL.

When Valkey goes away a waiting worker tries again by itself (rq's own back-off); one that was amid a job ends
and is started again by whoever supervises it: `manage.py up`, systemd or the container's restart policy. A
drain that is under way does not need Valkey and goes on to its end.
"""

from __future__ import annotations

import os
import signal
from typing import Any

from django.db import close_old_connections
from redis.exceptions import RedisError
from rq import Queue, SimpleWorker, Worker
from rq.job import Job
from rq.serializers import JSONSerializer
from rq.worker.base import BaseWorker

from smsconsole.embedded.processes import die_with_parent
from smsconsole.lib.frozen import end_frozen_transactions
from smsconsole.queue import stop_requested

# How long a worker waits for a job before it asks anew. Short, so that it notices a lost connection.
_WORKER_TTL_SECONDS = 60


class _ConsoleWorker(BaseWorker):
    """What both kinds share: JSON only, fresh database connections, a calm shutdown without Valkey."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # `rqworker` would otherwise hand over pickle, which runs whatever somebody wrote into Valkey.
        kwargs["serializer"] = JSONSerializer
        kwargs["worker_ttl"] = _WORKER_TTL_SECONDS
        super().__init__(*args, **kwargs)

    def perform_job(self, job: Job, queue: Queue) -> bool:
        close_old_connections()
        try:
            return super().perform_job(job, queue)
        finally:
            close_old_connections()

    def set_shutdown_requested_date(self) -> None:
        """Called inside a signal handler: without Valkey it would break the job that was interrupted."""
        try:
            super().set_shutdown_requested_date()  # type: ignore[no-untyped-call]
        except (RedisError, OSError):
            self.log.warning("shutdown not noted: Valkey is away")


class ImportsWorker(_ConsoleWorker, Worker):
    """Forks for each job, so that a hostile file takes down the child only."""

    def fork_work_horse(self, job: Job, queue: Queue) -> None:
        self._pid_before_fork = os.getpid()
        super().fork_work_horse(job, queue)

    def main_work_horse(self, job: Job, queue: Queue) -> None:
        # rq leaves the child running when the worker is killed; the next worker would import beside it.
        die_with_parent(signal.SIGKILL, parent=self._pid_before_fork)
        super().main_work_horse(job, queue)


class DeliveryWorker(_ConsoleWorker, SimpleWorker):
    """Works in its own process, because a fork per hint costs more than the hint's windows.

    SIGTERM lets a drain finish its window and give back the rest.
    """

    def work(self, *args: Any, **kwargs: Any) -> bool:
        end_frozen_transactions()
        return super().work(*args, **kwargs)

    def handle_warm_shutdown_request(self) -> None:
        stop_requested.set()
        super().handle_warm_shutdown_request()  # type: ignore[no-untyped-call]
