"""How a file of recipients should look: the same words at the drop zone and in the template to download."""

from __future__ import annotations

from django.conf import settings
from django.utils.translation import gettext as _

from campaigns.models import Campaign
from smsconsole.lib.countries import country_name
from smsconsole.lib.types import Region
from templates_app.rendering import sample_parameters
from templates_app.statuses import TextKind

EXAMPLE_NUMBERS = {
    Region.DOMESTIC: ["+86 138 0013 8000", "+86 139 1234 5678"],
    Region.INTERNATIONAL: ["+49 1512 3456789", "+852 5123 4567"],
}


def columns_of(campaign: Campaign) -> list[str]:
    """The headings: the number, then the variables in the order of the text."""
    return [_("Number"), *_placeholders(campaign)]


def example_rows_of(campaign: Campaign) -> list[list[str]]:
    """Two rows that would be sent as they are, except that nobody has these numbers."""
    region = Region(campaign.region)
    is_code = campaign.kind == TextKind.VERIFICATION
    samples = sample_parameters(_placeholders(campaign), region=region, is_code=is_code)
    return [[number, *samples] for number in EXAMPLE_NUMBERS[region]]


def format_notes(campaign: Campaign) -> list[str]:
    """What matters most first; short enough to be read beside the drop zone."""
    placeholders = _placeholders(campaign)
    by_name = any(not name.isdigit() for name in placeholders)
    notes = [_("One person per row: the number in the first column, a heading above it or not.")]
    if not placeholders:
        notes.append(_("This text has no variables: further columns are ignored."))
    elif by_name:
        names = ", ".join(placeholders)
        notes.append(
            _("Then a column for each variable, named by its heading: %(names)s.") % {"names": names}
        )
    else:
        shown = ", ".join(f"{{{name}}}" for name in placeholders)
        notes.append(_("Then the values of %(names)s, a column each, in this order.") % {"names": shown})
    country = campaign.project.default_country
    if country:
        notes.append(
            _(
                "Numbers as +86 138…, 0086 138… or as dialled inside %(country)s; spaces and hyphens do not matter."
            )
            % {"country": country_name(country)}
        )
    else:
        notes.append(
            _(
                "Numbers with their country code, as +49 1512… or 0049 1512…; spaces and hyphens do not matter."
            )
        )
    home = country_name(settings.HOME_COUNTRY)
    if campaign.region == Region.DOMESTIC:
        notes.append(_("Only numbers of %(country)s; others are refused, row by row.") % {"country": home})
    else:
        notes.append(_("Numbers of %(country)s are refused here, row by row.") % {"country": home})
    notes.append(_("Same number and same values twice: sent to once. A bad row never stops the file."))
    notes.append(_("CSV in UTF-8, GB18030 or UTF-16, with comma, semicolon or tab."))
    return notes


def _placeholders(campaign: Campaign) -> list[str]:
    revision = campaign.body_template_revision
    return list(revision.placeholders) if revision else []
