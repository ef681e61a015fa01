"""`make bench`: runs every measurement, prints one table, writes test-results/bench.json.

`python -m benchmarks imports` runs one module. Exits with 1 when a bound is not kept.
"""

from __future__ import annotations

import json
import os
import platform
import sys
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import TypedDict

import django
from django.core.management import call_command
from django.db import connection

OUTPUT = Path("test-results/bench.json")
DATABASE_SETTINGS = ("server_version", "fsync", "full_page_writes", "synchronous_commit")


class Result(TypedDict):
    """One measured figure and the bound it has to keep; `ok` is None where there is no bound."""

    name: str
    value: float | str
    unit: str
    bound: float | str | None
    ok: bool | None


def modules() -> list[str]:
    found = (module.name for module in iter_modules([str(Path(__file__).parent)]))
    return sorted(name for name in found if not name.startswith("_"))


def main(wanted: list[str]) -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "smsconsole.settings")
    django.setup()
    call_command("migrate", verbosity=0)
    safeties = database_settings()
    print(", ".join(f"{name} {value}" for name, value in safeties.items()), flush=True)
    results: dict[str, list[Result]] = {}
    for name in wanted or modules():
        print(f"measuring {name} …", file=sys.stderr, flush=True)
        module = import_module(f"benchmarks.{name}")
        # A module of fixtures and generators measures nothing by itself.
        if hasattr(module, "run"):
            results[name] = list(module.run())
    print_table(results)
    write(results, safeties)
    return 1 if any(row["ok"] is False for rows in results.values() for row in rows) else 0


def print_table(results: dict[str, list[Result]]) -> None:
    rows = [
        (name, row["name"], show(row["value"]), row["unit"], show(row["bound"]), verdict(row["ok"]))
        for name, measured in results.items()
        for row in measured
    ]
    table = [("", "measured", "value", "unit", "bound", ""), *rows]
    widths = [max(len(row[column]) for row in table) for column in range(6)]
    for row in table:
        cells = [
            cell.rjust(width) if column == 2 else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        print("  ".join(cells).rstrip())


def show(value: float | str | None) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def verdict(ok: bool | None) -> str:
    return {True: "kept", False: "NOT KEPT", None: ""}[ok]


def database_settings() -> dict[str, str]:
    """What the figures were paid with; a measurement without these safeties would be worth nothing."""
    shown: dict[str, str] = {}
    with connection.cursor() as cursor:
        for name in DATABASE_SETTINGS:
            cursor.execute(f"SHOW {name}")
            shown[name] = cursor.fetchone()[0]
    return shown


def write(results: dict[str, list[Result]], safeties: dict[str, str]) -> None:
    OUTPUT.parent.mkdir(exist_ok=True)
    about = {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
    }
    OUTPUT.write_text(
        json.dumps({**about, "postgresql": safeties, "results": results}, indent=2, ensure_ascii=False) + "\n"
    )
    print(f"\nwritten to {OUTPUT}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
