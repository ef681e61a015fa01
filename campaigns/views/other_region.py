"""The rows that only a campaign of the other kind can send to, and the one click that copies them there."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import ngettext

from campaigns.models import Campaign, Upload
from projects.templatetags.console import grouped
from smsconsole.lib.types import RefusalReason, Region


@dataclass(frozen=True, slots=True)
class OtherRegionRows:
    """`region` is the one that these rows belong to."""

    region: Region
    words: str


def rows_of_other_region(campaign: Campaign, upload: Upload | None) -> OtherRegionRows | None:
    """What the button says; None when no row was refused for its region."""
    n = upload.facts.get("by_reason", {}).get(RefusalReason.OTHER_REGION, 0) if upload else 0
    if not n:
        return None
    if campaign.region == Region.INTERNATIONAL:
        words = ngettext(
            "Copy the domestic row to a new draft", "Copy the %(n)s domestic rows to a new draft", n
        )
        return OtherRegionRows(Region.DOMESTIC, words % {"n": grouped(n)})
    words = ngettext(
        "Copy the international row to a new draft", "Copy the %(n)s international rows to a new draft", n
    )
    return OtherRegionRows(Region.INTERNATIONAL, words % {"n": grouped(n)})
