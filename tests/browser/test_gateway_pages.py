"""Setting up a gateway, a route and a code in a real browser; how the pages look is tested with all others."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from delivery.models import Gateway, GatewayExchange, Route
from delivery.services import ensure_simulated_gateway
from projects.models import Project
from tests.people import note_in_session

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def page(new_context: Callable[..., BrowserContext], live_server: LiveServer, staff: User) -> Page:
    """Of platform staff, signed in with the second factor."""
    client = Client()
    client.force_login(staff)
    note_in_session(client, staff, method="mfa", type="totp")
    context = new_context()
    cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}
    context.add_cookies([cookie])
    return context.new_page()


def test_a_line_is_set_up_and_gets_a_route(page: Page, live_server: LiveServer, project: Project) -> None:
    ensure_simulated_gateway()
    page.goto(live_server.url + reverse("staff-gateway-list"))
    page.get_by_role("link", name="Add gateway").click()
    page.get_by_role("link", name="SMPP line").click()
    page.get_by_label("Name", exact=True).fill("Operator line")
    page.get_by_label("Host").fill("smsc.example.com")
    page.get_by_role("button", name="Add gateway").click()
    # What is missing is said at the field; what was typed is still there.
    expect(page.get_by_text("“System ID” is missing.")).to_be_visible()
    expect(page.get_by_label("Host")).to_have_value("smsc.example.com")
    page.get_by_label("System ID").fill("acme")
    page.get_by_label("Password").fill("hush-hush")
    page.get_by_role("button", name="Add gateway").click()
    expect(page.get_by_role("heading", name="Operator line")).to_be_visible()
    expect(page.get_by_text("Nobody holds its line.")).to_be_visible()
    gateway = Gateway.objects.get(slug="operator-line")

    page.get_by_role("link", name="Add route").click()
    expect(page.get_by_label("Gateway")).to_have_value(str(gateway.pk))
    page.get_by_label("Country").select_option("DE")
    page.get_by_role("button", name="Add route").click()
    expect(page.get_by_role("main").get_by_role("table")).to_contain_text("Germany")
    assert Route.objects.get().gateway == gateway

    page.get_by_label("Number").fill("+49 1512 3456789")
    page.get_by_label("Project").select_option(label=f"{project.organization.name} · {project.name}")
    page.get_by_role("button", name="Look it up").click()
    answer = page.locator(".route-answer li")
    expect(answer).to_have_count(1)
    expect(answer).to_contain_text("Operator line")


def test_what_somebody_reads_stays_open_while_the_page_refreshes(page: Page, live_server: LiveServer) -> None:
    gateway = ensure_simulated_gateway()
    GatewayExchange.objects.create(gateway=gateway, what="Send", request="the request", answer="the answer")
    page.goto(live_server.url + reverse("staff-gateway", args=[gateway.slug]))
    page.locator(".exchanges summary").click()
    expect(page.get_by_text("the request")).to_be_visible()
    Gateway.objects.filter(pk=gateway.pk).update(is_enabled=False)
    page.evaluate("htmx.trigger('#live', 'refresh')")
    expect(page.locator("#live")).to_contain_text("Paused")
    expect(page.get_by_text("the request")).to_be_visible()
    GatewayExchange.objects.create(gateway=gateway, what="SendAgain")
    page.locator("#exchanges").get_by_role("link", name="Refresh").click()
    expect(page.locator("#exchanges")).to_contain_text("SendAgain")
    expect(page).to_have_url(re.compile(r"/staff/gateways/simulated/$"))


def test_a_trial_asks_first_and_a_gateway_is_deleted_only_after_a_question(
    page: Page, live_server: LiveServer
) -> None:
    gateway = Gateway.objects.create(
        slug="line",
        name="Line",
        kind="smpp",
        settings={"host": "127.0.0.1", "port": 1, "system_id": "x", "connect_seconds": 1},
    )
    page.goto(live_server.url + reverse("staff-gateway", args=[gateway.slug]))
    page.locator("#trial").get_by_label("Number").fill("+4915123456789")
    page.locator("#trial").get_by_label("Text").fill("Does it work?")
    page.get_by_role("button", name="Send one message").click()
    question = page.get_by_role("dialog")
    expect(question).to_contain_text("Really send one message through “Line”?")
    question.get_by_role("button", name="Send").click()
    expect(page.locator("#trial")).to_contain_text("It was not handed over.")
    page.get_by_role("link", name="Edit").click()
    page.get_by_role("button", name="Delete").click()
    question.get_by_role("button", name="Delete").click()
    expect(page.locator("#toasts")).to_contain_text("“Line” is deleted.")
    assert not Gateway.objects.filter(pk=gateway.pk).exists()
