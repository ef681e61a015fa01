"""Why a whole file is refused. The words for people are in `campaigns.refused_files`."""

from __future__ import annotations

from enum import StrEnum


class FileRefusal(StrEnum):
    """Codes of refused files. They are stored and exported: add, never rename."""

    # What the file is
    EMPTY_FILE = "empty_file"
    OLD_EXCEL = "old_excel"
    BINARY_WORKBOOK = "binary_workbook"
    OPEN_DOCUMENT = "open_document"
    STRICT_WORKBOOK = "strict_workbook"
    HAS_MACROS = "has_macros"
    PASSWORD_PROTECTED = "password_protected"  # nosec B105 # noqa: S105 - a reason, no secret
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


class FileRefused(Exception):
    """The whole file is refused: a reason, and the details that its sentence mentions.

    It can come up after rows were handed out, for what is only seen further down or at the end of the file.
    """

    def __init__(self, reason: FileRefusal, **details: str | int) -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.details = details
