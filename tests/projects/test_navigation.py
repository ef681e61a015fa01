from __future__ import annotations

import pytest

from accounts.models import Role
from projects import navigation
from projects.models import Project
from projects.navigation import Item, Section

ITEMS = (
    Item("Campaigns", "send", "project-detail", Section.WORK, 1, count=lambda project: 3, is_home=True),
    Item("Queue", "inbox", "project-disable", Section.WORK, 2, role=Role.REVIEWER),
    Item("Settings", "settings", "project-edit", Section.SETTINGS, 1),
)


@pytest.fixture(autouse=True)
def three_items(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(navigation, "_items", lambda: ITEMS)


def sections(path: str = "/", *roles: Role) -> list[navigation.LinkSection]:
    return navigation.sections_for(project=Project(slug="shop"), roles=frozenset(roles), path=path)


def test_items_stand_in_their_sections_with_their_counts() -> None:
    work, settings = sections()
    assert [(link.label, link.count) for link in work.links] == [("Campaigns", 3)]
    assert (settings.label, [link.label for link in settings.links]) == ("Settings", ["Settings"])


def test_an_item_for_a_role_shows_to_that_role_only() -> None:
    work, _settings = sections("/", Role.REVIEWER)
    assert [link.label for link in work.links] == ["Campaigns", "Queue"]


def test_the_longest_matching_address_is_the_current_page() -> None:
    work, settings = sections("/projects/shop/settings/something/")
    assert [link.is_current for link in (*work.links, *settings.links)] == [False, True]


def test_a_page_may_belong_to_an_item_with_another_address(monkeypatch: pytest.MonkeyPatch) -> None:
    send = Item("Send", "send", "project-disable", Section.WORK, 0, pages=frozenset({"draft"}))
    monkeypatch.setattr(navigation, "_items", lambda: (send, *ITEMS))
    work, *_rest = navigation.sections_for(
        project=Project(slug="shop"), roles=frozenset(), path="/projects/shop/drafts/1/", page="draft"
    )
    assert [(link.label, link.is_current) for link in work.links] == [("Send", True), ("Campaigns", False)]


def test_a_click_on_the_project_opens_the_first_home_page() -> None:
    home = navigation.home_url(project=Project(slug="shop"), roles=frozenset())
    assert home == "/projects/shop/"
