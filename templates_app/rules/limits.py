"""How long texts may be. Each number is a setting; whoever runs the installation may change it."""

from __future__ import annotations

from typing import Final

from django.conf import settings
from django.utils.translation import gettext as _

from smsconsole.lib.types import Region

# What the columns of the database take, whatever the settings say.
SIGNATURE_STORED_MAX: Final = 30
BODY_STORED_MAX: Final = 2000
SENDER_ID_STORED_MAX: Final = 30


def signature_bounds(region: Region) -> tuple[int, int]:
    """The fewest and the most characters of a signature, without its brackets."""
    longest = (
        settings.SIGNATURE_MAX_DOMESTIC if region is Region.DOMESTIC else settings.SIGNATURE_MAX_INTERNATIONAL
    )
    return int(settings.SIGNATURE_MIN), int(longest)


def body_max() -> int:
    """The most characters of a whole message: signature, its brackets and the text with its values."""
    return int(settings.BODY_MAX)


def scenario_min() -> int:
    """The fewest characters of a scenario description."""
    return int(settings.SCENARIO_MIN)


def who_may_change(setting: str) -> str:
    """The sentence after a refusal that names a limit."""
    return _("The person who runs this installation may change the limit (%(setting)s).") % {
        "setting": setting
    }
