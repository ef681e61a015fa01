"""The moving parts of `static/js/console.js` in a real browser, with the console's own CSP in force."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.urls import reverse
from playwright.sync_api import BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import Organization, User
from projects import services
from projects.errors import ProjectDisabled
from projects.models import Project
from tests.factories import PASSWORD, AppKeyFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def nothing_refused(page: Page) -> Iterator[None]:
    """Fails when the browser complains about the page: a violation of the CSP, a script's error, a lost file."""
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    yield
    assert said == []


@pytest.fixture
def at(live_server: LiveServer) -> Callable[..., str]:
    return lambda name, *arguments: live_server.url + reverse(name, args=arguments)


@pytest.fixture
def admin_page(page: Page, at: Callable[..., str], admin: User, nothing_refused: None) -> Page:
    sign_in(page, at, admin)
    return page


def sign_in(page: Page, at: Callable[..., str], user: User) -> None:
    page.goto(at("sign-in"))
    page.get_by_label("E-mail").fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(at("project-list"))


def test_a_dangerous_button_asks_first(admin_page: Page, at: Callable[..., str], project: Project) -> None:
    AppKeyFactory(project=project)
    admin_page.goto(at("project-edit", project.slug))
    admin_page.get_by_role("button", name="Disable project").click()
    dialog = admin_page.get_by_role("dialog")
    expect(dialog).to_contain_text("Disable this project?")
    expect(dialog.get_by_role("button", name="Go back")).to_be_focused()
    admin_page.keyboard.press("Escape")
    project.refresh_from_db()
    assert not project.is_disabled
    admin_page.get_by_role("button", name="Disable project").click()
    dialog.get_by_role("button", name="Disable").click()
    expect(admin_page.get_by_role("status")).to_contain_text("The project is disabled.")
    project.refresh_from_db()
    assert project.is_disabled


def test_a_form_posts_once_however_often_it_is_clicked(
    admin_page: Page, at: Callable[..., str], organization: Organization
) -> None:
    admin_page.goto(at("project-add", organization.uuid))
    admin_page.get_by_label("Project name").fill("Clicked twice")
    posts: list[str] = []
    admin_page.on("request", lambda request: posts.append(request.url) if request.method == "POST" else None)
    admin_page.get_by_role("button", name="Add project").dblclick(no_wait_after=True)
    expect(admin_page.get_by_role("status")).to_contain_text("is ready")
    assert len(posts) == 1


def test_dark_is_remembered_from_page_to_page(admin_page: Page, at: Callable[..., str]) -> None:
    html = admin_page.locator("html")
    expect(html).to_have_attribute("data-bs-theme", "light")
    admin_page.get_by_text("Ada Admin").click()
    admin_page.get_by_role("button", name="Dark").click()
    expect(html).to_have_attribute("data-bs-theme", "dark")
    admin_page.goto(at("password-change"))
    expect(html).to_have_attribute("data-bs-theme", "dark")


def test_the_app_id_is_copied(admin_page: Page, at: Callable[..., str], project: Project) -> None:
    admin_page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    admin_page.goto(at("application-information", project.slug))
    admin_page.get_by_role("button", name="Copy SDK AppID").click()
    expect(admin_page.get_by_role("status")).to_contain_text("Copied")
    assert admin_page.evaluate("navigator.clipboard.readText()") == str(project.sdk_app_id)


def test_a_hidden_tab_does_not_poll_and_asks_when_it_is_shown_again(admin_page: Page) -> None:
    asked: list[str] = []
    admin_page.route(
        "**/poll/", lambda route: (asked.append("poll"), route.fulfill(status=286, body="<b>fresh</b>"))
    )
    hide = "Object.defineProperty(document, 'hidden', {configurable: true, get: () => %s})"
    admin_page.evaluate(hide % "true")
    admin_page.evaluate(
        """() => {
            document.querySelector("main").innerHTML =
                '<div id="poll" hx-get="/poll/" hx-trigger="every 100ms, refresh"></div>';
            htmx.process(document.getElementById("poll"));
            let held = 0;
            document.addEventListener("htmx:beforeRequest", (event) => {
                if (event.defaultPrevented && ++held === 3) document.body.dataset.held = "three times";
            });
        }"""
    )
    expect(admin_page.locator("body")).to_have_attribute("data-held", "three times")
    assert asked == []
    admin_page.evaluate(hide % "false")
    admin_page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(admin_page.locator("#poll")).to_have_text("fresh")


def test_a_single_key_clicks_its_button_but_not_while_typing(admin_page: Page) -> None:
    admin_page.evaluate(
        """() => {
            document.querySelector("main").innerHTML =
                '<input id="field"><button data-shortcut="a" id="approve">Approve</button>' +
                '<input data-shortcut="/" id="search">';
            window.approved = 0;
            document.getElementById("approve").addEventListener("click", () => { window.approved += 1; });
        }"""
    )
    admin_page.keyboard.press("a")
    assert admin_page.evaluate("window.approved") == 1
    admin_page.locator("#field").press("a")
    admin_page.locator("body").press("Control+a")
    assert admin_page.evaluate("window.approved") == 1
    admin_page.evaluate("document.activeElement.blur()")
    admin_page.keyboard.press("/")
    expect(admin_page.locator("#search")).to_be_focused()
    admin_page.evaluate("localStorage.setItem('keys', 'off'); document.activeElement.blur()")
    admin_page.keyboard.press("a")
    assert admin_page.evaluate("window.approved") == 1


def test_the_navigation_opens_on_a_phone_and_nothing_is_wider_than_the_screen(
    new_context: Callable[..., BrowserContext], at: Callable[..., str], project: Project, admin: User
) -> None:
    page = new_context(width=360, height=740).new_page()
    sign_in(page, at, admin)
    page.goto(at("application-information", project.slug))
    side = page.get_by_role("navigation", name="Web shop")
    expect(side).to_be_hidden()
    page.get_by_role("button", name="Open the navigation").click()
    expect(side.get_by_role("link", name="Application information")).to_have_attribute("aria-current", "page")
    side.get_by_role("link", name="Project settings").click()
    page.wait_for_url(at("project-edit", project.slug))
    assert page.evaluate("document.documentElement.scrollWidth") == 360


def test_without_javascript_a_project_is_disabled_all_the_same(
    new_context: Callable[..., BrowserContext],
    at: Callable[..., str],
    project: Project,
    admin: User,
) -> None:
    browser = new_context().browser
    assert browser is not None
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    sign_in(page, at, admin)
    page.goto(at("project-edit", project.slug))
    page.get_by_role("button", name="Disable project").click()
    expect(page.get_by_text("This project is disabled.")).to_be_visible()
    context.close()
    with pytest.raises(ProjectDisabled):
        services.require_enabled(project)
