"""What the routes mean for a campaign: where it goes, how long it takes, what reaches a phone."""

from __future__ import annotations

from unittest.mock import Mock

import pytest

from accounts.models import User
from campaigns import fanout
from campaigns.models import Campaign
from campaigns.services import send_test
from campaigns.services.forecasts import compute
from campaigns.services.uploads import current_upload
from campaigns.views.steps.check import effect_words
from delivery.models import Batch, Gateway, Route
from projects.models import Project
from tests.campaigns import making

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def simulated(db: None) -> Gateway:
    """Set up first."""
    return making.gateway()


@pytest.fixture
def real(simulated: Gateway) -> Gateway:
    return Gateway.objects.create(slug="line", name="Line", kind="other", rate_per_second=2)


def seconds(campaign: Campaign) -> float:
    upload = current_upload(campaign)
    assert upload is not None
    return compute(campaign, upload).seconds


def effect(campaign: Campaign) -> str:
    return effect_words(Mock(upload=None, forecast=campaign.forecast), campaign, [])


def test_a_campaign_leaves_by_the_routes_of_its_project_and_kind(
    project: Project, operator: User, real: Gateway
) -> None:
    campaign = making.ready(project, operator, n=4)
    Route.objects.create(gateway=real, project=project, kind=campaign.kind, prefix="4915123000002")
    making.send(campaign, operator)
    fanout.run(campaign.pk)
    n_open = dict(Batch.objects.values_list("gateway__slug", "n_open"))
    assert n_open == {"simulated": 3, "line": 1}


def test_a_test_leaves_by_the_routes_too(project: Project, operator: User, real: Gateway) -> None:
    campaign = making.ready(project, operator)
    Route.objects.create(gateway=real)
    send_test(campaign=campaign, text=making.numbers(1)[0], by=operator)
    assert Batch.objects.get().gateway == real


def test_it_takes_as_long_as_the_slowest_share(project: Project, operator: User, real: Gateway) -> None:
    campaign = making.ready(project, operator, n=10)
    assert seconds(campaign) == pytest.approx(10 / 2_500)
    Route.objects.create(gateway=real, prefix="4915123000002")
    assert seconds(campaign) == pytest.approx(1 / 2)
    Route.objects.create(gateway=real)
    assert seconds(campaign) == pytest.approx(10 / 2)


def test_the_share_that_is_kept_for_verification_codes_is_not_counted_on(
    project: Project, operator: User
) -> None:
    campaign = making.ready(project, operator, n=10)
    Gateway.objects.update(rate_per_second=10, verification_share=0.5)
    assert seconds(campaign) == pytest.approx(2)


def test_the_effect_names_what_reaches_no_phone(project: Project, operator: User, real: Gateway) -> None:
    campaign = making.ready(project, operator)
    assert "Goes out through the simulated gateway: no phone receives anything" in effect(campaign)
    Route.objects.create(gateway=real, prefix="4915123000002")
    assert "What goes out through “Simulated” is simulated: no phone receives it" in effect(campaign)
    Route.objects.create(gateway=real)
    assert effect(campaign) == ""


def test_a_line_to_a_simulated_carrier_reaches_no_phone_either(
    project: Project, operator: User, real: Gateway
) -> None:
    campaign = making.ready(project, operator)
    Route.objects.create(gateway=real)
    Gateway.objects.filter(pk=real.pk).update(settings={"simulated": True})
    assert "simulated gateway" in effect(campaign)


def test_the_effect_says_what_has_to_wait_for_a_paused_gateway(
    project: Project, operator: User, real: Gateway
) -> None:
    campaign = making.ready(project, operator)
    Route.objects.create(gateway=real)
    Gateway.objects.filter(pk=real.pk).update(is_enabled=False)
    assert effect(campaign) == "What goes out through “Line” waits: the gateway is paused"
