"""What all carriers share that are spoken to by HTTP: read this page before writing a driver for another one.

A driver says how a window is cut into requests (`groups`) and what one request is and what its answer means
(`send`). Everything else is here and in `http_line.py`:

    groups    numbers that can share a request; `n_per_request` is the most that the carrier takes at once
    send      runs in a thread: build the request (with the carrier's SDK or by hand), hand it to `self.line`,
              read the answer, return a result for each message or raise a verdict for all of them

    what happened                                    raised by      every message of the request is
    the connection could not be made                 line           unsent (of the whole window: GatewayUnavailable)
    no answer in time, reset, half an answer         line           uncertain
    429                                              line           throttled, for as long as Retry-After says
    a redirect, 408                                  line           uncertain; redirects are never followed
    the carrier's code for "slow down"               send: Throttled
    the carrier's code for "no"                      send: Refused, with our reason
    the same, for one number of several              send: RefusedForOne; both halves are asked again, down to one
    401, 403, 404, 405 that `send` cannot read       here           refused, `ACCOUNT_PROBLEM`
    any other 4xx that `send` cannot read            here           refused
    5xx that `send` cannot read                      here           uncertain
    200 that `send` cannot read                      here           uncertain
    a number that the answer does not name           here           uncertain

A 5xx counts as refused only where the carrier's documents say that a code in its body means so. `send` never
catches what it does not understand. No message that may have been taken is ever sent a second time: the line refuses
a second request on the same trip, whatever an SDK thinks of it; still switch the SDK's own retries off.

An SDK builds and signs; its bytes go through `self.line` by the seam that it has for it: an HTTP client of one's
own (Twilio), an event (botocore), a `requests` adapter (`sdk.py`). SDKs are imported inside functions.

`HttpDriver` runs up to `n_connections` requests at once. Threads are used for `send` alone: `keep_going` is asked
and exchanges are noted in the thread of the caller, who has the database.
"""

from __future__ import annotations

import logging
import time
from abc import abstractmethod
from collections import Counter, deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any, ClassVar, NamedTuple, TypeVar

from django.conf import settings as console_settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from delivery.gateways.base import Exchange, GatewayDriver, OutboundMessage, Outcome, SubmitResult
from delivery.gateways.errors import GatewayUnavailable
from delivery.gateways.exchanges import written_out
from delivery.gateways.fields import SettingField, SettingKind
from delivery.gateways.http_line import (
    HttpLine,
    NotWritten,
    Refused,
    RefusedForOne,
    Throttled,
    Trip,
    Unclear,
    Verdict,
    on_trip,
)
from delivery.gateways.settings import number_setting
from delivery.statuses import Reason

log = logging.getLogger(__name__)

T = TypeVar("T")

# Of exchanges without a fault only a sample is written out: it costs more than the request.
SAMPLE_SECONDS = 1.0
# Statuses by which a web server says that it is the wrong address or the wrong account.
_ACCOUNT_STATUSES = frozenset({401, 403, 404, 405})
_OUTCOMES = {Refused: Outcome.REFUSED, Throttled: Outcome.THROTTLED, NotWritten: Outcome.UNSENT}

CONNECTION_FIELDS = (
    SettingField(
        name="n_connections",
        label=gettext_lazy("Requests at once"),
        kind=SettingKind.NUMBER,
        help=gettext_lazy("How many requests may be under way to the carrier at the same time."),
        default=8,
        is_required=True,
        smallest=1,
        largest=64,
        group=gettext_lazy("Connection"),
    ),
    SettingField(
        name="timeout_seconds",
        label=gettext_lazy("Wait for an answer, in seconds"),
        kind=SettingKind.NUMBER,
        help=gettext_lazy("What is not answered by then is uncertain, and is not sent again by itself."),
        default=8,
        is_required=True,
        smallest=0.1,
        largest=30,
        group=gettext_lazy("Connection"),
    ),
)


class Group(NamedTuple):
    """The messages of one request, and what `groups` found out for `send`."""

    messages: Sequence[OutboundMessage]
    content: Any = None


class Landing(NamedTuple):
    """A request that has come to its end."""

    results: list[SubmitResult]
    trip: Trip
    verdict: Verdict | None
    milliseconds: int


