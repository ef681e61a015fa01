"""`manage.py read_recipients FILE`: what an import of this file would take and refuse. Nothing is stored."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, Final

import phonenumbers
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from campaigns.reasons import REASONS
from campaigns.refused_files import describe_refusal
from campaigns.spreadsheets import FileRefused, Import, ParsedRow, ReadOptions, RowError, import_rows

EXIT_REFUSED: Final = 1
EXIT_WRONG_CALL: Final = 2
_N_SHOWN_ERRORS: Final = 20


class Command(BaseCommand):
    help = (
        "Say what an import of a file of recipients would take and refuse, with reasons. Nothing is stored."
    )
    # It needs neither database nor queue.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="an .xlsx or .csv file")
        parser.add_argument("--country", help="country of numbers in national form, such as DE")
        parser.add_argument("--sheet", help="the sheet to read; else the first visible one that has cells")
        parser.add_argument("--json", action="store_true", help="one JSON object as the last line")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        country = options["country"].upper() if options["country"] else None
        if not path.is_file():
            raise CommandError(_("There is no file %s.") % path, returncode=EXIT_WRONG_CALL)
        if country is not None and country not in phonenumbers.SUPPORTED_REGIONS:
            raise CommandError(_("There is no country %s.") % country, returncode=EXIT_WRONG_CALL)
        try:
            verdict = self._read(
                path,
                # Neither text nor campaign is known here: any number is taken, parameters as they come.
                ReadOptions(sheet=options["sheet"], default_country=country, placeholders=None),
                is_quiet=options["json"],
            )
        except OSError as error:
            raise CommandError(str(error), returncode=EXIT_WRONG_CALL) from error
        except FileRefused as refusal:
            words = describe_refusal(refusal)
            if options["json"]:
                self._write_json({"file": path.name, "refused": words._asdict()})
            raise CommandError(f"{words.sentence} {words.advice}", returncode=EXIT_REFUSED) from refusal
        if options["json"]:
            self._write_json(verdict)

    def _write_json(self, verdict: dict[str, Any]) -> None:
        self.stdout.write(json.dumps(verdict, ensure_ascii=False))

    def _read(self, path: Path, options: ReadOptions, *, is_quiet: bool) -> dict[str, Any]:
        duplicates = _DuplicateCount()
        errors: list[RowError] = []
        with import_rows(path, options, original_name=path.name) as reading:
            for chunk in reading.chunks():
                for row in chunk.rows:
                    duplicates.add(row)
                errors += chunk.errors[: _N_SHOWN_ERRORS - len(errors)]
        if not is_quiet:
            self._show(path, reading, duplicates, errors)
        return _verdict(path, reading, duplicates)

    def _show(self, path: Path, reading: Import, duplicates: _DuplicateCount, errors: list[RowError]) -> None:
        facts, report = reading.facts, reading.report
        place = facts.sheet if facts.kind == "xlsx" else f"{facts.encoding}, {facts.separator!r}"
        self.stdout.write(f"{path.name}: {facts.kind} ({place})")
        lines: list[tuple[str, object]] = [
            (_("Header row"), report.header_row or "-"),
            (_("Number column"), reading.plan.titles[0]),
            (_("Parameter columns"), ", ".join(reading.plan.titles[1:]) or "-"),
            (_("Columns not read"), ", ".join(report.surplus_columns) or "-"),
            (_("Rows"), report.n_rows),
            (_("Taken"), report.n_taken),
            (_("of them landlines"), report.n_landlines),
            (_("of them the same number and parameters again"), duplicates.n_duplicates),
            (_("Refused"), report.n_refused),
        ]
        for title, value in lines:
            self.stdout.write(f"  {title:<46} {value}")
        for reason, n_rows in sorted(report.by_reason.items(), key=lambda item: -item[1]):
            self.stdout.write(f"    {REASONS[reason].label!s:<44} {n_rows}")
        for error in errors:
            self.stdout.write(
                f"  {_('row')} {error.row_number}, {error.column}: {error.value!r} - {REASONS[error.reason].label}"
            )


class _DuplicateCount:
    """Rows with a number and parameters that came before. Hashes are kept, not rows: 1 000 000 take 60 MB."""

    def __init__(self) -> None:
        self._seen: set[int] = set()
        self.n_duplicates = 0

    def add(self, row: ParsedRow) -> None:
        key = hash((row.msisdn, row.parameters))
        if key in self._seen:
            self.n_duplicates += 1
        else:
            self._seen.add(key)


def _verdict(path: Path, reading: Import, duplicates: _DuplicateCount) -> dict[str, Any]:
    facts, report = reading.facts, reading.report
    return {
        "file": path.name,
        "kind": facts.kind,
        "sheet": facts.sheet,
        "encoding": facts.encoding,
        "separator": facts.separator,
        "header_row": report.header_row,
        "number_column": reading.plan.titles[0],
        "parameter_columns": list(reading.plan.titles[1:]),
        "surplus_columns": report.surplus_columns,
        "n_columns_beyond": report.n_columns_beyond,
        "rows": report.n_rows,
        "taken": report.n_taken,
        "refused": report.n_refused,
        "by_reason": {reason.value: n for reason, n in sorted(report.by_reason.items())},
        "landlines": report.n_landlines,
        "duplicates": duplicates.n_duplicates,
        "hidden_rows": report.n_hidden_rows,
        "is_sheet_hidden": report.is_sheet_hidden,
    }
