"""The page of routes: adding, changing, switching, warnings, and the question which way a message would go."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from delivery.errors import DeliveryError
from delivery.models import Gateway, Route
from delivery.queries.routes import route_rows
from delivery.services import ensure_simulated_gateway
from delivery.services.route_changes import RouteSetup, change_route, create_route, delete_route, switch_route
from projects.models import Project
from tests.factories import UserFactory
from tests.people import ClientOf

pytestmark = pytest.mark.django_db


@pytest.fixture
def main(db: None) -> Gateway:
    return ensure_simulated_gateway()


@pytest.fixture
def other(main: Gateway) -> Gateway:
    return Gateway.objects.create(slug="other", name="Other line", kind="simulator")


@pytest.fixture
def client(client_of: ClientOf, staff: User) -> Client:
    return client_of(staff)


def typed(gateway: Gateway, **fields: object) -> dict[str, object]:
    return {"gateway": gateway.pk, "priority": 1, "weight": 1, **fields}


def warnings() -> list[list[str]]:
    return [row.warnings for row in route_rows()]


def test_a_route_is_added_with_all_its_conditions(client: Client, other: Gateway, project: Project) -> None:
    data = typed(
        other, project=project.pk, kind="marketing", country="DE", digits="+49 (15) 1", cost="0.05", weight=3
    )
    assert client.post(reverse("staff-route-add"), data).status_code == 302
    route = Route.objects.get()
    assert (route.gateway, route.project, route.kind, route.country) == (other, project, "marketing", "DE")
    assert (route.prefix, route.cost, route.weight) == ("49151", Decimal("0.05"), 3)
    content = client.get(reverse("staff-route-list")).content.decode()
    for words in (project.name, "Marketing", "Germany", "numbers from +49151", "Other line", "0.05"):
        assert words in content


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("gateway", "", "Choose the gateway"),
        ("gateway", "999999", "Select a valid choice"),
        ("project", "999999", "Select a valid choice"),
        ("kind", "spam", "Select a valid choice"),
        ("country", "XX", "Select a valid choice"),
        ("digits", "49x", "Type digits only"),
        ("digits", "٤٩١٥", "Type digits only"),
        ("digits", "4" * 16, "No number is that long"),
        ("priority", "0", "greater than or equal to 1"),
        ("weight", "many", "Enter a whole number"),
        ("cost", "-1", "greater than or equal to 0"),
        ("cost", "0.000001", "decimal places"),
    ],
)
def test_bad_input_is_named(client: Client, other: Gateway, field: str, value: str, words: str) -> None:
    response = client.post(reverse("staff-route-add"), typed(other) | {field: value})
    assert response.status_code == 422
    assert words in response.content.decode()
    assert not Route.objects.exists()


def test_a_prefix_of_another_country_is_refused(client: Client, other: Gateway) -> None:
    response = client.post(reverse("staff-route-add"), typed(other, country="DE", digits="86138"))
    assert "Numbers of this country begin with 49" in response.content.decode()


def test_a_stale_form_is_answered_409_and_keeps_what_was_typed(
    client: Client, other: Gateway, main: Gateway
) -> None:
    by = UserFactory(is_staff=True, name="Quinn Quick")
    route = create_route(setup=RouteSetup(gateway=other), by=by)
    seen = route.changed_at
    change_route(route=route, setup=RouteSetup(gateway=main), seen_at=seen, by=by)
    address = reverse("staff-route-edit", args=[route.uuid])
    data = typed(other, digits="4915", seen=seen.isoformat())
    response = client.post(address, data)
    content = response.content.decode()
    assert response.status_code == 409
    assert "Quinn Quick changed this route" in content
    assert "4915" in content
    route.refresh_from_db()
    assert route.gateway == main
    assert client.post(address, data | {"seen": route.changed_at.isoformat()}).status_code == 302


def test_a_route_is_switched_and_deleted(client: Client, other: Gateway) -> None:
    route = Route.objects.create(gateway=other)
    client.post(reverse("staff-route-disable", args=[route.uuid]))
    client.post(reverse("staff-route-disable", args=[route.uuid]))
    route.refresh_from_db()
    assert not route.is_enabled
    assert "Switched off" in client.get(reverse("staff-route-list")).content.decode()
    client.post(reverse("staff-route-enable", args=[route.uuid]))
    route.refresh_from_db()
    assert route.is_enabled
    client.post(reverse("staff-route-delete", args=[route.uuid]))
    assert not Route.objects.exists()


def test_routes_stand_in_the_order_in_which_they_come_first(main: Gateway, other: Gateway) -> None:
    dear = Route.objects.create(gateway=main, priority=1)
    late = Route.objects.create(gateway=main, priority=2, cost=0)
    cheap = Route.objects.create(gateway=other, priority=1, cost="0.02")
    assert [row.route for row in route_rows()] == [cheap, dear, late]


def test_a_shadowed_route_is_named(main: Gateway, other: Gateway, project: Project) -> None:
    Route.objects.create(gateway=main, priority=1, country="DE", prefix="49")
    Route.objects.create(gateway=other, priority=2, country="DE", prefix="4915", project=project)
    Route.objects.create(gateway=main, priority=3, country="DE", prefix="4917", kind="marketing")
    Route.objects.create(gateway=other, priority=4, country="FR")
    found = warnings()
    assert found[0] == found[3] == []
    assert found[1] == ["Only a fall-back: route 1 comes first for everything that fits here."]
    assert found[2] == ["Without effect: route 1 comes first and leads the same way."]


def test_a_route_for_other_numbers_shadows_nothing(main: Gateway, other: Gateway) -> None:
    Route.objects.create(gateway=main, priority=1, prefix="4915")
    Route.objects.create(gateway=other, priority=2, prefix="4917")
    Route.objects.create(gateway=other, priority=3, country="DE")
    assert warnings() == [[], [], []]


def test_a_route_that_is_passed_over_shadows_nothing_and_says_so(main: Gateway, other: Gateway) -> None:
    Gateway.objects.filter(pk=main.pk).update(is_enabled=False)
    Route.objects.create(gateway=main, priority=1)
    Route.objects.create(gateway=other, priority=2)
    Route.objects.create(gateway=other, priority=3, is_enabled=False)
    assert warnings() == [["Passed over: its gateway is paused."], [], []]


def test_the_question_names_the_ways_in_order(
    client: Client, main: Gateway, other: Gateway, project: Project
) -> None:
    Route.objects.create(gateway=other, country="DE", priority=1)
    Route.objects.create(gateway=main, country="DE", priority=2)
    Route.objects.create(gateway=other, country="DE", priority=3, is_enabled=False)
    data = {"msisdn": "+49 1512 3456789", "project": project.pk, "kind": "notification"}
    response = client.post(reverse("staff-route-ask"), data)
    answer = response.context["answer"]
    assert [way.gateway for way in answer.ways] == [other, main]
    assert [row.route.priority for row in answer.passed_over] == [3]
    content = response.content.decode()
    assert "+491512" not in content.replace('value="+49 1512 3456789"', "")
    assert "Germany" in content


def test_the_question_falls_back_to_the_first_gateway(
    client: Client, main: Gateway, project: Project
) -> None:
    data = {"msisdn": "+4915123456789", "project": project.pk, "kind": "marketing"}
    response = client.post(reverse("staff-route-ask"), data)
    assert [way.gateway for way in response.context["answer"].ways] == [main]
    assert "no route fits; this gateway was set up first" in response.content.decode()


def test_a_question_about_no_number_is_answered_at_the_field(client: Client, project: Project) -> None:
    data = {"msisdn": "+49 12", "project": project.pk, "kind": "marketing"}
    response = client.post(reverse("staff-route-ask"), data)
    assert response.status_code == 422
    assert "This is no number" in response.content.decode()


def test_the_list_asks_as_much_for_many_routes(
    client: Client, other: Gateway, project: Project, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for priority in range(1, 30):
        Route.objects.create(gateway=other, project=project, priority=priority)
    with django_assert_max_num_queries(14):
        client.get(reverse("staff-route-list"))


def test_who_is_no_staff_is_refused_by_the_services(other: Gateway) -> None:
    by, route = UserFactory(), Route.objects.create(gateway=other)
    for ask in (
        lambda: create_route(setup=RouteSetup(gateway=other), by=by),
        lambda: change_route(route=route, setup=RouteSetup(gateway=other), seen_at=route.changed_at, by=by),
        lambda: switch_route(route=route, is_enabled=False, by=by),
        lambda: delete_route(route=route, by=by),
    ):
        with pytest.raises(DeliveryError, match="Only platform staff"):
            ask()
