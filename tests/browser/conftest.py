"""One console for all browser tests of a run, and pages that notice what a strict CSP refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.browser.console import Console, running_console

Watched = Callable[[Page], list[str]]


@pytest.fixture(scope="session")
def console() -> Iterator[Console]:
    with running_console() as started:
        yield started


@pytest.fixture
def complaints() -> Watched:
    """Collects what the browser complains about on a page: refused styles and scripts, errors, lost files."""

    def watch(page: Page) -> list[str]:
        found: list[str] = []
        page.on("console", lambda m: found.append(m.text) if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: found.append(str(error)))
        return found

    return watch


@pytest.fixture
def operator_page(console: Console, new_context: Callable[..., BrowserContext]) -> Page:
    return console.sign_in(new_context(), "operator")
