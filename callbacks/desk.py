"""Who sends: one thread that speaks with the database, many that wait for answers, each endpoint its fair share."""

from __future__ import annotations

import logging
import queue
import time
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

from callbacks.services.sending import (
    BREAKER_FAILURES,
    Errand,
    Result,
    due_endpoints,
    settle_results,
    take_due,
)
from callbacks.transport import DEADLINE_SECONDS, Exchange, post
from delivery.failpoints import fail_point

log = logging.getLogger(__name__)

MOST_IN_FLIGHT = 4
# An answer that takes longer makes its endpoint a slow one; those together never have the last quarter of the threads.
SLOW_MILLISECONDS = 2000

Send = Callable[[Errand], Exchange]


def fair_shares(
    due: Mapping[int, int], in_flight: Mapping[int, int], is_slow: Mapping[int, bool], *, n_threads: int
) -> dict[int, int]:
    """How many more requests each endpoint may have now, handed out in turns, to those with the fewest first.

    `due` are the failures in a row of the endpoints that something is due for; `is_slow` names those that have
    answered before. One that has not, or whose breaker was open, is tried with a single request.
    """
    n_of = Counter(in_flight)
    n_free = n_threads - n_of.total()
    n_for_slow = n_threads - n_threads // 4 - sum(n for key, n in n_of.items() if is_slow.get(key))
    most = {
        endpoint: MOST_IN_FLIGHT if endpoint in is_slow and n_failures < BREAKER_FAILURES else 1
        for endpoint, n_failures in due.items()
    }
    given: Counter[int] = Counter()
    while n_free > 0:
        wanting = [
            (n_of[endpoint], endpoint)
            for endpoint in due
            if n_of[endpoint] < most[endpoint] and (n_for_slow > 0 or not is_slow.get(endpoint))
        ]
        if not wanting:
            break
        _n, endpoint = min(wanting)
        n_of[endpoint] += 1
        given[endpoint] += 1
        n_free -= 1
        n_for_slow -= bool(is_slow.get(endpoint))
    return dict(given)


def send_errand(errand: Errand) -> Exchange:
    body = (errand.body or "").encode()
    return post(errand.callback.endpoint.url, headers=errand.headers, body=body)


class Desk:
    """Takes what is due, hands it to threads, settles their answers. Everything but `wake` belongs to one thread."""

    def __init__(self, *, n_threads: int, send: Send = send_errand) -> None:
        self._n_threads = n_threads
        self._send = send
        self._threads = ThreadPoolExecutor(n_threads, thread_name_prefix="callback")
        self._results: queue.SimpleQueue[Result | None] = queue.SimpleQueue()
        self._in_flight: dict[int, int] = {}
        self._is_slow: dict[int, bool] = {}

    @property
    def n_in_flight(self) -> int:
        return len(self._in_flight)

    def wake(self) -> None:
        """Something may be due; from any thread."""
        self._results.put(None)

    def turn(self, *, wait_seconds: float) -> int:
        """Settle what came back, at most after this wait, and send what is due; how many of both."""
        results = self._collect(wait_seconds)
        if results:
            fail_point("callbacks-answered")
        settle_results(results, in_hand=list(self._in_flight))
        if results:
            fail_point("callbacks-settled")
        n_by_endpoint = Counter(self._in_flight.values())
        due = dict(due_endpoints())
        shares = fair_shares(due, n_by_endpoint, self._is_slow, n_threads=self._n_threads)
        errands = take_due(shares)
        if errands:
            fail_point("callbacks-taken")
        empty = [Result(errand, None) for errand in errands if errand.body is None]
        settle_results(empty, in_hand=list(self._in_flight))
        for errand in errands:
            if errand.body is not None:
                self._in_flight[errand.callback.pk] = errand.callback.endpoint_id
                self._threads.submit(self._run, errand)
        return len(results) + len(errands)

    def finish(self) -> None:
        """Send nothing more; settle what still comes back until the last deadline."""
        until = time.monotonic() + DEADLINE_SECONDS + 1
        while self._in_flight and (left := until - time.monotonic()) > 0:
            settle_results(self._collect(left), in_hand=list(self._in_flight))
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _run(self, errand: Errand) -> None:
        try:
            exchange = self._send(errand)
        except Exception:
            # Without an answer the thread's place would be taken for ever.
            log.exception("callback=%s could not be sent", errand.callback.uuid)
            exchange = Exchange(None, "protocol", b"", 0)
        self._results.put(Result(errand, exchange))

    def _collect(self, wait_seconds: float) -> list[Result]:
        """The results that are there, after waiting for the first one, or for being woken."""
        results: list[Result] = []
        try:
            found = (
                self._results.get(timeout=wait_seconds) if wait_seconds > 0 else self._results.get_nowait()
            )
            while True:
                if found is not None:
                    results.append(found)
                found = self._results.get_nowait()
        except queue.Empty:
            pass
        for result in results:
            self._in_flight.pop(result.errand.callback.pk, None)
            if result.exchange is not None:
                endpoint = result.errand.callback.endpoint_id
                self._is_slow[endpoint] = result.exchange.milliseconds > SLOW_MILLISECONDS
        return results
