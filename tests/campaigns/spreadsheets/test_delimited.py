"""Text files: encodings, separators, quotes, line ends."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.spreadsheets import FileRefusal, FileRefused, ParsedRow, RowError
from campaigns.spreadsheets.delimited import Delimited
from smsconsole.lib.types import RefusalReason
from tests.campaigns.spreadsheets.making import BRITAIN, CHINA, parameters, read


def written(path: Path, content: str | bytes, encoding: str = "utf-8") -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path


def refusal_of(path: Path, **options: str) -> FileRefused:
    with pytest.raises(FileRefused) as refused:
        read(path, **options)
    return refused.value


@pytest.mark.parametrize(
    ("encoding", "found"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8"), ("gb18030", "gb18030"), ("utf-16", "utf-16")],
)
def test_it_finds_the_encoding(tmp_path: Path, encoding: str, found: str) -> None:
    path = written(tmp_path / "a.csv", f"手机,姓名\n{CHINA},王小明𠮷\n", encoding)
    assert parameters(path, placeholders=("姓名",)) == [("王小明𠮷",)]
    assert Delimited(path).encoding == found


def test_big_endian_utf_16_is_read_by_its_mark(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", b"\xfe\xff" + f"{CHINA},é".encode("utf-16-be"))
    assert parameters(path, placeholders=("1",)) == [("é",)]


def test_a_chosen_encoding_overrules_the_guess(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", f"{BRITAIN},Müller\n", "cp1252")
    assert parameters(path, placeholders=("1",)) != [("Müller",)]
    assert parameters(path, placeholders=("1",), encoding="cp1252") == [("Müller",)]


@pytest.mark.parametrize("n_rows_before", [0, 200_000])
def test_an_unknown_encoding_is_refused_with_its_line(tmp_path: Path, n_rows_before: int) -> None:
    content = f"{CHINA}\n".encode() * n_rows_before + b"\xff\xff,x\n"
    refusal = refusal_of(written(tmp_path / "a.csv", content))
    assert refusal.reason is FileRefusal.UNKNOWN_ENCODING
    assert refusal.details == {"encodings": "UTF-8, GB18030", "line": n_rows_before + 1}


def test_two_encodings_in_one_file_are_refused(tmp_path: Path) -> None:
    content = f"{CHINA},王\n".encode("gb18030") + f"{CHINA},€\n".encode()
    refusal = refusal_of(written(tmp_path / "a.csv", content))
    assert (refusal.reason, refusal.details["line"]) == (FileRefusal.UNKNOWN_ENCODING, 2)


@pytest.mark.parametrize("binary", ["\0", "\x01", "\x1b"])
def test_binary_characters_are_refused_with_their_line(tmp_path: Path, binary: str) -> None:
    refusal = refusal_of(written(tmp_path / "a.csv", f"{CHINA}\n{CHINA}{binary}\n"))
    assert (refusal.reason, refusal.details) == (FileRefusal.NOT_TEXT, {"line": 2})


def test_a_nul_far_down_is_found(tmp_path: Path) -> None:
    refusal = refusal_of(written(tmp_path / "a.csv", f"{CHINA}\n" * 150_000 + "\0\n"))
    assert (refusal.reason, refusal.details) == (FileRefusal.NOT_TEXT, {"line": 150_001})


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_it_finds_the_separator(tmp_path: Path, separator: str) -> None:
    content = "\n".join(separator.join([f"+8613800138{n:03}", "Hi, you; there", str(n)]) for n in range(30))
    if separator in ",;":
        content = content.replace("Hi, you; there", '"Hi, you; there"')
    path = written(tmp_path / "a.csv", content)
    assert Delimited(path).separator == separator
    assert parameters(path, placeholders=("1", "2"))[7] == ("Hi, you; there", "7")


def test_one_column_needs_no_separator(tmp_path: Path) -> None:
    path = written(tmp_path / "a.txt", f"{CHINA}\n{BRITAIN}\n+1 (415) 555-0123\n")
    assert Delimited(path).separator == ","
    assert len(read(path)) == 3


def test_the_line_that_names_the_separator_is_no_row(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", f"sep=|\r\n{CHINA}|a,b,c\r\n")
    assert read(path, placeholders=("1",)) == [ParsedRow(1, CHINA, "CN", False, ("a,b,c",))]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_lines_end_in_every_way(tmp_path: Path, newline: str) -> None:
    path = written(tmp_path / "a.csv", newline.join([CHINA, "", BRITAIN, ""]))
    assert [each.row_number for each in read(path)] == [1, 3]


def test_a_cell_with_line_breaks_is_one_row_as_in_excel(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", f'{CHINA},"two\r\nlines"\r\n{BRITAIN},"say ""hi"""\r\n')
    assert read(path, placeholders=("1",)) == [
        ParsedRow(1, CHINA, "CN", False, ("two\nlines",)),
        ParsedRow(2, BRITAIN, "GB", False, ('say "hi"',)),
    ]


