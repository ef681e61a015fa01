"""Tokens in links that let a person in without a password."""

from __future__ import annotations

from django.contrib.auth.tokens import PasswordResetTokenGenerator

from accounts.models import User


class InvitationTokens(PasswordResetTokenGenerator):
    """Bound to the unusable password of a new account, so it ends when the first password is set.

    A salt of its own: an invitation is no password reset and the other way round.
    """

    key_salt = "accounts.invitation"

    def check_token(self, user: User | None, token: str | None) -> bool:
        return user is not None and not user.has_usable_password() and super().check_token(user, token)


invitation_tokens = InvitationTokens()
