"""A key of a program in a real browser: made, copied once, used, retired; and a signature that is compared."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from projects.models import ApiKey, Project
from projects.services import add_secret_key
from tests.browser.keys import badly_signed
from tests.factories import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def page(new_context: Callable[..., BrowserContext], live_server: LiveServer, admin: User) -> Page:
    client = Client()
    client.force_login(admin)
    context = new_context()
    cookie = client.cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
    return context.new_page()


def answered(live_server: LiveServer, token: str) -> int:
    """The status that a program with this key gets."""
    url = f"{live_server.url}/api/v1/messages"
    return httpx.get(url, headers={"Authorization": f"Bearer {token}"}, timeout=20).status_code


def test_a_key_is_made_used_and_retired(page: Page, live_server: LiveServer, project: Project) -> None:
    page.goto(live_server.url + reverse("program-keys", args=[project.slug]))
    page.get_by_role("link", name="Add API key").first.click()
    page.get_by_label("Name").fill("Order service")
    page.get_by_label("Read messages, replies and statistics").check()
    page.get_by_label("Expires").select_option("30")
    page.get_by_role("button", name="Add API key").click()
    # Whoever makes a key proves first who they are; what was typed goes on by itself.
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", name="Order service")).to_be_visible()
    token = page.locator(".key-token code").inner_text()
    assert token.startswith("sms_live_")
    page.get_by_role("link", name="I have copied it").click()
    main = page.get_by_role("main")
    expect(main).to_contain_text("messages:read")
    assert token not in page.content()

    assert answered(live_server, token) == 200
    assert answered(live_server, token[:-1] + "!") == 401
    assert ApiKey.objects.get().last_used_from == "127.0.0.1"
    page.reload()
    expect(main).to_contain_text("127.0.0.1")

    page.get_by_role("button", name="Retire Order service").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Programs that use it are refused at once; it was last used now.")
    dialog.get_by_role("button", name="Go back").click()
    assert answered(live_server, token) == 200
    page.get_by_role("button", name="Retire Order service").click()
    dialog.get_by_role("button", name="Retire").click()
    expect(page.locator("body")).to_contain_text("Programs that still use it are refused.")
    assert answered(live_server, token) == 401
    page.get_by_text("Retired keys").click()
    expect(page.locator("details.key-retired")).to_contain_text("Order service")


def test_a_wrong_signature_is_explained(
    page: Page, live_server: LiveServer, project: Project, admin: User
) -> None:
    pair = add_secret_key(project=project, name="Shop", confirmed_at=timezone.now(), by=admin)
    page.goto(live_server.url + reverse("program-keys", args=[project.slug]))
    page.get_by_role("link", name="Signature debugger").click()
    page.get_by_role("textbox", name="Request", exact=True).fill(badly_signed(project, pair))
    page.get_by_role("button", name="Compare").click()
    main = page.get_by_role("main")
    expect(main).to_contain_text("The signature is wrong.")
    expect(main).to_contain_text("Your program signs another Content-Type than it sends")
    expect(page.locator("mark.sig-ours").first).to_have_text(";")
    assert pair.secret not in page.content()
