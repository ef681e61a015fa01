"""What is reviewed: signatures, body templates, sender IDs. Queue, case and story treat all of them alike.

To add one, give it an owner and revisions (`models.Revision`), a row here, a fragment `_case_<noun>.html` for what
only it has, and a foreign key in `Review`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from smsconsole.lib.types import Region
from templates_app import presets
from templates_app.models import (
    AnyOwner,
    AnyRevision,
    BodyTemplateRevision,
    SenderIdRevision,
    SignatureRevision,
)
from templates_app.presets import Preset


@dataclass(frozen=True, slots=True)
class Reviewed:
    """One noun: its words and icon, the page of its owner, how long an answer may take, why it may be refused.

    `owner` is the revision's foreign key to what it is a revision of. `only_region`, where all have the same and
    the owner's table has no column for it.
    """

    noun: str
    label: str | Promise
    plural: str | Promise
    icon: str
    model: type[AnyRevision]
    owner: str
    page: str
    hours_setting: str
    presets: list[Preset]
    only_region: str = ""

    @property
    def revisions(self) -> QuerySet[Any]:
        """Its revisions with their project and the people who wrote and submitted them."""
        return self.model._default_manager.select_related(
            f"{self.owner}__project__organization", "created_by", "submitted_by"
        )

    def url(self, owner: AnyOwner) -> str:
        return reverse(self.page, args=[owner.project.slug, owner.uuid])

    def title(self, revision: AnyRevision) -> str:
        """What people call it."""
        return revision.body_template.name if isinstance(revision, BodyTemplateRevision) else revision.text

    def due_at(self, revision: AnyRevision) -> datetime | None:
        """When the reviewers' answer is due, by the clock of its project; None for what was not submitted."""
        if revision.submitted_at is None:
            return None
        hours: float = getattr(settings, self.hours_setting)
        due: datetime = settings.REVIEW_HOURS.due(revision.submitted_at, hours, revision.owner.project.zone)
        return due


KINDS: Final = (
    Reviewed(
        noun="signature",
        label=_("Signature"),
        plural=_("Signatures"),
        icon="signature",
        model=SignatureRevision,
        owner="signature",
        page="signature-detail",
        hours_setting="REVIEW_SIGNATURE_HOURS",
        presets=presets.FOR_SIGNATURES,
    ),
    Reviewed(
        noun="body_template",
        label=_("Body template"),
        plural=_("Body templates"),
        icon="template",
        model=BodyTemplateRevision,
        owner="body_template",
        page="body-template-detail",
        hours_setting="REVIEW_TEMPLATE_HOURS",
        presets=presets.FOR_BODY_TEMPLATES,
    ),
    Reviewed(
        noun="sender_id",
        label=_("Sender ID"),
        plural=_("Sender IDs"),
        icon="id",
        model=SenderIdRevision,
        owner="sender_id",
        page="sender-id-detail",
        hours_setting="REVIEW_SIGNATURE_HOURS",
        presets=presets.FOR_SENDER_IDS,
        only_region=Region.INTERNATIONAL.value,
    ),
)
_BY_NOUN: Final = {kind.noun: kind for kind in KINDS}


def reviewed(noun: str) -> Reviewed:
    return _BY_NOUN[noun]
