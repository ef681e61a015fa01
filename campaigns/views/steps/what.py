"""The first step: which text, under which name, from whom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.forms import WhatForm
from campaigns.models import Campaign
from campaigns.services import proposed_name
from campaigns.texts import sample_text
from campaigns.views.lookup import campaign_url
from campaigns.views.steps.draft import Draft, Step
from smsconsole.lib.countries import country_name
from smsconsole.lib.segments import SegmentCount, count_segments
from smsconsole.lib.types import Region
from templates_app.models import REGION_CHOICES, BodyTemplateRevision, SignatureRevision
from templates_app.rendering import signed_text

REGION_HINTS = {
    Region.DOMESTIC: gettext_lazy(
        "Only numbers of %(country)s; others in the file are refused and can be sent separately."
    ),
    Region.INTERNATIONAL: gettext_lazy(
        "All numbers outside %(country)s; its own are refused and can be sent separately."
    ),
}


@dataclass(frozen=True, slots=True)
class TextPreview:
    """A text as the phone shows it, with what it costs."""

    text: str
    sender: str
    count: SegmentCount
    words: str


def what_step(draft: Draft, home_country: str) -> tuple[Step, dict[str, Any]]:
    campaign = draft.campaign
    is_done = draft.has_text
    step = Step(
        key="what",
        title=_("What"),
        template="campaigns/_what.html",
        is_done=is_done,
        is_open=not is_done or draft.stay_open == "what" or _is_refused(draft),
        summary=_summary(draft),
    )
    slug = draft.project.slug
    return step, {
        "what_form": what_form(draft),
        "what_url": campaign_url("campaign-what", campaign)
        if campaign
        else reverse("campaign-new", args=[slug]),
        "regions": REGION_CHOICES,
        "region": draft.region,
        "region_hint": REGION_HINTS[draft.region] % {"country": country_name(home_country)},
        "has_templates": bool(draft.templates),
        "has_signatures": bool(draft.signatures),
        "new_template_url": f"{reverse('body-template-create', args=[slug])}?region={draft.region}",
        "new_sender_url": reverse("sender-id-create", args=[slug]),
        "new_signature_url": f"{reverse('signature-create', args=[slug])}?region={draft.region}",
        "kind_label": campaign.get_kind_display() if campaign and campaign.kind else "",
        "preview": sample_preview(campaign) if campaign else None,
    }


def what_form(draft: Draft) -> WhatForm:
    campaign = draft.campaign
    initial: dict[str, Any] = {"name": proposed_name(draft.project)}
    if campaign:
        initial = {
            "body_template_revision": draft.body.uuid if draft.body else "",
            "signature_revision": draft.signature.uuid if draft.signature else "",
            "name": campaign.name,
            "sender_id": campaign.sender_id,
            "note": campaign.note,
        }
    return draft.form(
        "what_form",
        WhatForm,
        initial=initial,
        templates=template_choices(draft.templates),
        signatures=signature_choices(draft.signatures, draft.region),
        senders=sender_choices(draft),
    )


def sender_choices(draft: Draft) -> list[tuple[str, Any]]:
    """The approved sender IDs, and the draft's own when it is not approved any more, so that it can be seen."""
    if draft.region != Region.INTERNATIONAL:
        return []
    choices: dict[str, str] = {}
    for revision in draft.sender_ids:
        place = country_name(revision.sender_id.country) if revision.sender_id.country else ""
        words = _("%(text)s (only %(country)s)") % {"text": revision.text, "country": place}
        choices[revision.text] = words if place and revision.text not in choices else revision.text
    own = draft.campaign.sender_id if draft.campaign else ""
    if own and own not in choices:
        choices[own] = _("%(text)s (not approved any more)") % {"text": own}
    return list(choices.items())


def template_choices(revisions: list[BodyTemplateRevision]) -> list[tuple[str, Any]]:
    """Grouped by scenario type, in the order of the types."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for revision in revisions:
        group = groups.setdefault(str(revision.get_kind_display()), [])
        group.append((str(revision.uuid), revision.body_template.name))
    return list(groups.items())


def signature_choices(revisions: list[SignatureRevision], region: Region) -> list[tuple[str, Any]]:
    return [(str(revision.uuid), signed_text(revision.text, region, "")) for revision in revisions]


def sample_preview(campaign: Campaign) -> TextPreview | None:
    """The chosen text with plausible values; None while no template is chosen."""
    text = sample_text(campaign)
    if not text:
        return None
    has_values = bool(campaign.body_template_revision and campaign.body_template_revision.placeholders)
    words = (
        _("with sample values; the file brings the real ones") if has_values else _("the same for everybody")
    )
    return TextPreview(text=text, sender=campaign.sender_id, count=count_segments(text), words=words)


def _summary(draft: Draft) -> str:
    if not draft.body or not draft.signature:
        return ""
    signature = signed_text(draft.signature.text, draft.region, "")
    words = [draft.body.body_template.name, signature]
    if draft.campaign and draft.campaign.sender_id:
        words.append(_("from %(sender)s") % {"sender": draft.campaign.sender_id})
    return " · ".join(words)


def _is_refused(draft: Draft) -> bool:
    return draft.refusal is not None and draft.refusal.form == "what_form"