def test_a_quotation_mark_inside_a_cell_is_only_a_character(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", f'{CHINA},5" screen\n{BRITAIN},"big" one\n')
    assert parameters(path, placeholders=("1",)) == [('5" screen',), ("big one",)]


def test_a_quotation_mark_that_swallows_rows_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", f'{CHINA},ok\n{BRITAIN},"oops\n{CHINA},lost\n{CHINA},lost too\n')
    refusal = refusal_of(path)
    assert (refusal.reason, refusal.details) == (FileRefusal.QUOTES_NOT_CLOSED, {"row": 2})


def test_a_closed_last_cell_with_line_breaks_is_fine(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", f'{CHINA},"a\nb\nc"')
    assert parameters(path, placeholders=("1",)) == [("a\nb\nc",)]


def test_a_quotation_mark_that_swallows_a_whole_file_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", f'{BRITAIN},"oops\n' + f"{CHINA},lost\n" * 5_000)
    refusal = refusal_of(path)
    assert (refusal.reason, refusal.details["row"]) == (FileRefusal.CELL_TOO_LONG, 1)


def test_an_endless_line_is_refused_before_it_is_held_in_memory(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", f"{CHINA}\n".encode() + b"x," * (2 << 20))
    refusal = refusal_of(path)
    assert (refusal.reason, refusal.details["limit"]) == (FileRefusal.LINE_TOO_LONG, 1 << 20)


@pytest.mark.parametrize("content", ["\n\n\r\n", " , ,\n", "\ufeff"])
def test_a_file_of_nothing_but_empty_cells_is_refused(tmp_path: Path, content: str) -> None:
    assert refusal_of(written(tmp_path / "a.csv", content)).reason is FileRefusal.NO_CELLS


def test_columns_beyond_those_asked_for_are_noted(tmp_path: Path) -> None:
    file = Delimited(written(tmp_path / "a.csv", f"{CHINA},a,b,,d\n" + f"{CHINA},a" + ",z" * 70))
    assert len(list(file.rows("", [0, 1]))) == 2
    assert file.other_columns == set(range(2, 72))


def test_columns_in_any_order_come_as_asked(tmp_path: Path) -> None:
    file = Delimited(written(tmp_path / "a.csv", "a,b,c\nd\n"))
    assert list(file.rows("", [2, 0])) == [(1, ["c", "a"]), (2, [None, "d"])]


def test_numbers_damaged_by_excel_are_refused_by_their_reason(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", "8.6138E+12\n8.61380013800E+12\n")
    assert read(path) == [
        RowError(1, "A", "8.6138E+12", RefusalReason.NUMBER_DAMAGED),
        RowError(2, "A", "8.61380013800E+12", RefusalReason.NUMBER_DAMAGED),
    ]


_CELLS = st.text(
    st.characters(codec="gb18030", exclude_categories=["Cc", "Cs", "Zs", "Zl", "Zp"]), max_size=8
)


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(st.lists(_CELLS, min_size=3, max_size=3), min_size=1, max_size=20),
    encoding=st.sampled_from(["utf-8", "utf-16", "gb18030"]),
    separator=st.sampled_from([",", ";", "\t", "|"]),
)
def test_what_csv_writes_is_what_is_read(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]], encoding: str, separator: str
) -> None:
    text = io.StringIO()
    csv.writer(text, delimiter=separator).writerows(rows)
    path = written(tmp_path_factory.mktemp("csv") / "a.csv", text.getvalue(), encoding)
    file = Delimited(path, encoding=encoding, separator=separator)
    expected = [(number, cells) for number, cells in enumerate(rows, start=1) if any(cells)]
    assert list(file.rows("", range(3))) == expected
