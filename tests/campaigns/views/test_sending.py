"""Send: once, with the file checked and the verification code right; and a test first."""

from __future__ import annotations

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from accounts.models import Role, User
from campaigns import models
from campaigns.models import Campaign, Verification
from campaigns.services import issue_verification
from campaigns.statuses import CampaignStatus
from delivery.models import Dispatch
from projects.models import Project
from tests.campaigns.views.conftest import Visit, words
from tests.factories import member

pytestmark = pytest.mark.django_db


def confirm(post: Visit, campaign: Campaign, by: User, **changes: object) -> HttpResponse:
    campaign.refresh_from_db()
    code = issue_verification(campaign=campaign, by=by)
    data = {
        "version": campaign.version,
        "verification": code.uuid,
        "verification_code": code.answer,
        **changes,
    }
    return post("campaign-confirm", campaign, **data)


def test_it_sends_and_marks_the_campaign_in_the_list(ready: Campaign, post: Visit, operator: User) -> None:
    response = confirm(post, ready, operator)
    assert (
        response.headers["Location"]
        == f"{reverse('campaign-list', args=[ready.project.slug])}?new={ready.uuid}"
    )
    ready.refresh_from_db()
    assert (ready.status, ready.sent_by) == (CampaignStatus.RUNNING, operator)
    assert Dispatch.objects.get().n_reserved == 3


def test_it_rejects_get(ready: Campaign, get: Visit) -> None:
    assert get("campaign-confirm", ready).status_code == 405


def test_a_second_click_sends_nothing_more(ready: Campaign, post: Visit, operator: User) -> None:
    first = {"version": ready.version}
    code = issue_verification(campaign=ready, by=operator)
    first |= {"verification": code.uuid, "verification_code": code.answer}
    ready.refresh_from_db()
    first["version"] = ready.version
    assert post("campaign-confirm", ready, **first).status_code == 302
    assert post("campaign-confirm", ready, **first).status_code == 302
    assert Dispatch.objects.count() == 1


def test_the_second_operator_reads_that_it_was_sent(ready: Campaign, post: Visit, operator: User) -> None:
    confirm(post, ready, operator)
    other = member(ready.project.organization, Role.OPERATOR)
    client = Client()
    client.force_login(other)
    url = reverse("campaign-confirm", args=[ready.project.slug, ready.uuid])
    response = client.post(url, {"version": "1", "verification_code": "1"}, follow=True)
    assert f"had been sent before by {operator}. It was not sent a second time." in words(response)
    assert Dispatch.objects.count() == 1


def test_without_a_file_it_is_refused(draft: Campaign, post: Visit, operator: User) -> None:
    response = confirm(post, draft, operator)
    assert (response.status_code, Dispatch.objects.count()) == (422, 0)


def test_without_a_code_it_is_refused(ready: Campaign, post: Visit) -> None:
    response = post("campaign-confirm", ready)
    assert response.status_code == 422
    assert "Type the verification code that the picture shows." in words(response)
    assert not Dispatch.objects.exists()


def test_a_wrong_code_counts_and_is_said_at_its_field(ready: Campaign, post: Visit, operator: User) -> None:
    response = confirm(post, ready, operator, verification_code="nonsense")
    assert 'id="id_verification_code_error"' in response.content.decode()
    assert Verification.objects.get().n_tries == 1
    assert not Dispatch.objects.exists()


def test_a_code_of_somebody_else_is_refused(ready: Campaign, post: Visit, reviewer: User) -> None:
    response = confirm(post, ready, reviewer)
    assert "is not valid any more" in words(response)


def test_an_older_page_sends_nothing(ready: Campaign, post: Visit, operator: User) -> None:
    response = confirm(post, ready, operator, version=1)
    assert response.status_code == 409
    assert "Somebody else changed this draft." in words(response)
    assert not Dispatch.objects.exists()


def test_a_scheduled_one_waits_in_the_list(ready: Campaign, post: Visit, operator: User) -> None:
    schedule = {"when": "schedule", "date": "2999-01-01", "time": "09:00", "time_zone": "UTC"}
    post("campaign-schedule", ready, **schedule)
    confirm(post, ready, operator)
    ready.refresh_from_db()
    assert (ready.status, ready.dispatch_id) == (CampaignStatus.SCHEDULED, None)


# --- The verification code ------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "magic"), [("picture", b"\x89PNG"), ("sound", b"RIFF")])
def test_the_code_is_seen_and_heard(
    ready: Campaign, operator: User, get: Visit, kind: str, magic: bytes
) -> None:
    code = issue_verification(campaign=ready, by=operator)
    client = Client()
    client.force_login(operator)
    args = [ready.project.slug, ready.uuid, code.uuid]
    response = client.get(reverse(f"campaign-verification-{kind}", args=args))
    assert response.content.startswith(magic)
    assert "no-store" in response.headers["Cache-Control"]


def test_looking_again_keeps_the_code_and_asking_gives_a_new_one(ready: Campaign, get: Visit) -> None:
    get("campaign-send", ready)
    first = Verification.objects.get().uuid
    get("campaign-send", ready)
    assert Verification.objects.get().uuid == first
    get("campaign-verification", ready, "?new_code=1")
    assert Verification.objects.get().uuid != first


def test_a_mailed_code_has_no_picture(
    ready: Campaign, operator: User, get: Visit, settings: Settings
) -> None:
    settings.VERIFICATION_BY = "mail"
    page = get("campaign-send", ready)
    assert f"A code was mailed to {operator.email}." in words(page)
    assert ".png" not in page.content.decode()


# --- A test ---------------------------------------------------------------------------------------------


def test_a_test_leaves_the_draft_as_it_is(ready: Campaign, post: Visit) -> None:
    response = post("campaign-test", ready, numbers="+4915123000099", htmx="x")
    assert models.TestSend.objects.get().dispatch.n_reserved == 1
    assert "Waiting +49 151 **** 0099" in words(response)
    ready.refresh_from_db()
    assert ready.status == CampaignStatus.READY


def test_a_test_to_a_number_that_cannot_be_is_refused(ready: Campaign, post: Visit) -> None:
    response = post("campaign-test", ready, numbers="12")
    assert "“12” cannot be sent to." in words(response)
    assert not models.TestSend.objects.exists()


def test_six_numbers_are_too_many(ready: Campaign, post: Visit, project: Project) -> None:
    response = post("campaign-test", ready, numbers=" ".join(f"+491512300009{i}" for i in range(6)))
    assert "at most 5" in words(response)
