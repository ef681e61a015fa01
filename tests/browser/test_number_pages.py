"""Looking up a number and settling uncertain messages in a browser; how pages look is tested with all others."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import BrowserContext, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from delivery.models import Message
from delivery.statuses import MessageStatus
from tests.browser.gallery import Who, page_of
from tests.browser.numbers import make_stories
from tests.browser.scene import make_scene

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def own_files(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT, settings.HOME_COUNTRY = tmp_path, "CN"


def test_a_number_is_looked_up_and_an_uncertain_message_sent_again(
    live_server: LiveServer, new_context: Callable[..., BrowserContext]
) -> None:
    scene = make_scene()
    stories = make_stories(scene)
    page = page_of(Who.PERSON, new_context, live_server.url)
    page.goto(live_server.url + reverse("campaign-list", args=[scene.project.slug]))
    page.get_by_role("link", name="Look up a number").click()
    page.get_by_label("Number").fill(stories.number)
    page.get_by_role("button", name="Look it up").click()
    expect(page.get_by_role("heading", name="+49 151 **** 0100")).to_be_visible()
    expect(page.locator("main")).to_contain_text("Please ring twice.")
    assert stories.number.removeprefix("+") not in page.url
    page.get_by_role("link", name="The page of this message").click()
    expect(page.locator(".phone-text")).to_contain_text("your order to Berlin")

    page.get_by_role("link", name="Uncertain").click()
    page.locator(f"[name=message][value='{stories.uncertain}']").check()
    page.get_by_role("button", name="Send again").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Some of these people may get the message twice")
    dialog.get_by_role("button", name="Send again").click()
    expect(page.locator("#toasts")).to_contain_text("1 message is sent once more.")
    again = Message.objects.get(pk=stories.uncertain)
    assert (again.status, again.may_be_double, again.attempt) == (MessageStatus.QUEUED, True, 2)
