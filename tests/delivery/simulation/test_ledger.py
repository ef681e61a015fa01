from __future__ import annotations

import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from delivery.simulation.ledger import (
    LedgerInUse,
    LedgerLine,
    LedgerWriter,
    Verdict,
    find_doubles,
    read_ledger,
)

AT = datetime(2026, 11, 21, 8, 30, 0, 123000, tzinfo=UTC)


def line(
    message_id: int, attempt: int = 0, verdict: Verdict = Verdict.ACCEPTED, text: str = "hi"
) -> LedgerLine:
    return LedgerLine(AT, message_id, attempt, "+8613800000001", "Shop", 1, text, verdict, "", ("a-1",))


def write(path: Path, *lines: LedgerLine) -> None:
    writer = LedgerWriter(path)
    writer.append(lines)
    writer.close()


@pytest.mark.parametrize("text", ["", "a\nb", '"{1}"', "您好🙂", "\ud83d half a pair", "\u2028"])
def test_it_reads_back_what_was_written(tmp_path: Path, text: str) -> None:
    lines = [line(1, text=text), line(2, 3, Verdict.REFUSED)]
    write(tmp_path / "ledger", *lines)
    assert list(read_ledger(tmp_path / "ledger")) == lines


def test_it_goes_on_where_an_earlier_writer_stopped(tmp_path: Path) -> None:
    write(tmp_path / "ledger", line(1))
    end = (tmp_path / "ledger").stat().st_size
    write(tmp_path / "ledger", line(2), line(3))
    assert [each.message_id for each in read_ledger(tmp_path / "ledger")] == [1, 2, 3]
    assert [each.message_id for each in read_ledger(tmp_path / "ledger", start=end)] == [2, 3]
    assert [each.message_id for each in read_ledger(tmp_path / "ledger", start=end + 1)] == [3]


def test_a_torn_line_is_left_out_and_swallows_nothing(tmp_path: Path) -> None:
    write(tmp_path / "ledger", line(1), line(2))
    data = (tmp_path / "ledger").read_bytes()
    (tmp_path / "ledger").write_bytes(data[:-20])
    write(tmp_path / "ledger", line(3))
    assert [each.message_id for each in read_ledger(tmp_path / "ledger")] == [1, 3]


def test_only_its_owner_can_read_it(tmp_path: Path) -> None:
    write(tmp_path / "ledger", line(1))
    assert stat.S_IMODE((tmp_path / "ledger").stat().st_mode) == 0o600


def test_a_second_writer_is_refused(tmp_path: Path) -> None:
    first = LedgerWriter(tmp_path / "ledger")
    with pytest.raises(LedgerInUse):
        LedgerWriter(tmp_path / "ledger")
    first.close()
    LedgerWriter(tmp_path / "ledger").close()


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (line(1), line(1)),
        (line(1, 0, Verdict.REFUSED), line(1, 0, Verdict.ACCEPTED)),
        (line(1, 0, Verdict.ACCEPTED), line(1, 1)),
        (line(1, 0, Verdict.SILENT), line(1, 1)),
        (line(1, 1, Verdict.ACCEPTED), line(1, 0)),
    ],
    ids=["same", "same refused", "next after accepted", "next after silent", "late earlier attempt"],
)
def test_it_finds_a_submit_that_should_never_have_come(
    tmp_path: Path, first: LedgerLine, second: LedgerLine
) -> None:
    write(tmp_path / "ledger", line(7), first, line(8), second, line(9))
    [double] = find_doubles(tmp_path / "ledger")
    assert (double.first, double.second) == (first, second)


def test_every_repetition_counts(tmp_path: Path) -> None:
    write(tmp_path / "ledger", line(1), line(1), line(1))
    assert len(find_doubles(tmp_path / "ledger")) == 2


@pytest.mark.parametrize("verdict", [Verdict.THROTTLED, Verdict.REFUSED])
def test_a_later_attempt_is_no_double_when_nothing_was_taken(tmp_path: Path, verdict: Verdict) -> None:
    write(tmp_path / "ledger", line(1, 0, verdict), line(1, 1, verdict), line(1, 2), line(11), line(2))
    assert find_doubles(tmp_path / "ledger") == []
