"""The final text of a campaign's messages: the one way to it for preview, forecast, test and sending."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from campaigns.models import Campaign
from smsconsole.lib.types import Region
from templates_app.rendering import compile_body, sample_parameters, signed_text
from templates_app.statuses import TextKind


def text_maker(campaign: Campaign) -> Callable[[Sequence[str]], str]:
    """A function from a row's parameters to the whole text, signature included. Called once per message.

    Both revisions must be chosen. They never change, so the same row gives the same text for ever.
    """
    body, signature = campaign.body_template_revision, campaign.signature_revision
    if body is None or signature is None:
        raise ValueError("the campaign has no text yet")
    front = signed_text(signature.text, campaign.region, "")
    fill = compile_body(body.text, body.placeholders)
    return lambda parameters: front + fill(parameters)


def consent_key(campaign: Campaign) -> str:
    """Whose consent the messages need, as number lists know it: that of the signature and kind."""
    revision = campaign.signature_revision
    return f"{revision.signature.uuid}:{campaign.kind}" if revision else ""


def dispatch_tags(campaign: Campaign) -> dict[str, str]:
    """What statistics and alarms go by."""
    return {"kind": campaign.kind, "region": campaign.region, "campaign": str(campaign.uuid)}


def sample_text(campaign: Campaign) -> str:
    """The text with plausible values, as far as it is chosen yet; empty without a body template."""
    body, signature = campaign.body_template_revision, campaign.signature_revision
    if body is None:
        return ""
    values = sample_parameters(
        body.placeholders,
        region=Region(campaign.region),
        is_code=body.kind == TextKind.VERIFICATION,
    )
    filled = compile_body(body.text, body.placeholders)(values)
    return signed_text(signature.text if signature else "", campaign.region, filled)
