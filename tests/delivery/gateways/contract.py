"""What every gateway driver must do. A driver's own test file inherits `GatewayContract` and gives a `line`.

A `Line` is a driver together with the other side it speaks to, played by the test: it tells what arrived
there, and misbehaves on request.
"""

from __future__ import annotations

import logging
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from enum import Enum, auto

import pytest

from delivery.gateways.base import GatewayDriver, OutboundMessage, Outcome, SubmitResult
from delivery.gateways.errors import GatewayUnavailable
from delivery.statuses import Reason


class Behaviour(Enum):
    ACCEPT = auto()
    REFUSE = auto()
    REFUSE_WITH_UNKNOWN_CODE = auto()
    THROTTLE = auto()
    STAY_SILENT = auto()
    ANSWER_LATE = auto()  # `LATE_SECONDS` after the submit
    MIX = auto()  # some of each, in an order of its own


class Line(ABC):
    """A driver under test and its other side."""

    @abstractmethod
    def driver(self, *, patient: bool = True) -> GatewayDriver:
        """A new driver for this line; an impatient one waits for answers for a second at most."""

    @abstractmethod
    def behave(self, behaviour: Behaviour) -> None: ...

    @abstractmethod
    def arrived(self) -> list[OutboundMessage]:
        """Everything that the other side was given, in order of arrival."""

    @abstractmethod
    def hang_up(self) -> None:
        """End the other side at once, with whatever it has not answered."""

    @abstractmethod
    def come_back(self) -> None:
        """Start the other side again after `hang_up`."""


N_MESSAGES = 200
LATE_SECONDS = 2.0
# Its digits are too long for a port, which an error may name.
TEXT = "Your parcel 471100 is waiting, code 花"
MSISDN_PREFIX = "+8613800"


def messages(n_messages: int = 0, *, first_id: int = 1, n_segments: int = 1) -> list[OutboundMessage]:
    """So many messages of one window, `N_MESSAGES` if it is not said how many."""
    n_messages = n_messages or N_MESSAGES
    return [
        OutboundMessage(message_id, 0, f"{MSISDN_PREFIX}{message_id:06d}", "Shop", TEXT, n_segments)
        for message_id in range(first_id, first_id + n_messages)
    ]


def always() -> bool:
    return True


def never() -> bool:
    return False


def times(n_times: int, then: Callable[[], bool] = never) -> Callable[[], bool]:
    """Says yes so many times, then what `then` says."""
    left = n_times

    def keep_going() -> bool:
        nonlocal left
        left -= 1
        return left >= 0 or then()

    return keep_going


def submit(
    driver: GatewayDriver, window: list[OutboundMessage], keep_going: Callable[[], bool] = always
) -> dict[int, SubmitResult]:
    """The results by message, after checking that there is exactly one for each."""
    results = list(driver.submit(window, keep_going=keep_going))
    assert sorted(result.message_id for result in results) == sorted(message.id for message in window)
    return {result.message_id: result for result in results}


def outcomes(results: dict[int, SubmitResult]) -> set[Outcome]:
    return {result.outcome for result in results.values()}


