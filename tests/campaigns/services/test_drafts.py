"""Drafts and what may be chosen for them."""

from __future__ import annotations

import pytest

from accounts.models import User
from campaigns import services
from campaigns.errors import CampaignChanged, CampaignsError
from campaigns.models import Campaign, Recipient, RefusedRow
from campaigns.statuses import CampaignStatus, EventKind, RecipientSource
from delivery.models import Gateway
from projects.errors import ProjectDisabled
from projects.models import Project
from projects.services import disable_project
from smsconsole.lib.types import Region
from templates_app.statuses import RevisionStatus
from tests.campaigns import making
from tests.factories import ProjectFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def campaign(project: Project, operator: User, gateway: Gateway) -> Campaign:
    return services.create_draft(project=project, by=operator)


def update(campaign: Campaign, by: User, version: int | None = None, **changes: object) -> Campaign:
    return services.update_draft(campaign=campaign, version=version, changes=changes, by=by)


def test_a_draft_has_a_proposed_name_that_follows_the_template(
    campaign: Campaign, project: Project, operator: User
) -> None:
    assert campaign.name.startswith("Campaign ")
    changed = update(campaign, operator, body_template_revision=making.body(project, name="Order notice"))
    assert changed.name.startswith("Order notice ")
    assert len(changed.name) <= 30


def test_a_name_of_ones_own_stays(campaign: Campaign, project: Project, operator: User) -> None:
    update(campaign, operator, name="Spring")
    assert update(campaign, operator, body_template_revision=making.body(project)).name == "Spring"


def test_each_change_is_a_new_version_and_an_old_one_is_refused(campaign: Campaign, operator: User) -> None:
    changed = update(campaign, operator, version=1, note="first")
    assert changed.version == 2
    with pytest.raises(CampaignChanged):
        update(campaign, operator, version=1, note="second")


def test_saving_nothing_new_is_no_new_version(campaign: Campaign, operator: User) -> None:
    assert update(campaign, operator, version=1, note="").version == 1


@pytest.mark.parametrize("status", [RevisionStatus.PENDING, RevisionStatus.REVOKED, RevisionStatus.RETIRED])
def test_only_approved_texts_can_be_chosen(
    campaign: Campaign, project: Project, operator: User, status: RevisionStatus
) -> None:
    with pytest.raises(CampaignsError, match="not approved"):
        update(campaign, operator, body_template_revision=making.body(project, status=status))


def test_texts_of_the_other_region_are_refused(campaign: Campaign, project: Project, operator: User) -> None:
    with pytest.raises(CampaignsError, match="other region") as refusal:
        update(campaign, operator, signature_revision=making.signature(project, region=Region.DOMESTIC))
    assert refusal.value.field == "signature_revision"


def test_texts_of_another_project_are_refused(campaign: Campaign, operator: User) -> None:
    elsewhere = ProjectFactory()
    with pytest.raises(CampaignsError, match="another project"):
        update(campaign, operator, body_template_revision=making.body(elsewhere))


def test_another_region_empties_the_texts(campaign: Campaign, project: Project, operator: User) -> None:
    making.sender_id(project, "DemoShop")
    update(campaign, operator, body_template_revision=making.body(project), sender_id="DemoShop")
    changed = update(campaign, operator, region=Region.DOMESTIC)
    assert (changed.body_template_revision, changed.sender_id) == (None, "")


def test_an_approved_sender_id_is_taken(campaign: Campaign, project: Project, operator: User) -> None:
    making.sender_id(project, "DemoShop")
    assert update(campaign, operator, sender_id="DemoShop").sender_id == "DemoShop"


@pytest.mark.parametrize("text", ["Unknown", "Pending", "Elsewhere", "Caffè", "a b", "\u202eDemo"])
def test_any_other_sender_id_is_refused(
    campaign: Campaign, project: Project, operator: User, text: str
) -> None:
    making.sender_id(project, "Pending", status=RevisionStatus.PENDING)
    making.sender_id(ProjectFactory(), "Elsewhere")
    with pytest.raises(CampaignsError, match="not an approved sender ID") as refusal:
        update(campaign, operator, sender_id=text)
    assert refusal.value.field == "sender_id"


