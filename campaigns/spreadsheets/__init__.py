"""From a stored file to checked rows. No database, no models: a file goes in, recipients and refusals come out."""

from campaigns.spreadsheets.columns import column_letters
from campaigns.spreadsheets.delimited import ENCODINGS, SEPARATORS
from campaigns.spreadsheets.importing import Import, import_rows, inspect_file, read_rows
from campaigns.spreadsheets.refusals import FileRefusal, FileRefused
from campaigns.spreadsheets.types import (
    Chunk,
    FileFacts,
    ImportReport,
    ParsedRow,
    ReadOptions,
    RowError,
    SheetFacts,
)

__all__ = [
    "ENCODINGS",
    "SEPARATORS",
    "Chunk",
    "FileFacts",
    "FileRefusal",
    "FileRefused",
    "Import",
    "ImportReport",
    "ParsedRow",
    "ReadOptions",
    "RowError",
    "SheetFacts",
    "column_letters",
    "import_rows",
    "inspect_file",
    "read_rows",
]
