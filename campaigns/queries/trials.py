"""What became of the tests of a draft."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from campaigns.models import Campaign, TestSend
from delivery.queries import MessageRow, StatusWord, messages_page

# Only the latest ones are still of interest.
TESTS_SHOWN = 2


@dataclass(frozen=True, slots=True)
class TestRow:
    """One number of a test."""

    sent_at: datetime
    message: MessageRow

    @property
    def is_moving(self) -> bool:
        return self.message.word in (StatusWord.WAITING, StatusWord.SENDING, StatusWord.SENT)


def test_rows(campaign: Campaign) -> list[TestRow]:
    """The numbers of the latest tests, newest test first. One statement and a few for each of the tests."""
    tests = TestSend.objects.filter(campaign=campaign).order_by("-id")[:TESTS_SHOWN]
    return [
        TestRow(test.created_at, message)
        for test in tests
        for message in messages_page(test.dispatch_id, limit=10).rows
    ]