class HttpDriver(GatewayDriver):
    """A carrier that is asked over HTTP. Settings: `n_connections`, `timeout_seconds` and the driver's own."""

    what: ClassVar[str]  # the carrier's word for a submit, such as "SendSms"
    n_per_request: int = 1

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self.n_connections = int(number_setting(settings, CONNECTION_FIELDS, "n_connections"))
        self.timeout_seconds = number_setting(settings, CONNECTION_FIELDS, "timeout_seconds")
        self.line = self.new_line()
        self._threads: ThreadPoolExecutor | None = None
        self._sampled_at = float("-inf")

    def new_line(self) -> HttpLine:
        return HttpLine(n_connections=self.n_connections)

    # --- What a driver says ---

    @property
    @abstractmethod
    def url(self) -> str:
        """Where the carrier is."""

    @abstractmethod
    def send(self, group: Group) -> Iterable[SubmitResult]:
        """Send one request by `self.line` and say what became of each message, or raise a `Verdict` for all."""

    def groups(self, messages: Sequence[OutboundMessage]) -> Iterable[Group]:
        """Which messages go out together; each message in exactly one group."""
        for start in range(0, len(messages), self.n_per_request):
            yield Group(messages[start : start + self.n_per_request])

    def texts_of(self, group: Group) -> Iterable[str]:
        """What must not be seen in an exchange besides numbers: texts and the values in them."""
        return [message.text for message in group.messages]

    def secrets(self) -> Iterable[str]:
        """What the carrier is shown to prove who we are, where it stands in the address or the body."""
        return ()

    # --- What every driver does ---

    def open(self) -> None:
        try:
            self.line.reach(self.url, timeout_seconds=self.timeout_seconds)
        except NotWritten as verdict:
            raise GatewayUnavailable(verdict.words) from None

    def close(self) -> None:
        self.line.close()
        if self._threads is not None:
            self._threads.shutdown(wait=False)
            self._threads = None

    def submit(
        self, messages: Sequence[OutboundMessage], *, keep_going: Callable[[], bool]
    ) -> Iterator[SubmitResult]:
        # A third of the lease to start requests in, a third for the answers: the window is settled while it is ours.
        third = console_settings.LEASE_SECONDS / 3
        start_until = time.monotonic() + third
        end = start_until + third
        waiting = deque(self.groups(messages))
        flying: dict[Future[Landing], Group] = {}
        grounded: list[Group] = []
        failure: NotWritten | None = None
        is_written = False
        unclear: Counter[str] = Counter()
        while waiting or flying:
            while waiting and len(flying) < self.n_connections and failure is None:
                if time.monotonic() >= start_until or not keep_going():
                    grounded += waiting
                    waiting.clear()
                    break
                group = waiting.popleft()
                flying[self._pool().submit(self._fly, group, end)] = group
            if failure is not None:
                grounded += waiting
                waiting.clear()
            if flying:
                landed, _flying = wait(flying, return_when=FIRST_COMPLETED)
            else:
                break
            for future in landed:
                group, landing = flying.pop(future), future.result()
                self._note_landing(group, landing)
                if isinstance(landing.verdict, NotWritten):
                    failure = landing.verdict
                    grounded.append(group)
                    continue
                is_written = True
                if isinstance(landing.verdict, RefusedForOne) and len(group.messages) > 1:
                    waiting.extendleft(_halves(group))
                    continue
                unclear.update(
                    result.code for result in landing.results if result.outcome == Outcome.UNCERTAIN
                )
                yield from landing.results
        if unclear:
            log.warning(
                "submit unclear kind=%s n=%d of=%d why=%s",
                self.kind,
                unclear.total(),
                len(messages),
                dict(unclear),
            )
        if failure is not None and not is_written:
            raise _whole_line(failure)
        for group in grounded:
            yield from [SubmitResult(message.id, Outcome.UNSENT) for message in group.messages]

    def ask(self, what: str, question: Callable[[], T], *, texts: Iterable[str] = ()) -> T:
        """Ask the carrier something that changes nothing there, in one request; the value of `question`.

        Raises `GatewayUnavailable` when no usable answer comes, also for a refusal that `question` does not handle.
        """
        trip = Trip(self.line, time.monotonic() + self.timeout_seconds)
        try:
            value: T = on_trip(trip, question)
            verdict = trip.verdict
        except Verdict as raised:
            verdict = trip.verdict or raised
        except Exception as error:
            verdict = trip.verdict or _verdict_on(trip, error)
        milliseconds = _milliseconds_since(trip.began)
        if trip.request is not None or verdict is not None:
            self._note(what, trip, verdict, milliseconds, texts)
        if verdict is None:
            return value
        if isinstance(verdict, NotWritten):
            raise _whole_line(verdict)
        raise GatewayUnavailable(
            _("The carrier did not answer %(what)s: %(code)s.") % {"what": what, "code": verdict.code}
        )

    def fly_alone(self, message: OutboundMessage) -> Landing:
        """Really send one message, now and in this thread, and tell all about it; never raises."""
        [group] = self.groups([message])
        return self._fly(group, time.monotonic() + self.timeout_seconds)

    # --- One request ---

    def _pool(self) -> ThreadPoolExecutor:
        if self._threads is None:
            self._threads = ThreadPoolExecutor(self.n_connections, thread_name_prefix=f"{self.kind}-")
        return self._threads

    def _fly(self, group: Group, end: float) -> Landing:
        """Send a group, in a thread of the pool; never raises."""
        trip = Trip(self.line, end, self.timeout_seconds)
        results: list[SubmitResult] = []
        verdict: Verdict | None = None
        try:
            results = on_trip(trip, lambda: list(self.send(group)))
        except Verdict as raised:
            verdict = raised
        except Exception as error:
            verdict = trip.verdict or _verdict_on(trip, error)
        # What the line saw counts more than what an SDK or a driver made of it.
        verdict = trip.verdict or verdict
        results = _all_of(group, verdict) if verdict else _each_once(group, results)
        return Landing(results, trip, verdict, _milliseconds_since(trip.began))

    def _note_landing(self, group: Group, landing: Landing) -> None:
        if landing.trip.request is None and not isinstance(landing.verdict, NotWritten):
            return  # decided without asking the carrier
        self._note(
            self.what,
            landing.trip,
            landing.verdict,
            landing.milliseconds,
            self.texts_of(group),
            landing.results,
        )

    def _note(
        self,
        what: str,
        trip: Trip,
        verdict: Verdict | None,
        milliseconds: int,
        texts: Iterable[str],
        results: Iterable[SubmitResult] = (),
    ) -> None:
        is_fault = verdict is not None or any(result.outcome != Outcome.ACCEPTED for result in results)
        now = time.monotonic()
        if self.on_exchange is None or (not is_fault and now - self._sampled_at < SAMPLE_SECONDS):
            return
        self._sampled_at = now
        request, answer = written_out(trip, verdict, texts=texts, secrets=self.secrets())
        self.note(Exchange(what, request, answer, is_fault=is_fault, milliseconds=milliseconds))


