"""One console for the browser tests of a run, and people signed in to it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.browser.console import Console, running_console

# Left to `make screenshots`: consoles of their own, filled and photographed. What is on the pages is looked at by
# `test_every_page.py`.
collect_ignore = [] if "SCREENSHOTS" in os.environ else ["test_screenshots.py"]


@pytest.fixture(scope="session")
def console() -> Iterator[Console]:
    with running_console() as started:
        yield started


@pytest.fixture
def operator_page(console: Console, new_context: Callable[..., BrowserContext]) -> Page:
    return console.sign_in(new_context(), "operator")


@pytest.fixture
def reviewer_page(console: Console, new_context: Callable[..., BrowserContext]) -> Page:
    return console.sign_in(new_context(), "reviewer")
