"""The file of *Download template*: what an upload should look like."""

from __future__ import annotations

from collections.abc import Sequence
from typing import IO, Final

from django.utils.translation import gettext as _

from campaigns.workbooks.plain import streaming_workbook
from smsconsole.lib.types import Region

_NUMBER_WIDTH: Final = 22.0
_PARAMETER_WIDTH: Final = 18.0
_NOTES_WIDTH: Final = 100.0


def write_recipient_template(
    stream: IO[bytes],
    *,
    columns: Sequence[str],
    example_rows: Sequence[Sequence[str]],
    region: Region,
    notes: Sequence[str],
) -> None:
    """A sheet with exactly these columns, the number's first, and a second one with the format notes.

    All columns are formatted as text, so that what is typed or pasted keeps its plus and its leading zeros.
    """
    widths = [_NUMBER_WIDTH] + [_PARAMETER_WIDTH] * (len(columns) - 1)
    with streaming_workbook(stream) as workbook:
        sheet = workbook.add_sheet(_("Recipients"), widths=widths)
        sheet.freeze_panes(1, 0)
        workbook.write_row(sheet, 0, columns, cell_format=workbook.bold)
        for row, example in enumerate(example_rows, start=1):
            workbook.write_row(sheet, row, example)
        notes_sheet = workbook.add_sheet(_("Format notes"), widths=[_NOTES_WIDTH])
        workbook.write_row(notes_sheet, 0, [_region_note(region)], cell_format=workbook.bold)
        for row, note in enumerate(notes, start=1):
            workbook.write_row(notes_sheet, row, [str(note)], cell_format=workbook.wrapped)


def _region_note(region: Region) -> str:
    if region is Region.DOMESTIC:
        return _("For a domestic campaign: numbers of the home country only.")
    return _("For an international campaign: numbers of every country but the home country.")
