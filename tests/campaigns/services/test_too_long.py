"""A message holds so many characters, its signature and values included."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import User
from campaigns import services
from campaigns.errors import CampaignsError
from campaigns.models import Forecast
from projects.models import Project
from tests.campaigns import making

pytestmark = pytest.mark.django_db


def test_what_grows_too_long_with_its_values_is_not_sent(project: Project, operator: User) -> None:
    making.gateway()
    campaign = making.draft(project, operator)
    rows = [*making.order_rows(3), ["+4915112345699", "Ann", "x" * 490]]
    making.uploaded(campaign, rows, by=operator)
    (problem,) = services.problems_before_sending(campaign)
    assert (problem.step, problem.code) == ("whom", "text_too_long")
    assert "row 5 has more than the 500 characters" in problem.words
    with pytest.raises(CampaignsError, match="500 characters"):
        making.send(campaign, operator)


def test_the_limit_is_that_of_the_installation(project: Project, operator: User, settings: Any) -> None:
    making.gateway()
    settings.BODY_MAX = 20
    campaign = making.ready(project, operator, n=3)
    assert Forecast.objects.get(campaign=campaign).n_too_long == 3
    settings.BODY_MAX = 500
    assert services.problems_before_sending(making.ready(project, operator, n=3)) == []