def grouped(
    messages: Sequence[OutboundMessage], content_of: Callable[[OutboundMessage], Hashable], n_most: int
) -> Iterator[Group]:
    """Groups of messages with the same content, at most so many in each and every number once.

    A number that stood twice in a request could not be told apart in the answer.
    """
    filling: dict[Hashable, list[OutboundMessage]] = {}
    numbers: dict[Hashable, set[str]] = {}
    for message in messages:
        content = content_of(message)
        group = filling.setdefault(content, [])
        if len(group) >= n_most or message.msisdn in numbers.get(content, ()):
            yield Group(group, content)
            group = filling[content] = []
            numbers[content] = set()
        group.append(message)
        numbers.setdefault(content, set()).add(message.msisdn)
    for content, group in filling.items():
        yield Group(group, content)


def _verdict_on(trip: Trip, error: Exception) -> Verdict:
    """What an answer means that could not be read. The words of the error may hold numbers: they go nowhere."""
    if not trip.is_written:
        log.error("request not built error=%s", type(error).__name__)
        return NotWritten(
            _("The request could not be built (%(error)s). Look at the gateway's settings.")
            % {"error": type(error).__name__}
        )
    status = trip.answer.status if trip.answer else 0
    if 400 <= status < 500:
        reason = Reason.ACCOUNT_PROBLEM if status in _ACCOUNT_STATUSES else Reason.GATEWAY_REFUSED
        return Refused(f"HTTP {status}", reason)
    return Unclear(f"HTTP {status}" if status >= 500 else "unreadable answer", Reason.UNKNOWN_CODE)


def _whole_line(verdict: NotWritten) -> GatewayUnavailable:
    return GatewayUnavailable(verdict.words)


def _all_of(group: Group, verdict: Verdict) -> list[SubmitResult]:
    outcome = next(
        (outcome for kind, outcome in _OUTCOMES.items() if isinstance(verdict, kind)), Outcome.UNCERTAIN
    )
    after = verdict.retry_after_seconds if isinstance(verdict, Throttled) else 0.0
    return [
        SubmitResult(message.id, outcome, (), verdict.code, verdict.reason, after)
        for message in group.messages
    ]


def _halves(group: Group) -> tuple[Group, Group]:
    middle = len(group.messages) // 2
    return group._replace(messages=group.messages[:middle]), group._replace(messages=group.messages[middle:])


def _each_once(group: Group, results: Iterable[SubmitResult]) -> list[SubmitResult]:
    """One result for each message of the group: the first one told; uncertain where none was."""
    told: dict[int, SubmitResult] = {}
    for result in results:
        told.setdefault(result.message_id, result)
    return [
        told.get(message.id)
        or SubmitResult(message.id, Outcome.UNCERTAIN, (), "not in the answer", Reason.UNKNOWN_CODE)
        for message in group.messages
    ]


def _milliseconds_since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
