"""Every page there is, in both languages and at both widths: complete, nothing refused, nothing scrolls sideways."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from tests.browser.album import Album
from tests.browser.gallery import ELSEWHERE, NOT_PAGES, Shown, Who, gallery, page_of
from tests.browser.scene import make_scene
from tests.test_access import TABLE

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.timeout(600)]


@pytest.fixture(autouse=True)
def open_to_all(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path
    settings.HOME_COUNTRY = "CN"
    # Registration and password links need a mail server; the tests' own takes them.
    settings.REGISTRATION_OPEN, settings.EMAIL_URL = True, "set"


def test_every_page_is_whole_in_both_languages(
    live_server: LiveServer, new_context: Callable[..., BrowserContext]
) -> None:
    pages = gallery(make_scene())
    album = Album()
    wanted = re.compile(os.environ.get("PAGES", ""))
    people = {who: album.watch(page_of(who, new_context, live_server.url)) for who in Who}
    for shown in filter(lambda shown: wanted.search(shown.title), pages):
        url = live_server.url + shown.address
        album.visit(people[shown.who], url, shown.title, act=shown.act, status=shown.status)
    assert not album.faults, "\n".join(album.faults)
    assert missing_from(pages) == set()


def missing_from(pages: list[Shown]) -> set[str]:
    """Addresses that answer GET and that nobody has looked at."""
    answered = {name for name, method, *_rest in TABLE if method == "get"}
    own = {name for name in answered if not name.startswith("admin:")}
    return own - NOT_PAGES - ELSEWHERE - {shown.name for shown in pages}
