"""Why a whole file is refused, in codes for programs and sentences for people."""

from __future__ import annotations

from enum import StrEnum
from typing import Final, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class FileRefusal(StrEnum):
    """Codes of refused files. They are stored and exported: add, never rename."""

    # What the file is
    EMPTY_FILE = "empty_file"
    OLD_EXCEL = "old_excel"
    BINARY_WORKBOOK = "binary_workbook"
    OPEN_DOCUMENT = "open_document"
    STRICT_WORKBOOK = "strict_workbook"
    HAS_MACROS = "has_macros"
    PASSWORD_PROTECTED = "password_protected"  # noqa: S105 - a reason, no secret
    WRONG_EXTENSION = "wrong_extension"
    NOT_A_SPREADSHEET = "not_a_spreadsheet"

    # What is broken in a workbook
    TRUNCATED = "truncated"
    DAMAGED_ARCHIVE = "damaged_archive"
    DAMAGED_PART = "damaged_part"
    MISSING_PART = "missing_part"
    MISSING_TEXT = "missing_text"
    ROWS_OUT_OF_ORDER = "rows_out_of_order"

    # What would harm us
    XML_ENTITIES = "xml_entities"
    TOO_MANY_PARTS = "too_many_parts"
    UNPACKS_TOO_LARGE = "unpacks_too_large"
    TOO_MUCH_MEMORY = "too_much_memory"
    TOO_SLOW = "too_slow"
    READER_DIED = "reader_died"

    # What is in it
    NO_CELLS = "no_cells"
    NO_ROWS = "no_rows"
    NO_SUCH_SHEET = "no_such_sheet"
    TOO_MANY_ROWS = "too_many_rows"

    # Text files
    UNKNOWN_ENCODING = "unknown_encoding"
    NOT_TEXT = "not_text"
    LINE_TOO_LONG = "line_too_long"
    CELL_TOO_LONG = "cell_too_long"
    QUOTES_NOT_CLOSED = "quotes_not_closed"


class _Words(NamedTuple):
    sentence: str | Promise
    advice: str | Promise


_SAVE_AS_XLSX: Final = _("Open it in your spreadsheet program and save it as Excel Workbook (.xlsx) or CSV.")
_SAVE_AGAIN: Final = _(
    "Open it in your spreadsheet program, save it again as Excel Workbook (.xlsx) and upload that copy."
)
_UPLOAD_AGAIN: Final = _("Fetch or export the file again and upload it again.")
_SPLIT: Final = _("Split it into several files.")