@pytest.mark.parametrize("field", ["name", "note"])
@pytest.mark.parametrize("character", ["\u202e", "\x07", "\x00"])
def test_characters_that_turn_a_line_around_are_refused(
    campaign: Campaign, operator: User, field: str, character: str
) -> None:
    with pytest.raises(CampaignsError) as refusal:
        update(campaign, operator, **{field: f"Autumn{character}"})
    assert refusal.value.field == field


def test_typed_numbers_are_checked_at_once(campaign: Campaign, project: Project, operator: User) -> None:
    update(campaign, operator, body_template_revision=making.body(project, "Hello."))
    update(campaign, operator, signature_revision=making.signature(project))
    upload = services.type_numbers(
        campaign=campaign,
        version=None,
        text="+4915123000001, +4915123000002\n+4915123000001；10086",
        by=operator,
    )
    campaign.refresh_from_db()
    assert (upload.n_rows, upload.n_refused, upload.n_duplicates, upload.n_sendable) == (4, 1, 1, 2)
    assert (campaign.status, campaign.source) == (CampaignStatus.READY, RecipientSource.MANUAL)
    assert campaign.forecast.n_messages == 2


def test_the_hundred_and_first_number_is_refused(campaign: Campaign, operator: User) -> None:
    text = " ".join(making.numbers(101))
    with pytest.raises(CampaignsError, match="Import more than that from a file"):
        services.type_numbers(campaign=campaign, version=None, text=text, by=operator)
    hundred = services.type_numbers(
        campaign=campaign, version=None, text=" ".join(making.numbers(100)), by=operator
    )
    assert hundred.n_recipients == 100


def test_typed_numbers_cannot_fill_variables(campaign: Campaign, project: Project, operator: User) -> None:
    update(campaign, operator, body_template_revision=making.body(project))
    with pytest.raises(CampaignsError, match="variables"):
        services.type_numbers(campaign=campaign, version=None, text="+4915123000001", by=operator)


def test_another_region_checks_typed_numbers_again(campaign: Campaign, operator: User) -> None:
    services.type_numbers(campaign=campaign, version=None, text="+4915123000001 +8613800138000", by=operator)
    update(campaign, operator, region=Region.DOMESTIC)
    upload = services.current_upload(campaign)
    assert Recipient.objects.get(upload=upload).msisdn == "+8613800138000"
    assert RefusedRow.objects.get(upload=upload).reason == "other_region"


def test_choosing_a_text_with_variables_asks_for_a_file(
    campaign: Campaign, project: Project, operator: User
) -> None:
    services.type_numbers(campaign=campaign, version=None, text="+4915123000001", by=operator)
    changed = update(campaign, operator, body_template_revision=making.body(project))
    assert changed.status == CampaignStatus.DRAFT
    assert services.current_upload(campaign) is None


def test_a_copy_has_the_same_texts_and_file_and_goes_its_own_way(project: Project, operator: User) -> None:
    original = making.ready(project, operator)
    copy = services.copy_campaign(campaign=original, by=operator)
    services.import_recipients(upload_id=services.current_upload(copy).pk)
    copy.refresh_from_db()
    assert copy.status == CampaignStatus.READY
    assert copy.copied_from == original
    assert copy.body_template_revision == original.body_template_revision
    assert copy.name.endswith("(copy)")
    assert copy.events.get(kind=EventKind.COPIED).by == operator


def test_a_discarded_draft_is_cancelled_and_its_file_forgotten(campaign: Campaign, operator: User) -> None:
    making.uploaded(campaign, making.order_rows(1), by=operator)
    for _ in range(2):
        services.discard_draft(campaign=campaign, version=None, by=operator)
    campaign.refresh_from_db()
    assert campaign.status == CampaignStatus.CANCELLED
    assert services.current_upload(campaign) is None
    with pytest.raises(CampaignsError, match="can no longer be changed"):
        update(campaign, operator, note="late")


def test_a_disabled_project_changes_nothing(
    campaign: Campaign, project: Project, operator: User, admin: User
) -> None:
    disable_project(project=project, by=admin)
    with pytest.raises(ProjectDisabled):
        update(campaign, operator, note="x")
    with pytest.raises(ProjectDisabled):
        services.create_draft(project=project, by=operator)
