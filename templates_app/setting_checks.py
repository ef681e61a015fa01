"""Whether the lengths of texts that the settings ask for make sense and fit the database."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error

from templates_app.rules.limits import BODY_STORED_MAX, SIGNATURE_STORED_MAX


def check_lengths(**_options: Any) -> list[CheckMessage]:
    """A setting that would refuse every text, or take one that cannot be stored, is named."""
    errors: list[CheckMessage] = []
    for name in ("SIGNATURE_MAX_DOMESTIC", "SIGNATURE_MAX_INTERNATIONAL"):
        if not 1 <= settings.SIGNATURE_MIN <= getattr(settings, name) <= SIGNATURE_STORED_MAX:
            errors.append(
                Error(
                    f"{name} must be at least SIGNATURE_MIN ({settings.SIGNATURE_MIN}, not below 1) and at most "
                    f"{SIGNATURE_STORED_MAX}.",
                    hint="docs/settings.md explains both.",
                    id="templates_app.E001",
                )
            )
    longest = max(settings.SIGNATURE_MAX_DOMESTIC, settings.SIGNATURE_MAX_INTERNATIONAL) + 2
    if not longest < settings.BODY_MAX <= BODY_STORED_MAX:
        errors.append(
            Error(
                f"BODY_MAX must have room for a signature ({longest}) and be at most {BODY_STORED_MAX}.",
                hint="A message is its signature, the brackets and the text.",
                id="templates_app.E002",
            )
        )
    if settings.SCENARIO_MIN < 0:
        errors.append(Error("SCENARIO_MIN may not be below 0.", id="templates_app.E003"))
    return errors
