"""The send page: steps that open in turn and save themselves."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from campaigns import services
from campaigns.models import Campaign
from campaigns.statuses import CampaignStatus
from projects.models import Project
from smsconsole.lib.types import Region
from templates_app.statuses import RevisionStatus
from tests.campaigns import making
from tests.campaigns.views.conftest import Visit, words
from tests.factories import ProjectFactory

pytestmark = pytest.mark.django_db


def choices(project: Project) -> dict[str, str]:
    return {
        "region": "international",
        "body_template_revision": str(making.body(project).uuid),
        "signature_revision": str(making.signature(project).uuid),
    }


# --- A new draft ----------------------------------------------------------------------------------------


def test_opening_the_page_makes_no_draft(project: Project, browser_of_operator: Client) -> None:
    response = browser_of_operator.get(reverse("campaign-new", args=[project.slug]))
    assert response.status_code == 200
    assert not Campaign.objects.exists()


def test_it_has_the_words_people_look_for(project: Project, browser_of_operator: Client) -> None:
    page = words(browser_of_operator.get(reverse("campaign-new", args=[project.slug])))
    text = page[page.index("Choose an approved text") :]
    shown = [text.index(word) for word in ("Template name", "Signature name", "Sender ID", "To whom", "When")]
    assert shown == sorted(shown)


def test_choosing_makes_the_draft(project: Project, browser_of_operator: Client, operator: User) -> None:
    response = browser_of_operator.post(reverse("campaign-new", args=[project.slug]), choices(project))
    campaign = Campaign.objects.get()
    assert response.headers["Location"] == reverse("campaign-send", args=[project.slug, campaign.uuid])
    assert str(campaign.body_template_revision.body_template) == "Order notice"
    assert (campaign.created_by, campaign.kind) == (operator, "notification")
    assert campaign.name.startswith("Order notice ")


def test_it_offers_the_drafts_that_were_left(draft: Campaign, browser_of_operator: Client) -> None:
    response = browser_of_operator.get(reverse("campaign-new", args=[draft.project.slug]))
    assert f"Not sent yet: {draft.name}" in words(response)


def test_only_approved_texts_of_the_region_are_offered(project: Project, browser_of_operator: Client) -> None:
    making.body(project, name="Approved one")
    making.body(project, name="Waiting one", status=RevisionStatus.PENDING)
    making.body(project, name="Domestic one", region=Region.DOMESTIC)
    text = words(browser_of_operator.get(reverse("campaign-new", args=[project.slug])))
    assert "Approved one" in text
    assert "Waiting one" not in text
    assert "Domestic one" not in text


def test_a_disabled_project_makes_no_draft(project: Project, browser_of_operator: Client) -> None:
    posted = choices(project)
    Project.objects.update(disabled_at=project.created_at)
    response = browser_of_operator.post(reverse("campaign-new", args=[project.slug]), posted)
    assert response.status_code == 422
    assert not Campaign.objects.exists()


# --- The first step -------------------------------------------------------------------------------------


def test_it_saves_what_is_chosen(draft: Campaign, post: Visit) -> None:
    making.sender_id(draft.project, "DemoShop")
    response = post("campaign-what", draft, name="Autumn", sender_id="DemoShop", note="for Ann", version=2)
    assert response.status_code == 302
    draft.refresh_from_db()
    assert (draft.name, draft.sender_id, draft.note) == ("Autumn", "DemoShop", "for Ann")


def test_it_rejects_get(draft: Campaign, get: Visit) -> None:
    assert get("campaign-what", draft).status_code == 405


def test_what_is_not_posted_stays(draft: Campaign, post: Visit) -> None:
    post("campaign-what", draft, note="for Ann", htmx="note")
    draft.refresh_from_db()
    assert draft.body_template_revision is not None
    assert draft.note == "for Ann"


def test_a_typed_field_is_saved_without_drawing_the_form_again(draft: Campaign, post: Visit) -> None:
    response = post("campaign-what", draft, note="for Ann", version=draft.version, htmx="note")
    assert b"what-form" not in response.content
    assert f'value="{draft.version + 1}" hx-swap-oob="outerHTML:.draft-version"' in response.content.decode()


def test_a_bad_sender_id_is_refused_at_its_field(draft: Campaign, post: Visit) -> None:
    response = post("campaign-what", draft, sender_id="Demo Shop & co", htmx="sender_id")
    assert 'id="id_sender_id_error"' in response.content.decode()
    draft.refresh_from_db()
    assert draft.sender_id == ""


def test_continue_without_a_signature_says_so_at_the_field(draft: Campaign, post: Visit) -> None:
    response = post("campaign-what", draft, signature_revision="", version=draft.version)
    assert response.status_code == 422
    assert 'id="id_signature_revision_error"' in response.content.decode()


def test_the_other_region_empties_the_texts(draft: Campaign, post: Visit) -> None:
    response = post("campaign-what", draft, region="domestic", version=draft.version, htmx="region")
    draft.refresh_from_db()
    assert (draft.region, draft.body_template_revision) == ("domestic", None)
    assert "No approved body template exists" in words(response)


def test_a_text_of_another_project_counts_as_none(draft: Campaign, post: Visit) -> None:
    other = making.body(ProjectFactory())
    post("campaign-what", draft, body_template_revision=other.uuid, htmx="body_template_revision")
    draft.refresh_from_db()
    assert draft.body_template_revision is None


def test_the_second_of_two_operators_sees_what_the_first_did(draft: Campaign, post: Visit) -> None:
    post("campaign-what", draft, name="First", version=draft.version, htmx="name")
    response = post("campaign-what", draft, name="Second", version=draft.version, htmx="name")
    assert "Somebody else changed this draft." in words(response)
    draft.refresh_from_db()
    assert draft.name == "First"


def test_what_was_sent_cannot_be_changed(running: Campaign, post: Visit) -> None:
    response = post("campaign-what", running, name="Too late")
    assert response.headers["Location"] == reverse(
        "campaign-detail", args=[running.project.slug, running.uuid]
    )
    running.refresh_from_db()
    assert running.name != "Too late"


# --- The page -------------------------------------------------------------------------------------------


def test_a_reload_shows_the_draft_as_it_was_left(draft: Campaign, get: Visit, post: Visit) -> None:
    making.sender_id(draft.project, "DemoShop")
    post("campaign-what", draft, sender_id="DemoShop")
    page = get("campaign-send", draft).content.decode()
    assert '<option value="DemoShop" selected>' in page
    assert "[DemoShop]Hello Maria, your order to Berlin is on its way." in page


def test_there_is_no_send_button_before_the_file(draft: Campaign, get: Visit) -> None:
    assert "btn-send" not in get("campaign-send", draft).content.decode()


def test_the_button_can_be_pressed_once_the_file_is_checked(ready: Campaign, get: Visit) -> None:
    assert 'btn-send">' in get("campaign-send", ready).content.decode()


def test_a_sent_campaign_leads_to_its_own_page(running: Campaign, get: Visit) -> None:
    response = get("campaign-send", running)
    assert response.headers["Location"] == reverse(
        "campaign-detail", args=[running.project.slug, running.uuid]
    )


def test_the_button_says_what_it_does(ready: Campaign, get: Visit) -> None:
    assert "Send 3 messages (3 segments) to 3 people" in words(get("campaign-send", ready))


def test_a_revoked_text_locks_the_way_again(ready: Campaign, get: Visit) -> None:
    revision = ready.body_template_revision
    type(revision).objects.filter(pk=revision.pk).update(status=RevisionStatus.REVOKED)
    response = get("campaign-send", ready)
    assert "is not approved any more" in words(response)
    assert 'btn-send" disabled>' in response.content.decode()


@pytest.mark.parametrize("name", ["draft", "ready"])
def test_the_page_takes_a_fixed_number_of_statements(
    request: pytest.FixtureRequest, name: str, get: Visit, django_assert_max_num_queries: object
) -> None:
    campaign = request.getfixturevalue(name)
    get("campaign-send", campaign)
    with django_assert_max_num_queries({"draft": 15, "ready": 50}[name]):  # type: ignore[operator]
        get("campaign-send", campaign)


# --- Throwing away --------------------------------------------------------------------------------------


def test_a_draft_is_thrown_away(ready: Campaign, post: Visit) -> None:
    ready.refresh_from_db()
    post("campaign-cancel", ready, version=ready.version)
    ready.refresh_from_db()
    assert ready.status == CampaignStatus.CANCELLED


def test_a_draft_that_changed_meanwhile_is_kept(draft: Campaign, post: Visit, operator: User) -> None:
    seen = draft.version
    services.update_draft(campaign=draft, version=seen, changes={"name": "Kept"}, by=operator)
    post("campaign-cancel", draft, version=seen)
    draft.refresh_from_db()
    assert draft.status == CampaignStatus.DRAFT
