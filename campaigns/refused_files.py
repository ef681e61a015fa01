"""Why a whole file was refused and what to do about it, in words for people."""

from __future__ import annotations

from typing import Final, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from campaigns.spreadsheets.refusals import FileRefusal, FileRefused


class RefusedFile(NamedTuple):
    """A refusal to show, to store and to print as JSON."""

    reason: str
    sentence: str
    advice: str


def describe_refusal(refusal: FileRefused) -> RefusedFile:
    words = _WORDS[refusal.reason]
    details = dict(refusal.details)
    if "content" in details:
        details["content"] = str(_CONTENT_WORDS[str(details["content"])])
    return RefusedFile(refusal.reason.value, str(words.sentence) % details, str(words.advice) % details)


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
_CONTENT_WORDS: Final[dict[str, str | Promise]] = {
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
