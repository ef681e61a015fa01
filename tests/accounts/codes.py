"""The authenticator app of a test: the codes of a person's second factor."""

from __future__ import annotations

import time

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from allauth.mfa.utils import decrypt

from accounts.models import User

STEP_SECONDS = 30


def give_two_factor(user: User) -> list[str]:
    """Switch the second factor on; the recovery codes."""
    TOTP.activate(user, generate_totp_secret())
    return RecoveryCodes.activate(user).get_unused_codes()


def code_of(user: User, *, steps: int = 0) -> str:
    """What the app shows now, or so many steps later."""
    app = Authenticator.objects.get(user=user, type=Authenticator.Type.TOTP)
    return code_for(decrypt(app.data["secret"]), steps=steps)


def code_for(secret: str, *, steps: int = 0) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // STEP_SECONDS + steps))
