"""Small files that people choose in a form."""

from __future__ import annotations

from typing import IO

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from projects.errors import ProjectsError
from smsconsole.lib.small_tables import TableProblem, TableRefused, TableRow, read_table

FILE_MAX_BYTES = 20 << 20

_WORDS: dict[TableProblem, str | Promise] = {
    TableProblem.TOO_LARGE: gettext_lazy("The file is too large. Split it; 20 MB are read at most."),
    TableProblem.UNREADABLE: gettext_lazy(
        "The file cannot be read: it is damaged, protected by a password, or neither text nor a workbook. "
        "Save it as .xlsx or .csv and choose it again."
    ),
    TableProblem.OLD_WORKBOOK: gettext_lazy(
        "This is a workbook of the old format (.xls) or one with a password. Save it as .xlsx without one."
    ),
    TableProblem.EMPTY: gettext_lazy("The file holds no line. Choose another one."),
}


def read_upload(file: IO[bytes], *, max_rows: int) -> list[TableRow]:
    """The rows of a chosen file. Raises `ProjectsError` with words for its field."""
    try:
        return read_table(file, max_bytes=FILE_MAX_BYTES, max_rows=max_rows)
    except TableRefused as error:
        if error.problem == TableProblem.TOO_MANY_ROWS:
            words = _("The file holds more than %(max)s lines. Split it.") % {"max": f"{max_rows:,}"}
        else:
            words = str(_WORDS[error.problem])
        raise FileRefused(words) from None


class FileRefused(ProjectsError):
    """The file as a whole was not read."""
