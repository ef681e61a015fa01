"""The story of a program's message: who sent it, what the rules said, and what became of it."""

from __future__ import annotations

import time

import pytest
from django.urls import reverse

from accounts.models import User
from campaigns.queries.checks import CheckState
from campaigns.views.stories import tell_stories
from delivery.drain import drain
from delivery.gateways.base import Outcome, SubmitResult
from delivery.models import Gateway
from delivery.urgent.gathering import gather
from projects.models import Cap, Project
from tests.delivery.conftest import ScriptedDriver
from tests.delivery.streaming import TAGS, loose, send
from tests.factories import lift_limits
from tests.people import ClientOf

pytestmark = pytest.mark.django_db


@pytest.fixture
def gateway(db: None) -> Gateway:
    return Gateway.objects.create(slug="scripted", name="Scripted", kind="simulator")


def leave(gateway: Gateway, driver: ScriptedDriver | None = None) -> None:
    gather()
    drain(gateway, until=time.monotonic() + 10, driver=driver or ScriptedDriver(), only_streams=True)


def titles(project: Project, message_id: int) -> list[str]:
    (told,) = tell_stories(project, [message_id])
    return [told.title, *(str(step.title) for step in told.steps)]


def test_it_says_that_a_program_handed_it_over(project: Project, gateway: Gateway) -> None:
    lift_limits(project)
    _stream, ids = send(project, [loose(1)])
    assert titles(project, ids[0])[:2] == ["Sent by a program", "Handed over by a program"]
    leave(gateway)
    assert "Every rule let it pass" in titles(project, ids[0])


def test_it_says_which_cap_stopped_it(project: Project, gateway: Gateway) -> None:
    lift_limits(project)
    Cap.objects.create(project=project, scope="all", period="day", cap=1)
    _stream, ids = send(project, [loose(1), loose(2)])
    leave(gateway)
    (told,) = tell_stories(project, [ids[1]])
    (rules,) = [step for step in told.steps if str(step.title) == "A rule stopped it"]
    assert [str(check.title) for check in rules.checks if check.state == CheckState.STOPPED] == ["Caps"]
    assert "cap" in told.reason.lower()


def test_the_sandbox_asks_no_rule(project: Project) -> None:
    stream, ids = send(project, [loose(1)], tags={**TAGS, "sandbox": "yes"})
    leave(stream.gateway)
    assert "No rule was asked" in titles(project, ids[0])


def test_uncertain_messages_of_programs_are_settled_on_the_page(
    project: Project, gateway: Gateway, client_of: ClientOf, operator: User
) -> None:
    lift_limits(project)
    driver = ScriptedDriver()
    driver.answer = lambda m: SubmitResult(m.id, Outcome.UNCERTAIN)
    send(project, [loose(1)])
    leave(gateway, driver)
    page = client_of(operator).get(reverse("uncertain-list", args=[project.slug]))
    assert "Sent by a program" in page.content.decode()
