"""Tokens in links that let a person in without a password."""

from __future__ import annotations

from django.contrib.auth.tokens import PasswordResetTokenGenerator


class InvitationTokens(PasswordResetTokenGenerator):
    """Bound to the (unusable) password of a new account, so it ends when the first password is set.

    A salt of its own: an invitation is no password reset and the other way round.
    """

    key_salt = "accounts.invitation"


invitation_tokens = InvitationTokens()
