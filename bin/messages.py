"""The words of the console in its other languages: collect, count what is missing, compile.

    python bin/messages.py update    put every message of code and pages into locale/, keep what is translated
    python bin/messages.py check     fail when a message is missing, a placeholder is lost, or a .mo file is old
    python bin/messages.py compile   write the .mo files that the console reads

A message is what stands in `_()`, `ngettext()` … or `{% translate %}`, `{% blocktranslate %}`. The .mo files are kept
in the repository, so that running the console needs neither this program nor gettext.
"""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import django
from babel.messages import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_javascript, extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings

ROOT = Path(__file__).resolve().parent.parent
APPS = (
    "accounts", "api", "audit", "billing", "campaigns", "delivery", "notifications", "projects", "smsconsole",
    "templates_app",
)  # fmt: skip
LANGUAGES = ("zh_Hans",)
KEYWORDS = {
    **DEFAULT_KEYWORDS,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
}
# %(name)s and %s; {{ name }} becomes %(name)s when a page is read.
PLACEHOLDER = re.compile(r"%\([a-z_]+\)[sd]|%[sd]|%%")


def po_file(language: str) -> Path:
    return ROOT / "locale" / language / "LC_MESSAGES" / "django.po"


def collect() -> Catalog:
    """Every message, in the order of the files that use it."""
    catalog = Catalog(project="SMS Console", charset="utf-8")
    for path in sorted(_sources()):
        place = path.relative_to(ROOT).as_posix()
        for function, words in _messages(path):
            texts = [words] if isinstance(words, str) else list(words)
            context = texts.pop(0) if "pgettext" in function else None
            several = "ngettext" in function
            catalog.add(tuple(texts[:2]) if several else texts[0], locations=[(place, None)], context=context)
    return catalog


def _sources() -> Iterator[Path]:
    for app in APPS:
        yield from (path for path in (ROOT / app).rglob("*.py") if "migrations" not in path.parts)
    yield from (path for path in (ROOT / "templates").rglob("*") if path.suffix in (".html", ".txt"))


def _messages(path: Path) -> Iterator[tuple[str, str | tuple[str, ...]]]:
    from django.utils.translation.template import templatize

    if path.suffix == ".py":
        found = extract_python(io.BytesIO(path.read_bytes()), list(KEYWORDS), [], {})
    else:
        # Django turns a page into calls of gettext between blanked-out text; the lexer of a language without
        # indentation reads that best.
        found = extract_javascript(
            io.BytesIO(templatize(path.read_text("utf-8")).encode()), list(KEYWORDS), [], {}
        )
    for _line, function, words, _comments in found:
        if function and words:
            yield function, words


def read(language: str) -> Catalog:
    path = po_file(language)
    if not path.exists():
        return Catalog(locale=language, project="SMS Console", charset="utf-8")
    with path.open("rb") as file:
        return read_po(file, locale=language)


def update() -> None:
    for language in LANGUAGES:
        catalog = read(language)
        catalog.update(collect(), no_fuzzy_matching=True)
        catalog.obsolete.clear()
        catalog.header_comment = (
            f"# The console's words in {catalog.locale.get_display_name('en')}. See bin/messages.py."
        )
        catalog.fuzzy = False
        # Dates would make every update a change.
        catalog.revision_date = catalog.creation_date = datetime(2026, 1, 1, tzinfo=UTC)
        path = po_file(language)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            write_po(file, catalog, width=0, omit_header=False, include_lineno=False, sort_by_file=True)


def compile_all() -> None:
    for language in LANGUAGES:
        po_file(language).with_suffix(".mo").write_bytes(compiled(read(language)))


def compiled(catalog: Catalog) -> bytes:
    into = io.BytesIO()
    write_mo(into, catalog)
    return into.getvalue()


def problems() -> list[str]:
    """What keeps the catalogs from being complete, in words."""
    wanted = {(message.context, _key(message)) for message in collect() if message.id}
    found = []
    for language in LANGUAGES:
        catalog = read(language)
        translated = {(m.context, _key(m)) for m in catalog if m.id and _is_translated(m) and not m.fuzzy}
        found += [
            f"{language}: not translated: {key!r}" for _context, key in sorted(wanted - translated, key=str)
        ]
        found += [
            f"{language}: nobody says it any more: {k!r}" for _c, k in sorted(translated - wanted, key=str)
        ]
        found += [f"{language}: placeholders differ: {m.id!r}" for m in catalog if m.id and _differs(m)]
        mo = po_file(language).with_suffix(".mo")
        if not mo.exists() or mo.read_bytes() != compiled(catalog):
            found.append(f"{language}: {mo.name} is not compiled from {po_file(language).name}")
    return found


def _key(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def _is_translated(message: Message) -> bool:
    strings = [message.string] if isinstance(message.string, str) else list(message.string)
    return bool(strings) and all(strings)


def _differs(message: Message) -> bool:
    """Whether a placeholder is missing or made up. Of two forms the plural one has them all."""
    if not _is_translated(message):
        return False
    wanted = sorted(PLACEHOLDER.findall(message.id if isinstance(message.id, str) else message.id[-1]))
    strings = [message.string] if isinstance(message.string, str) else message.string
    return any(sorted(PLACEHOLDER.findall(string)) != wanted for string in strings)


def main(arguments: list[str]) -> int:
    settings.configure(USE_I18N=True)
    django.setup()
    if arguments == ["update"]:
        update()
    elif arguments == ["compile"]:
        compile_all()
    elif arguments == ["check"]:
        found = problems()
        sys.stdout.writelines(f"{line}\n" for line in found)
        return 1 if found else 0
    else:
        sys.stderr.write(__doc__ or "")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
