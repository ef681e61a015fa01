"""Sentences about caps that several pages say alike."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from projects.statuses import SCOPE_ALL, SCOPE_DOMESTIC, SCOPE_INTERNATIONAL, CapPeriod
from projects.templatetags.console import grouped
from smsconsole.lib.countries import country_name


def cap_words(cap: dict[str, Any]) -> str:
    """ "The cap of 1 000 international messages a day"; of a country with its name."""
    sentences = {
        (SCOPE_ALL, CapPeriod.DAY): _("The cap of %(n)s messages a day"),
        (SCOPE_ALL, CapPeriod.MONTH): _("The cap of %(n)s messages a month"),
        (SCOPE_DOMESTIC, CapPeriod.DAY): _("The cap of %(n)s domestic messages a day"),
        (SCOPE_DOMESTIC, CapPeriod.MONTH): _("The cap of %(n)s domestic messages a month"),
        (SCOPE_INTERNATIONAL, CapPeriod.DAY): _("The cap of %(n)s international messages a day"),
        (SCOPE_INTERNATIONAL, CapPeriod.MONTH): _("The cap of %(n)s international messages a month"),
    }
    scope, period = cap.get("scope", ""), CapPeriod(cap.get("period") or CapPeriod.DAY)
    n = grouped(cap.get("value") or 0)
    if (scope, period) in sentences:
        return sentences[scope, period] % {"n": n}
    of_country = (
        _("The cap of %(n)s messages a day to %(country)s")
        if period == CapPeriod.DAY
        else _("The cap of %(n)s messages a month to %(country)s")
    )
    return of_country % {"n": n, "country": country_name(scope) or scope}
