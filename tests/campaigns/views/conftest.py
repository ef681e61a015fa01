"""Somebody's browser at the campaign pages, and what they say."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from accounts.models import User
from campaigns import fanout
from campaigns.models import Campaign
from delivery.models import Gateway
from projects.models import Project
from tests.campaigns import making

Visit = Callable[..., HttpResponse]


def words(response: HttpResponse) -> str:
    """What the page says: its text without tags, spaces of any kind as one."""
    text = re.sub(r"<(script|style).*?</\1>|<[^>]+>", " ", response.content.decode(), flags=re.DOTALL)
    return " ".join(html.unescape(text).split())


@pytest.fixture
def browser_of_operator(operator: User) -> Client:
    client = Client()
    client.force_login(operator)
    return client


@pytest.fixture
def get(browser_of_operator: Client) -> Visit:
    """The operator opens an address of a campaign."""

    def visit(name: str, campaign: Campaign, query: str = "", /, **headers: Any) -> HttpResponse:
        url = reverse(name, args=[campaign.project.slug, campaign.uuid]) + query
        return browser_of_operator.get(url, headers=headers)

    return visit


@pytest.fixture
def post(browser_of_operator: Client) -> Visit:
    """The operator posts to an address of a campaign; with `htmx` as a part of the page does."""

    def visit(name: str, campaign: Campaign, /, *, htmx: str = "", **data: Any) -> HttpResponse:
        url = reverse(name, args=[campaign.project.slug, campaign.uuid])
        headers = {"HX-Request": "true", "HX-Trigger-Name": htmx} if htmx else {}
        return browser_of_operator.post(url, data, headers=headers)

    return visit


@pytest.fixture
def draft(project: Project, operator: User, gateway: Gateway) -> Campaign:
    """A draft with its texts and no numbers."""
    return making.draft(project, operator)


@pytest.fixture
def ready(project: Project, operator: User, gateway: Gateway) -> Campaign:
    """A draft whose file is checked."""
    return making.ready(project, operator)


@pytest.fixture
def running(ready: Campaign, operator: User) -> Campaign:
    """A campaign whose three messages wait for a worker."""
    making.send(ready, operator)
    fanout.run(ready.pk)
    return Campaign.objects.select_related("dispatch", "project").get(pk=ready.pk)
