"""What every test may use: quick settings, empty queues, a browser. The stores come from `tests/stores.py`."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import django_rq
import pytest
from django.conf import settings
from django.core.cache import caches
from django.utils import translation
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright

pytest_plugins = ["tests.people"] if Path(__file__).with_name("people.py").exists() else []

IN_CI = os.environ.get("CI") == "true"
MUST_RUN_IN_CI = ("browser", "faults")
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Root's Chromium has no sandbox; the rest keeps it from talking to anybody but the console.
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_configure() -> None:
    # The manifest would need a collectstatic, and Argon2 takes its time by design.
    settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In CI a browser or fault test that is skipped has failed: nobody would notice otherwise."""
    report = yield
    if IN_CI and report.skipped and any(item.get_closest_marker(name) for name in MUST_RUN_IN_CI):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} may not be skipped with CI=true: {report.longrepr}"
    return report


@pytest.fixture(autouse=True)
def own_language() -> Iterator[None]:
    """Each test begins in the console's language: a page that was asked for in another one leaves it behind."""
    translation.deactivate()
    yield
    translation.deactivate()


@pytest.fixture(autouse=True)
def own_cache() -> None:
    """Each test has a cache of its own: no rate limit remembers another test's attempts."""
    caches["default"].key_prefix = uuid.uuid4().hex


@pytest.fixture(autouse=True)
def nothing_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a process of the interfaces remembers for two seconds, a test changes at once."""
    monkeypatch.setattr("api.sending.remembered.SECONDS", 0.0)


@pytest.fixture
def empty_queues() -> None:
    """No job of an earlier test waits in any queue."""
    for name in settings.RQ_QUEUES:
        django_rq.get_queue(name).empty()


@pytest.fixture(scope="session")
def chromium() -> str:
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    if not found:
        pytest.skip("no Chromium; get one with: apt-get install chromium (or set CHROMIUM to its path)")
    return found


@pytest.fixture(scope="session")
def playwright_session() -> Iterator[Playwright]:
    # Playwright's loop runs in this thread, and Django takes that for asynchronous code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    # A page on a busy machine may take its time.
    expect.set_options(timeout=15_000)
    with sync_playwright() as session:
        yield session


@pytest.fixture(scope="session")
def browser(chromium: str, playwright_session: Playwright) -> Iterator[Browser]:
    launched = playwright_session.chromium.launch(executable_path=chromium, args=CHROMIUM_ARGUMENTS)
    yield launched
    launched.close()


@pytest.fixture
def new_context(browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Opens browser contexts, one per person, and closes them after the test."""
    opened: list[BrowserContext] = []

    def open_context(*, width: int = 1440, height: int = 900) -> BrowserContext:
        context = browser.new_context(viewport={"width": width, "height": height}, locale="en-GB")
        context.set_default_timeout(15_000)
        opened.append(context)
        return context

    yield open_context
    for context in opened:
        context.close()


@pytest.fixture
def page(new_context: Callable[..., BrowserContext]) -> Page:
    """One person's browser at desktop width."""
    return new_context().new_page()