_WORDS: Final[dict[FileRefusal, _Words]] = {
    FileRefusal.EMPTY_FILE: _Words(_("The file is empty: it holds no bytes."), _UPLOAD_AGAIN),
    FileRefusal.OLD_EXCEL: _Words(
        _("The file is a workbook of Excel 97-2003 (.xls), whatever its name ends with."), _SAVE_AS_XLSX
    ),
    FileRefusal.BINARY_WORKBOOK: _Words(_("The file is a binary workbook (.xlsb)."), _SAVE_AS_XLSX),
    FileRefusal.OPEN_DOCUMENT: _Words(_("The file is an OpenDocument spreadsheet (.ods)."), _SAVE_AS_XLSX),
    FileRefusal.STRICT_WORKBOOK: _Words(
        _("The file is a Strict Open XML workbook."),
        _("Save it as Excel Workbook (.xlsx), not as Strict Open XML Spreadsheet."),
    ),
    FileRefusal.HAS_MACROS: _Words(
        _("The workbook holds macros (%(part)s). Workbooks with programs in them are not opened."),
        _("Save it as Excel Workbook (.xlsx), which leaves the macros behind."),
    ),
    FileRefusal.PASSWORD_PROTECTED: _Words(
        _("The file is encrypted with a password."), _("Remove the password in Excel and save it again.")
    ),
    FileRefusal.WRONG_EXTENSION: _Words(
        _("The file is called %(extension)s, but its content is %(content)s."),
        _("Rename it so that it ends with %(right)s and upload it again."),
    ),
    FileRefusal.NOT_A_SPREADSHEET: _Words(_("The file is %(content)s, not a spreadsheet."), _SAVE_AS_XLSX),
    FileRefusal.TRUNCATED: _Words(
        _("The end of the workbook is missing: its upload or download was cut short."), _UPLOAD_AGAIN
    ),
    FileRefusal.DAMAGED_ARCHIVE: _Words(_("The workbook's archive is damaged (%(detail)s)."), _UPLOAD_AGAIN),
    FileRefusal.DAMAGED_PART: _Words(
        _("The workbook is damaged: %(part)s cannot be understood (%(detail)s)."), _SAVE_AGAIN
    ),
    FileRefusal.MISSING_PART: _Words(_("The workbook is incomplete: it lacks %(part)s."), _SAVE_AGAIN),
    FileRefusal.MISSING_TEXT: _Words(
        _("Cell %(cell)s refers to a text that the workbook does not hold."), _SAVE_AGAIN
    ),
    FileRefusal.ROWS_OUT_OF_ORDER: _Words(
        _("The sheet's rows are not in order: row %(row)s comes after row %(previous)s."), _SAVE_AGAIN
    ),
    FileRefusal.XML_ENTITIES: _Words(
        _("The workbook declares entities in %(part)s. No spreadsheet program writes them."), _SAVE_AGAIN
    ),
    FileRefusal.TOO_MANY_PARTS: _Words(
        _("The workbook consists of %(n)s parts; at most %(limit)s are opened."),
        _("Copy the recipients into a new workbook."),
    ),
    FileRefusal.UNPACKS_TOO_LARGE: _Words(
        _("The workbook unpacks to more than %(limit)s (%(part)s)."), _SPLIT
    ),
    FileRefusal.TOO_MUCH_MEMORY: _Words(
        _("Reading the file needs more memory than a file may use (%(limit)s)."), _SPLIT
    ),
    FileRefusal.TOO_SLOW: _Words(
        _("Reading the file takes longer than a file may take (%(limit)s seconds)."), _SPLIT
    ),
    FileRefusal.READER_DIED: _Words(
        _("The reader stopped while it read the file (%(detail)s)."), _SAVE_AGAIN
    ),
    FileRefusal.NO_CELLS: _Words(
        _("The file has no filled cells."), _("Put the numbers in the first column and save it again.")
    ),
    FileRefusal.NO_ROWS: _Words(
        _("Below the headings in row %(row)s there is nothing."),
        _("Put the recipients below the headings, or say that the file has none."),
    ),
    FileRefusal.NO_SUCH_SHEET: _Words(
        _("The workbook has no sheet called %(sheet)s."), _("Choose one of its sheets: %(sheets)s.")
    ),
    FileRefusal.TOO_MANY_ROWS: _Words(_("The file has more than %(limit)s rows."), _SPLIT),
    FileRefusal.UNKNOWN_ENCODING: _Words(
        _("The text is not in %(encodings)s: line %(line)s holds bytes that mean nothing there."),
        _("Save it as CSV UTF-8, or choose the encoding it was written in."),
    ),
    FileRefusal.NOT_TEXT: _Words(
        _("The file is not a text file: line %(line)s holds binary characters."), _SAVE_AS_XLSX
    ),
    FileRefusal.LINE_TOO_LONG: _Words(
        _("Line %(line)s is longer than %(limit)s characters."),
        _("Check that every recipient stands in a line of its own."),
    ),
    FileRefusal.CELL_TOO_LONG: _Words(
        _("A cell of row %(row)s is longer than %(limit)s characters."),
        _("Check whether a quotation mark is not closed."),
    ),
    FileRefusal.QUOTES_NOT_CLOSED: _Words(
        _(
            "A quotation mark that opens in row %(row)s is never closed; the rows after it cannot be told apart."
        ),
        _("Close or remove the quotation mark."),
    ),
}

# What a file turns out to be; also used where its name says something else.
CONTENT_WORDS: Final[dict[str, str | Promise]] = {
    "xlsx": _("an Excel workbook (.xlsx)"),
    "csv": _("a text file (.csv)"),
    "pdf": _("a PDF document"),
    "image": _("a picture"),
    "html": _("a web page (HTML)"),
    "xml": _("an XML document"),
    "rtf": _("a rich text document"),
    "word": _("a Word document"),
    "powerpoint": _("a PowerPoint presentation"),
    "numbers": _("an Apple Numbers or Pages document"),
    "zip": _("a ZIP archive without a workbook in it"),
    "archive": _("a compressed archive"),
    "ole": _("a document of an old Office program"),
    "program": _("a program"),
}


class FileRefused(Exception):
    """The whole file is refused: `reason` for programs, `sentence` and `advice` for people.

    It can come up after rows were handed out, for what is only seen further down or at the end of the file.
    """

    def __init__(self, reason: FileRefusal, **details: str | int) -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.details = details

    def __str__(self) -> str:
        return self.sentence

    @property
    def sentence(self) -> str:
        return str(_WORDS[self.reason].sentence) % self._words()

    @property
    def advice(self) -> str:
        return str(_WORDS[self.reason].advice) % self._words()

    def _words(self) -> dict[str, str | int]:
        content = self.details.get("content")
        if content is None:
            return self.details
        return {**self.details, "content": str(CONTENT_WORDS[str(content)])}

    def as_dict(self) -> dict[str, object]:
        """For storing and for JSON."""
        return {"reason": self.reason.value, "sentence": self.sentence, "advice": self.advice}
