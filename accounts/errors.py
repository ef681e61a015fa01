"""Refusals of this app, with words a person can read."""

from __future__ import annotations


class AccountsError(Exception):
    """An expected refusal; `str(error)` may be shown."""


class NotForIndividuals(AccountsError):
    """Only an organization that is verified as an enterprise may do this."""


class MemberChanged(AccountsError):
    """Somebody changed this member's rights after the page was opened; the words say who and when."""


class StandingChanged(AccountsError):
    """Somebody was faster: the verification or activation is no longer what the page showed."""
