"""Workbooks that the console writes. Nothing here reads or changes the database."""

from campaigns.workbooks.exports import write_rows
from campaigns.workbooks.recipient_template import write_recipient_template
from campaigns.workbooks.results import ResultColumnsDoNotFit, write_result_workbook
from campaigns.workbooks.types import ResultSource, RowResult

__all__ = [
    "ResultColumnsDoNotFit",
    "ResultSource",
    "RowResult",
    "write_recipient_template",
    "write_result_workbook",
    "write_rows",
]
