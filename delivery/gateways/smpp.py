"""SMPP 3.4: a line that is held open, by a process of its own.

The driver turns messages into submit_sm and answers into results; the line (`delivery.smpp.line`) writes and reads
in a thread of its own. Unlike other drivers one of these may be used by several threads: each has a window under way.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.utils.translation import gettext_lazy as _

from delivery.gateways.base import (
    DrivenBy,
    Exchange,
    GatewayDriver,
    OutboundMessage,
    Outcome,
    QueriesMessages,
    QueryAnswer,
    QueryOutcome,
    SubmitResult,
    SubmittedMessage,
)
from delivery.gateways.errors import GatewayMisconfigured, GatewayUnavailable
from delivery.gateways.fields import SettingField, Words
from delivery.gateways.smpp_fields import FIELDS, submit_settings
from delivery.gateways.smpp_results import (
    Underway,
    answer_words,
    is_nothing_written,
    missing_parts,
    query_answer,
    request_words,
    result_of,
    unwritable,
)
from delivery.smpp import pdu, statuses
from delivery.smpp.binds import BindStatus, LineDown
from delivery.smpp.errors import BadBody, BadField
from delivery.smpp.fields import address, c_string
from delivery.smpp.line import Line, Listener
from delivery.smpp.profile import read_profile
from delivery.smpp.receipts import NoNews, Receipt, ReplyText, read_delivery
from delivery.smpp.references import References
from delivery.smpp.submits import SubmitWriter
from delivery.smpp.waiting import Part, Submission
from smsconsole.lib.segments import overhead_units_for

# Messages handed to the line at a time. Between two groups, and while one waits, it is asked whether to go on.
GROUP_SIZE = 50
LOOK_SECONDS = 0.1
# A "yes" holds for so long: a process that was frozen writes nothing more when it goes on.
YES_SECONDS = 1.0
# After the last answer is due: for a line that has stopped reading because nothing can be stored.
GRACE_SECONDS = 1.0
PART_PAUSE_SECONDS = 0.25
# So many faults of a window are kept to be looked at.
FAULTS_NOTED = 5


class SmppDriver(GatewayDriver, QueriesMessages):
    """Without `listen` it binds as one transmitter, so that no receipt comes to who cannot store it."""

    kind: ClassVar[str] = "smpp"
    label: ClassVar[Words] = _("SMPP line")
    fields: ClassVar[tuple[SettingField, ...]] = FIELDS
    driven_by: ClassVar[DrivenBy] = DrivenBy.SESSION

    def __init__(self, settings: Mapping[str, Any]) -> None:
        try:
            self._profile = read_profile(settings)
            self._submit_settings = submit_settings(settings)
            SubmitWriter(self._submit_settings)
            self._receipt_zone = ZoneInfo(str(settings.get("receipt_zone") or "UTC"))
        except (BadField, ValueError) as error:
            raise GatewayMisconfigured(str(error)) from None
        except (ZoneInfoNotFoundError, OSError):
            raise GatewayMisconfigured(
                _("The time zone of receipts is not known; write it as Asia/Shanghai.")
            ) from None
        self._trusts_text = bool(settings.get("trusts_text"))
        # One lot on the line, and one to follow.
        self.most_at_once = 2 * self._profile.n_binds * self._profile.window
        self._listener: Listener | None = None
        self._line: Line | None = None
        self._lock = threading.Lock()
        self._own = threading.local()
        self._references = References()
        self.last_states: list[BindStatus] = []

    def listen(self, listener: Listener) -> None:
        """Have what arrives handed to this listener, who acknowledges it by `line`. Before `open`."""
        self._listener = listener

    def open(self) -> None:
        self._wait_until_usable(self._opened())

    def close(self) -> None:
        with self._lock:
            line, self._line = self._line, None
        if line is not None:
            line.stop(seconds=self._profile.response_seconds + 5.0)
            self.last_states = line.states()

    @property
    def line(self) -> Line:
        """The line, started if it was not: it binds by itself and stays bound."""
        return self._opened()

    @property
    def is_usable(self) -> bool:
        """Whether a submit would leave now."""
        return self._line is not None and self._line.is_usable()

    def states(self) -> list[BindStatus]:
        return self._line.states() if self._line is not None else []

    def _opened(self) -> Line:
        with self._lock:
            if self._line is None or not self._line.is_alive:
                self._line = Line(self._profile, name=self._profile.place, listener=self._listener)
                self._line.start()
            return self._line

    def _wait_until_usable(self, line: Line) -> None:
        try:
            # One attempt: to connect, and to bind.
            line.wait_until_usable(
                2 * self._profile.connect_seconds + LOOK_SECONDS, hurry=self._listener is None
            )
        except LineDown as down:
            if down.is_set_up_wrongly:
                raise GatewayMisconfigured(str(down)) from None
            raise GatewayUnavailable(str(down)) from None

    # --- Submitting ---------------------------------------------------------------------------------------

    def submit(
        self, messages: Sequence[OutboundMessage], *, keep_going: Callable[[], bool]
    ) -> Iterator[SubmitResult]:
        if not messages:
            return
        line = self._opened()
        self._wait_until_usable(line)
        window = _Window(line, keep_going, self._profile.response_seconds)
        began = time.monotonic()
        refused: list[SubmitResult] = []
        underway: list[Underway] = []
        try:
            n_dealt_with = 0
            for start in range(0, len(messages), GROUP_SIZE):
                if not window.may_go_on():
                    break
                group = messages[start : start + GROUP_SIZE]
                written = self._write(group, window.submission, refused)
                n_dealt_with += len(group)
                underway += written
                window.hand_over([one.parts for one in written])
            window.wait_for_answers()
            self._complete_partly_taken(window, underway)
        finally:
            window.give_up()
        if underway and not refused and is_nothing_written(underway) and not line.is_usable():
            raise GatewayUnavailable(f"The SMSC at {self._profile.place} hung up.")
        results = [*refused, *(result_of(message, parts) for message, parts in underway)]
        self._note_window(underway, results, time.monotonic() - began)
        yield from results
        yield from [SubmitResult(message.id, Outcome.UNSENT) for message in messages[n_dealt_with:]]

    def _write(
        self, group: Sequence[OutboundMessage], submission: Submission, refused: list[SubmitResult]
    ) -> list[Underway]:
        """The segments of these messages. What cannot be written is refused by ourselves."""
        writer = self._writer()
        written = []
        for message in group:
            reference = 0
            if message.n_segments > 1:
                reference = self._references.next(message.msisdn, start=message.id)
            try:
                bodies = writer.bodies(
                    message.sender,
                    message.msisdn,
                    message.text,
                    reference=reference,
                    overhead_units=_overhead_units(message.msisdn),
                )
            except BadField as error:
                refused.append(unwritable(message, error))
                continue
            written.append(Underway(message, [Part(submission, body) for body in bodies]))
        return written

    def _writer(self) -> SubmitWriter:
        writer = getattr(self._own, "writer", None)
        if writer is None:
            writer = self._own.writer = SubmitWriter(self._submit_settings)
        return writer

    def _complete_partly_taken(self, window: _Window, underway: Sequence[Underway]) -> None:
        """Offer again what was not taken of messages that were taken in part, with the same reference.

        Until the deadline: a message is never offered again as a whole by itself.
        """
        while again := [(one, missing) for one in underway if (missing := missing_parts(one.parts))]:
            if not window.may_complete():
                return
            time.sleep(PART_PAUSE_SECONDS)
            parcels = []
            for one, missing in again:
                parcel = [Part(window.submission, one.parts[index].body) for index in missing]
                for index, part in zip(missing, parcel, strict=True):
                    one.parts[index] = part
                parcels.append(parcel)
            window.hand_over(parcels)
            window.wait_for_answers()

    # --- What arrives -------------------------------------------------------------------------------------

    def read_delivery(self, frame: pdu.Frame, received_at: datetime) -> Receipt | ReplyText | NoNews:
        """What a deliver_sm or data_sm says; raises `BadPdu` for what is neither."""
        read = pdu.read_data_sm if frame.command == pdu.DATA_SM else pdu.read_short_message
        return read_delivery(
            read(frame.body),
            received_at=received_at,
            alphabet=self._submit_settings.writing.alphabet,
            zone=self._receipt_zone,
            trusts_text=self._trusts_text,
        )

    # --- Asking -------------------------------------------------------------------------------------------

    def query(self, messages: Sequence[SubmittedMessage]) -> Iterator[QueryAnswer]:
        """query_sm needs the id that the SMSC gave: without one nothing can be asked."""
        if not any(message.gateway_message_ids for message in messages):
            yield from [QueryAnswer(m.id, m.attempt, QueryOutcome.UNKNOWN) for m in messages]
            return
        line = self._opened()
        self._wait_until_usable(line)
        for message in messages:
            yield self._ask(line, message)

    def _ask(self, line: Line, message: SubmittedMessage) -> QueryAnswer:
        unknown = QueryAnswer(message.id, message.attempt, QueryOutcome.UNKNOWN)
        if not message.gateway_message_ids:
            return unknown
        answers = []
        try:
            for message_id in message.gateway_message_ids:
                body = c_string("message_id", message_id, 65)
                body += address("source_addr", self._writer().source(message.sender))
                frame = line.ask(pdu.QUERY_SM, body, seconds=self._profile.response_seconds)
                if frame.status != statuses.ROK:
                    # It may just have forgotten: SMSCs keep what has ended for a while only.
                    return unknown._replace(code=statuses.status_name(frame.status))
                answers.append(pdu.read_query_sm_resp(frame.body))
        except (LineDown, BadBody, BadField):
            return unknown
        return query_answer(unknown, message, answers)

    # --- What is kept to be looked at ---------------------------------------------------------------------

    def _note_window(
        self, underway: Sequence[Underway], results: Sequence[SubmitResult], seconds: float
    ) -> None:
        if self.on_exchange is None:
            return
        by_id = {result.message_id: result for result in results}
        telling = [one for one in underway if by_id[one.message.id].outcome is Outcome.ACCEPTED][:1]
        faults = [
            one
            for one in underway
            if by_id[one.message.id].outcome in (Outcome.REFUSED, Outcome.THROTTLED, Outcome.UNCERTAIN)
        ]
        for one in [*faults[:FAULTS_NOTED], *telling]:
            result = by_id[one.message.id]
            self.note(
                Exchange(
                    "submit_sm",
                    request_words(one),
                    answer_words(one.parts),
                    result.outcome is not Outcome.ACCEPTED,
                    round(seconds * 1_000),
                )
            )


class _Window:
    """One call of `submit`: asks whether to go on, hands over, waits."""

    def __init__(self, line: Line, keep_going: Callable[[], bool], response_seconds: float) -> None:
        self.submission = Submission()
        self._line = line
        self._keep_going = keep_going
        self._response_seconds = response_seconds
        self._complete_until = time.monotonic() + response_seconds
        self._is_stopped = False

    def may_go_on(self) -> bool:
        if self._is_stopped:
            return False
        if not self._keep_going():
            self._is_stopped = True
            self._line.withdraw(self.submission)
            return False
        self.submission.write_until = time.monotonic() + YES_SECONDS
        return True

    def may_complete(self) -> bool:
        """Until the deadline, whatever `keep_going` says: of a message that has begun to leave, the rest follows.

        Suspending holds what has not begun. Half a message reaches a phone as half a message.
        """
        now = time.monotonic()
        self.submission.write_until = now + YES_SECONDS
        return now < self._complete_until

    def hand_over(self, parcels: Sequence[list[Part]]) -> None:
        """Returns once all of it is written, or will not be."""
        if not parcels:
            return
        submission = self.submission
        submission.n_handed += sum(map(len, parcels))
        self._line.hand_over(parcels)
        while not submission.is_written and self._line.is_alive:
            self._wait_for_change()
            if not submission.is_written:
                self.may_go_on()

    def wait_for_answers(self) -> None:
        deadline = time.monotonic() + self._response_seconds + GRACE_SECONDS
        submission = self.submission
        while not submission.is_closed and self._line.is_alive and time.monotonic() < deadline:
            self._wait_for_change()

    def give_up(self) -> None:
        """Whatever happened: nothing more of this window is written."""
        if not self.submission.is_written:
            self._is_stopped = True
            self.submission.write_until = 0.0
            self._line.withdraw(self.submission)

    def _wait_for_change(self) -> None:
        self.submission.changed.wait(LOOK_SECONDS)
        self.submission.changed.clear()


def _overhead_units(msisdn: str) -> int:
    """What carriers put in front, where they do: of all countries only Malaysia's."""
    return overhead_units_for("MY") if msisdn.startswith("+60") else 0
