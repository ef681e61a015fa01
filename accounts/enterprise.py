"""What individuals may not do: the table that services refuse by and the page *Individual and enterprise* shows."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# A value of a placeholder in the texts of an individual; longer ones are refused when a file is read.
INDIVIDUAL_VALUE_MAX_CHARACTERS = 12


class EnterpriseOnly(models.TextChoices):
    """What needs an organization verified as an enterprise. The labels are read by people who were refused."""

    INTERNATIONAL = "international", _("Sending international SMS")
    MARKETING = "marketing", _("Sending marketing messages")
    FREQUENCY_LIMITS = "frequency_limits", _("Changing the frequency limits")
    COUNTRY_LIST = "country_list", _("Choosing the countries that may be sent to")
    ALARM_CONTACTS = "alarm_contacts", _("More than 2 alarm contacts in a project")
    SIGNATURE_TYPES = "signature_types", _("Signatures of the types company, trademark and government")
    TEXT_API = "text_api", _("Creating signatures and body templates by API")
    LONG_VALUES = "long_values", _("Values of placeholders longer than 12 characters")


@dataclass(frozen=True, slots=True)
class Difference:
    """A row of the page *Individual and enterprise*: what either kind of organization gets."""

    what: EnterpriseOnly
    individual: str | Promise
    enterprise: str | Promise


DIFFERENCES = (
    Difference(
        EnterpriseOnly.INTERNATIONAL,
        _("No. Only numbers of the home country."),
        _("Yes, once international SMS is activated."),
    ),
    Difference(
        EnterpriseOnly.MARKETING,
        _("No. Verification codes and notifications only."),
        _("Yes, within the marketing hours and with a way to unsubscribe."),
    ),
    Difference(
        EnterpriseOnly.FREQUENCY_LIMITS,
        _("No. The console's limits hold."),
        _("Yes, for the organization and for each project."),
    ),
    Difference(
        EnterpriseOnly.COUNTRY_LIST,
        _("No."),
        _("Yes, with a warning and a cap for each country."),
    ),
    Difference(EnterpriseOnly.ALARM_CONTACTS, _("2 in a project."), _("5 in a project.")),
    Difference(
        EnterpriseOnly.SIGNATURE_TYPES,
        _("No. App, website, official account and mini program only."),
        _("Yes, all types."),
    ),
    Difference(
        EnterpriseOnly.TEXT_API,
        _("No. On the pages of the console only."),
        _("Yes."),
    ),
    Difference(
        EnterpriseOnly.LONG_VALUES,
        _("No. A longer value refuses its row when the file is read."),
        _("Yes, as long as the whole message stays within its limit."),
    ),
)
