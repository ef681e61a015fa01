"""Which gateways a message may leave by, and the batches that follow from it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import Organization
from delivery import services
from delivery.errors import DeliveryError
from delivery.ledger import check_dispatch
from delivery.models import Batch, Dispatch, Gateway, Message, MessageBody, Route
from delivery.routing import Router, router_for, router_for_alarms
from projects.models import Project

pytestmark = pytest.mark.django_db

NUMBER, COUNTRY = "+8613800138000", "CN"
AddRoute = Callable[..., Route]


@pytest.fixture
def gateways(gateway: Gateway) -> dict[str, Gateway]:
    """The default one was set up first."""
    made = {name: Gateway.objects.create(slug=name, name=name, kind="simulator") for name in "abc"}
    return {"default": gateway, **made}


@pytest.fixture
def add_route(gateways: dict[str, Gateway]) -> AddRoute:
    def add(name: str, **fields: Any) -> Route:
        return Route.objects.create(gateway=gateways[name], **fields)

    return add


@pytest.fixture
def ways(project: Project, gateways: dict[str, Gateway]) -> Callable[..., list[str]]:
    """The names of the gateways for a message, in order."""

    def found(msisdn: str = NUMBER, country: str = COUNTRY, kind: str = "notification") -> list[str]:
        ids = router_for(project, kind).route(msisdn, country)
        names = {gateway.pk: name for name, gateway in gateways.items()}
        return [names[pk] for pk in ids]

    return found


def test_without_routes_everything_leaves_by_the_gateway_that_was_set_up_first(
    ways: Callable[..., list[str]],
) -> None:
    assert ways() == ["default"]


def test_without_any_gateway_there_is_no_way(project: Project) -> None:
    assert router_for(project, "notification").route(NUMBER, COUNTRY) == ()
    with pytest.raises(DeliveryError, match="No gateway"):
        services.open_dispatch(owner="x", project=project, n_messages=1)


@pytest.mark.parametrize(
    ("conditions", "fits"),
    [
        ({}, True),
        ({"country": "CN"}, True),
        ({"country": "DE"}, False),
        ({"prefix": "86138"}, True),
        ({"prefix": "86139"}, False),
        ({"prefix": "8613800138000"}, True),
        ({"kind": "notification"}, True),
        ({"kind": "verification"}, False),
        ({"country": "CN", "prefix": "86139"}, False),
        ({"is_enabled": False}, False),
    ],
)
def test_a_route_is_taken_when_all_of_its_conditions_fit(
    add_route: AddRoute, ways: Callable[..., list[str]], conditions: dict[str, Any], fits: bool
) -> None:
    add_route("a", **conditions)
    assert ways() == (["a"] if fits else ["default"])


def test_a_route_of_another_project_is_nobody_elses(
    add_route: AddRoute, ways: Callable[..., list[str]], project: Project
) -> None:
    other = Organization.objects.create(name="Other")
    add_route("a", project=Project.objects.create(organization=other, name="Other", slug="other"))
    assert ways() == ["default"]
    add_route("b", project=project)
    assert ways() == ["b"]


def test_priority_goes_before_cost_and_no_cost_is_the_dearest(
    add_route: AddRoute, ways: Callable[..., list[str]]
) -> None:
    add_route("a", priority=2, cost=Decimal("0.001"))
    add_route("b", priority=1)
    add_route("c", priority=1, cost=Decimal("0.5"))
    assert ways() == ["c", "b", "a"]


def test_a_longer_prefix_is_no_rank_by_itself(add_route: AddRoute, ways: Callable[..., list[str]]) -> None:
    add_route("a", priority=1)
    add_route("b", priority=2, prefix="86138")
    assert ways() == ["a", "b"]


def test_equals_share_the_numbers_by_their_weights(
    add_route: AddRoute, project: Project, gateways: dict[str, Gateway]
) -> None:
    add_route("a", weight=1)
    add_route("b", weight=3)
    router = router_for(project, "marketing")
    counted = Counter(router.route(f"+86138{i:08d}", "CN")[0] for i in range(4_000))
    assert counted[gateways["a"].pk] == pytest.approx(1_000, abs=120)
    assert counted.total() == 4_000


def test_a_number_goes_the_same_way_each_time(add_route: AddRoute, project: Project) -> None:
    for name in "abc":
        add_route(name)
    numbers = [f"+86138{i:08d}" for i in range(50)]
    first, second = (
        [router_for(project, "marketing").route(number, "CN") for number in numbers] for _ in range(2)
    )
    assert first == second
    assert len({way[0] for way in first}) == 3


def test_a_gateway_comes_up_once_however_many_routes_lead_to_it(
    add_route: AddRoute, ways: Callable[..., list[str]]
) -> None:
    add_route("a", priority=1)
    add_route("b", priority=2)
    add_route("a", priority=3)
    assert ways() == ["a", "b"]


def test_a_gateway_that_is_switched_off_is_left_out_while_there_is_another(
    add_route: AddRoute, ways: Callable[..., list[str]], gateways: dict[str, Gateway]
) -> None:
    add_route("a", priority=1)
    add_route("b", priority=2)
    Gateway.objects.filter(slug="a").update(is_enabled=False)
    assert ways() == ["b"]
    Gateway.objects.filter(slug="b").update(is_enabled=False)
    assert ways() == ["a", "b"], "then the messages wait for it"


def test_routes_are_read_in_two_statements_and_asked_without_any(
    add_route: AddRoute, project: Project
) -> None:
    for name in "abc":
        add_route(name)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        router = router_for(project, "marketing")
        for i in range(20):
            router.route(f"+86138{i:08d}", "CN")
    assert len(queries) == 2


@pytest.mark.parametrize(
    ("routes", "expected"),
    [
        ([], ["default"]),
        ([("a", {"country": "CN"})], ["a"]),
        ([("a", {"country": "DE"})], ["default"]),
        ([("a", {"prefix": "86138"})], ["a", "default"]),
        ([("a", {"prefix": "86138"}), ("b", {"priority": 2}), ("c", {"priority": 3})], ["a", "b"]),
        ([("a", {}), ("b", {})], ["a", "b"]),
        ([("a", {}), ("b", {"cost": Decimal(1)})], ["b"]),
    ],
)
def test_the_gateways_of_a_country_are_known_before_its_numbers(
    add_route: AddRoute, project: Project, routes: list[tuple[str, dict[str, Any]]], expected: list[str]
) -> None:
    for name, conditions in routes:
        add_route(name, **conditions)
    names = {"scripted": "default"}
    found = router_for(project, "marketing").first_gateways(["CN"])
    assert [names.get(gateway.slug, gateway.slug) for gateway in found] == expected


# --- Handing over -----------------------------------------------------------------------------------------------


def hand_over(project: Project, router: Router, n: int = 100, chunk: int = 50) -> Dispatch:
    dispatch = Dispatch.objects.filter(owner="routed").first() or services.open_dispatch(
        owner="routed", project=project, n_messages=n
    )
    rows = [services.NewMessage(i, f"+86138{i:08d}", "CN", "", f"text {i}", 1) for i in range(n)]
    for offset in range(0, n, chunk):
        with transaction.atomic():
            services.append_messages(
                dispatch=dispatch, offset=offset, rows=rows[offset : offset + chunk], router=router
            )
    dispatch.refresh_from_db()
    return dispatch


def test_each_way_becomes_a_batch_of_consecutive_messages(
    add_route: AddRoute, project: Project, gateways: dict[str, Gateway]
) -> None:
    add_route("a", priority=1, prefix="86138000000")
    add_route("b", priority=2)
    dispatch = hand_over(project, router_for(project, "marketing"), n=200, chunk=200)
    a, b = gateways["a"].pk, gateways["b"].pk
    batches = [(x.gateway_id, x.fallbacks, x.n_open) for x in Batch.objects.order_by("id")]
    assert batches == [(a, [b], 100), (b, [], 100)]
    assert list(MessageBody.objects.order_by("message_id").values_list("owner_row", flat=True)) == list(
        range(200)
    )
    assert (dispatch.n_total, dispatch.n_open) == (200, 200)
    assert check_dispatch(dispatch.pk) == []


def test_no_row_gets_lost_among_the_ways(add_route: AddRoute, project: Project) -> None:
    for name in "abc":
        add_route(name)
    dispatch = hand_over(project, router_for(project, "marketing"), n=300, chunk=75)
    assert Batch.objects.count() == 4 * 6
    rows = MessageBody.objects.values_list("owner_row", "text")
    assert sorted(rows) == [(i, f"text {i}") for i in range(300)]
    assert check_dispatch(dispatch.pk) == []


def test_a_chunk_that_is_repeated_after_the_routes_have_changed_is_left_as_it_is(
    add_route: AddRoute, project: Project
) -> None:
    route = add_route("a")
    add_route("b")
    hand_over(project, router_for(project, "marketing"))
    before = list(Batch.objects.order_by("id").values_list("pk", "gateway_id", "first_id"))
    route.delete()
    dispatch = hand_over(project, router_for(project, "marketing"))
    assert list(Batch.objects.order_by("id").values_list("pk", "gateway_id", "first_id")) == before
    assert (dispatch.n_total, Message.objects.count()) == (100, 100)


def test_every_gateway_of_a_chunk_is_rung_for(
    add_route: AddRoute,
    project: Project,
    gateways: dict[str, Gateway],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rung: list[int] = []
    monkeypatch.setattr("delivery.services.dispatches.enqueue", lambda job, pk: rung.append(pk))
    add_route("a")
    add_route("b")
    hand_over(project, router_for(project, "marketing"), chunk=100)
    assert rung == [gateways["a"].pk, gateways["b"].pk]


def test_what_no_gateway_takes_waits_for_that_of_the_dispatch(project: Project, gateway: Gateway) -> None:
    dispatch = hand_over(project, Router([], None))
    assert set(Batch.objects.filter(dispatch=dispatch).values_list("gateway_id", flat=True)) == {gateway.pk}


def test_an_alarm_may_leave_by_any_real_gateway_behind_those_of_its_routes(
    project: Project, gateways: dict[str, Gateway], add_route: AddRoute
) -> None:
    add_route("b", kind="notification")
    Gateway.objects.filter(slug__in="ac").update(kind="http")
    paused = Gateway.objects.create(slug="d", name="d", kind="http", is_enabled=False)
    ways = router_for_alarms(project).route(NUMBER, COUNTRY)
    assert ways == (gateways["b"].pk, gateways["a"].pk, gateways["c"].pk)
    assert paused.pk not in ways