class GatewayContract:
    """Inherit, and define a fixture `line`."""

    has_one_id_per_message = False  # else one for each segment
    msisdn_of_any_text = "+14155550100"

    def test_it_hands_over_every_message_as_it_is(self, line: Line) -> None:
        window = messages()
        results = submit(line.driver(), window)
        assert outcomes(results) == {Outcome.ACCEPTED}
        assert sorted(line.arrived()) == window

    def test_each_segment_of_each_message_has_an_id_of_its_own(self, line: Line) -> None:
        results = submit(line.driver(), messages(60, n_segments=3))
        ids = [part for result in results.values() for part in result.gateway_message_ids]
        n_ids = 1 if self.has_one_id_per_message else 3
        assert {len(result.gateway_message_ids) for result in results.values()} == {n_ids}
        assert len(set(ids)) == 60 * n_ids
        assert all(ids)

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "a\nb\r\n\tc",
            '"quoted" \\ {1} [x]',
            "^{}\\[~]|€",
            "【公司】您好🙂👩‍👩‍👧",
            "\x00\x7f",
            "x" * 2000,
        ],
        ids=["empty", "lines", "quotes", "extension", "emoji", "control", "long"],
    )
    def test_any_text_arrives_unchanged(self, line: Line, text: str) -> None:
        message = OutboundMessage(1, 0, self.msisdn_of_any_text, "Shop", text, 1)
        submit(line.driver(), [message])
        assert line.arrived() == [message]

    def test_it_tells_every_kind_of_answer_apart(self, line: Line) -> None:
        line.behave(Behaviour.MIX)
        window = messages()
        results = submit(line.driver(patient=False), window)
        assert outcomes(results) == {
            Outcome.ACCEPTED,
            Outcome.REFUSED,
            Outcome.THROTTLED,
            Outcome.UNCERTAIN,
        }
        assert sorted(line.arrived()) == window

    def test_an_empty_window_has_no_results(self, line: Line) -> None:
        assert submit(line.driver(), []) == {}

    def test_nothing_happens_before_the_first_result_is_asked_for(self, line: Line) -> None:
        results = line.driver().submit(messages(), keep_going=always)
        assert line.arrived() == []
        next(results)
        assert line.arrived() != []

    def test_nothing_leaves_when_it_must_not_go_on(self, line: Line) -> None:
        results = submit(line.driver(), messages(), never)
        assert outcomes(results) == {Outcome.UNSENT}
        assert line.arrived() == []

    def test_it_asks_between_writes_and_leaves_the_rest_unsent(self, line: Line) -> None:
        results = submit(line.driver(), messages(), times(2))
        accepted = {
            message_id for message_id, result in results.items() if result.outcome == Outcome.ACCEPTED
        }
        assert 0 < len(accepted) <= N_MESSAGES / 2
        assert outcomes(results) == {Outcome.ACCEPTED, Outcome.UNSENT}
        assert {message.id for message in line.arrived()} == accepted

    def test_what_is_not_answered_is_uncertain_and_sent_once(self, line: Line) -> None:
        line.behave(Behaviour.STAY_SILENT)
        window = messages()
        results = submit(line.driver(patient=False), window)
        assert outcomes(results) == {Outcome.UNCERTAIN}
        assert {result.reason for result in results.values()} == {Reason.NO_ANSWER}
        assert sorted(line.arrived()) == window

    def test_answers_that_come_too_late_do_not_reach_the_next_window(self, line: Line) -> None:
        line.behave(Behaviour.ANSWER_LATE)
        driver = line.driver(patient=False)
        assert outcomes(submit(driver, messages())) == {Outcome.UNCERTAIN}
        all_answers_are_there_at = time.monotonic() + LATE_SECONDS
        line.behave(Behaviour.ACCEPT)
        message_id = 1000
        while time.monotonic() < all_answers_are_there_at:
            message_id += 1
            assert outcomes(submit(driver, messages(1, first_id=message_id))) == {Outcome.ACCEPTED}
        assert message_id > 1001

    def test_a_caller_that_walks_away_does_not_confuse_the_next_window(self, line: Line) -> None:
        driver = line.driver()
        abandoned = driver.submit(messages(), keep_going=always)
        next(abandoned)
        abandoned.close()  # type: ignore[attr-defined]
        assert outcomes(submit(driver, messages(first_id=1001))) == {Outcome.ACCEPTED}

    def test_a_refusal_has_the_gateways_code_and_our_reason(self, line: Line) -> None:
        line.behave(Behaviour.REFUSE)
        results = submit(line.driver(), messages(20))
        assert outcomes(results) == {Outcome.REFUSED}
        for result in results.values():
            assert result.code
            assert result.reason not in (Reason.NONE, Reason.UNKNOWN_CODE)
            assert result.gateway_message_ids == ()

    def test_an_unknown_code_is_kept(self, line: Line) -> None:
        line.behave(Behaviour.REFUSE_WITH_UNKNOWN_CODE)
        [result] = submit(line.driver(), messages(1)).values()
        assert result.outcome == Outcome.REFUSED
        assert result.code
        assert result.reason == Reason.UNKNOWN_CODE

    def test_a_throttled_message_says_when_to_come_again(self, line: Line) -> None:
        line.behave(Behaviour.THROTTLE)
        results = submit(line.driver(), messages(20))
        assert outcomes(results) == {Outcome.THROTTLED}
        assert all(result.retry_after_seconds > 0 for result in results.values())

    def test_a_line_that_is_down_takes_nothing(self, line: Line) -> None:
        line.hang_up()
        with pytest.raises(GatewayUnavailable):
            list(line.driver().submit(messages(), keep_going=always))
        with pytest.raises(GatewayUnavailable):
            line.driver().open()
        assert line.arrived() == []

    def test_a_line_that_breaks_between_windows_takes_nothing(self, line: Line) -> None:
        driver = line.driver()
        submit(driver, messages())
        line.hang_up()
        with pytest.raises(GatewayUnavailable):
            list(driver.submit(messages(first_id=1001), keep_going=always))
        assert len(line.arrived()) == N_MESSAGES

    def test_a_line_that_breaks_inside_a_window_leaves_only_what_was_written_uncertain(
        self, line: Line
    ) -> None:
        line.behave(Behaviour.STAY_SILENT)

        def break_down() -> bool:
            while not line.arrived():
                pass
            line.hang_up()
            return True

        results = submit(line.driver(), messages(), times(1, then=break_down))
        uncertain = {
            message_id for message_id, result in results.items() if result.outcome == Outcome.UNCERTAIN
        }
        assert outcomes(results) == {Outcome.UNCERTAIN, Outcome.UNSENT}
        assert {message.id for message in line.arrived()} <= uncertain

    def test_it_connects_again_when_the_line_is_back(self, line: Line) -> None:
        driver = line.driver()
        submit(driver, messages())
        line.hang_up()
        line.come_back()
        assert outcomes(submit(driver, messages(first_id=1001))) == {Outcome.ACCEPTED}
        assert len(line.arrived()) == 2 * N_MESSAGES

    def test_it_can_be_closed_twice_and_used_again(self, line: Line) -> None:
        driver = line.driver()
        driver.close()
        submit(driver, messages(1))
        driver.close()
        driver.close()
        assert outcomes(submit(driver, messages(1, first_id=2))) == {Outcome.ACCEPTED}

    def test_no_number_and_no_text_is_logged(self, line: Line, caplog: pytest.LogCaptureFixture) -> None:
        with caplog.at_level(logging.INFO):
            line.behave(Behaviour.MIX)
            submit(line.driver(patient=False), messages())
            line.hang_up()
            with pytest.raises(GatewayUnavailable) as refusal:
                list(line.driver().submit(messages(), keep_going=always))
        said = caplog.text + str(refusal.value)
        assert "471100" not in said
        assert MSISDN_PREFIX.removeprefix("+86") not in said
