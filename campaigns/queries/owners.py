"""Whose messages a dispatch holds: a campaign's, a test's, a program's, or the console's own."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from campaigns.models import Campaign, TestSend, Upload


@dataclass(frozen=True, slots=True)
class Owner:
    """`campaign` is None for what programs hand over, and for what the console itself sends, such as alarms."""

    campaign: Campaign | None = None
    upload: Upload | None = None
    is_test: bool = False
    is_program: bool = False


NOBODY = Owner()
PROGRAM = Owner(is_program=True)


def owners_of(project_id: int, dispatch_ids: Collection[int]) -> dict[int, Owner]:
    """The owners of these dispatches, by id; programs' and the console's own are left out. Three statements."""
    found = {
        campaign.dispatch_id: Owner(campaign)
        for campaign in Campaign.objects.filter(
            project=project_id, dispatch_id__in=dispatch_ids
        ).select_related("signature_revision__signature", "body_template_revision", "sent_by", "project")
    }
    uploads = {
        upload.campaign_id: upload
        for upload in Upload.objects.filter(
            campaign__in=[owner.campaign for owner in found.values()], is_current=True
        ).defer("facts")
    }
    owners = {
        pk: Owner(owner.campaign, uploads.get(owner.campaign.pk))
        for pk, owner in found.items()
        if pk is not None and owner.campaign is not None
    }
    tests = TestSend.objects.filter(campaign__project=project_id, dispatch_id__in=dispatch_ids)
    for test in tests.select_related("campaign", "created_by"):
        owners[test.dispatch_id] = Owner(test.campaign, is_test=True)
    return owners
