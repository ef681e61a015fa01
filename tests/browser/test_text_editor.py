"""The editor of texts in a real browser: marks in the text itself, sample values, replacing, samples."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from projects.models import Project
from tests.people import ClientOf

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def at(live_server: LiveServer) -> Callable[..., str]:
    return lambda name, *arguments: live_server.url + reverse(name, args=arguments)


@pytest.fixture
def editor(
    page: Page, at: Callable[..., str], client_of: ClientOf, operator: User, project: Project
) -> Iterator[Page]:
    """The editor of a new body template, of a signed-in operator; fails when the browser complains."""
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    cookie = client_of(operator).cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": at("project-list")}])
    page.goto(at("body-template-create", project.slug))
    yield page
    assert said == []


def marks(page: Page, look: str) -> list[str]:
    return page.locator(f".marked-behind mark.mark-{look}").all_text_contents()


def test_findings_are_marked_in_the_text_and_move_along_with_it(editor: Page) -> None:
    text = editor.get_by_label("Text", exact=True)
    text.fill("Hello {1}{2} ★ there, friend")
    expect(editor.locator(".marked-behind mark.mark-hard")).to_have_text("{1}{2}")
    expect(editor.locator(".marked-behind mark.mark-soft")).to_have_text("★")
    text.press("Home")
    # Before the server has answered again, the marks stand where their words are now.
    editor.route("**/preview/", lambda route: route.abort())
    text.press_sequentially("Oh ")
    assert marks(editor, "hard") == ["{1}{2}"]
    assert editor.locator(".marked-behind").text_content().startswith("Oh Hello {1}{2}")
    editor.unroute("**/preview/")


def test_the_marks_lie_exactly_behind_their_letters(editor: Page) -> None:
    text = editor.get_by_label("Text", exact=True)
    text.fill("A long line of words that has to wrap in the field, so that places differ. " * 4 + "{1}{2}")
    expect(editor.locator(".marked-behind mark.mark-hard")).to_have_text("{1}{2}")
    heights = editor.evaluate(
        """() => {
            const field = document.querySelector("[data-editor-text]");
            const behind = document.querySelector(".marked-behind");
            const style = (one) => {
                const {fontFamily, fontSize, lineHeight, letterSpacing, paddingLeft, paddingTop} =
                    getComputedStyle(one);
                return [fontFamily, fontSize, lineHeight, letterSpacing, paddingLeft, paddingTop, one.clientWidth];
            };
            return [style(field), style(behind), field.scrollHeight, behind.scrollHeight];
        }"""
    )
    assert heights[0] == heights[1]
    assert heights[2] == heights[3]


def test_a_finding_leads_to_its_place_and_its_rule(editor: Page) -> None:
    text = editor.get_by_label("Text", exact=True)
    text.fill("🎉 Hello {1}{2}, welcome here")
    editor.get_by_role("button", name="Show the place").first.click()
    chosen = editor.evaluate(
        "() => { const f = document.querySelector('[data-editor-text]');"
        " return f.value.slice(f.selectionStart, f.selectionEnd) }"
    )
    assert chosen == "{1}{2}"
    # A click on what is just being drawn anew leads nowhere.
    editor.wait_for_load_state("networkidle")
    editor.get_by_role("link", name="The rule").first.click()
    expect(editor.locator("#adjacent-variables")).to_be_in_viewport()


def test_sample_values_drive_the_preview_and_keep_the_cursor(editor: Page) -> None:
    editor.get_by_label("Text", exact=True).fill("Hello {1}, your order to {2} left.")
    value = editor.get_by_label("2", exact=True)
    value.fill("Rome")
    expect(editor.locator(".phone-text")).to_contain_text("your order to Rome left.")
    expect(value).to_be_focused()
    value.fill("https://evil.example")
    expect(editor.locator(".sample-problem")).to_contain_text("may not contain a link")


def test_a_character_that_forces_ucs2_is_marked_and_replaced(editor: Page) -> None:
    text = editor.get_by_label("Text", exact=True)
    text.fill("Hello “{1}”, your order left.")
    expect(editor.locator(".marked-behind mark.mark-forcing").first).to_have_text("“")
    editor.get_by_role("button", name="Replace", exact=True).first.click()
    expect(text).to_have_value('Hello "{1}”, your order left.')
    expect(editor.get_by_role("button", name="Replace", exact=True)).to_have_count(1)
    editor.get_by_role("button", name="Replace", exact=True).click()
    expect(text).to_have_value('Hello "{1}", your order left.')
    expect(editor.locator(".meter")).to_contain_text("GSM-7")


def test_a_sample_is_one_click_and_never_eats_own_words(editor: Page) -> None:
    text = editor.get_by_label("Text", exact=True)
    editor.get_by_role("link", name="Sign-in code").click()
    expect(text).to_have_value(
        "Your login verification code is {1}, which is valid for {2} minutes. "
        "If you are not using our service, ignore the message."
    )
    expect(editor.get_by_label("Verification code")).to_be_checked()
    expect(editor.locator(".rules-pass")).to_be_visible()
    text.fill("My own words for {1} here")
    with editor.context.expect_page() as opened:
        editor.get_by_role("link", name="Waiting number").click()
    opened.value.close()
    expect(text).to_have_value("My own words for {1} here")


@pytest.mark.parametrize("name", ["body-template-create", "signature-create", "sender-id-create"])
def test_an_editor_full_of_findings_is_accessible(
    editor: Page, at: Callable[..., str], project: Project, name: str
) -> None:
    editor.goto(at(name, project.slug))
    editor.locator("[data-editor-text]").fill("A “b” ★{1}{2}")
    expect(editor.locator(".findings li").first).to_be_visible()
    assert serious_findings(editor) == []


@pytest.mark.parametrize("name", ["signature-rules", "template-rules", "sender-id-rules"])
def test_a_page_of_rules_is_accessible_and_fits_a_phone(
    editor: Page, at: Callable[..., str], name: str
) -> None:
    editor.goto(at(name))
    assert serious_findings(editor) == []
    editor.set_viewport_size({"width": 360, "height": 800})
    assert editor.evaluate("document.querySelector('main').scrollWidth <= 360")


def serious_findings(page: Page) -> list[str]:
    violations = Axe().run(page).response["violations"]
    return [one["id"] for one in violations if one["impact"] in ("serious", "critical")]
