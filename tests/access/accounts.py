"""Rows of the access table: accounts."""

from __future__ import annotations

from typing import Any

from accounts import services
from accounts.models import Role
from tests.access.kit import (
    ADMINS,
    EVERYBODY,
    MEMBERS_AND_STAFF,
    NOT_FOUND,
    SIGNED_IN,
    Row,
    Things,
    no_arguments,
    of_member,
    of_nobody,
    of_nobodys_reset,
    of_organization,
)
from tests.factories import UserFactory


def of_invitation(things: Things) -> list[Any]:
    invitation = services.invite(
        organization=things.organization,
        email="invited@example.com",
        name="",
        roles=[Role.OPERATOR],
        may_reveal_numbers=False,
        by=UserFactory(),
    )
    return [things.organization.uuid, invitation.uuid]


def of_no_session(things: Things) -> list[Any]:
    return [1_000_000]


def of_no_token(things: Things) -> list[Any]:
    return ["no-token"]


# A link that has ended says so to everybody.
ENDED = (410, 410, 410, 410, 410, 410)
# Only whoever is on the way in by password sees it; the others are led to the sign-in or on.
ON_THE_WAY_IN = EVERYBODY
# Nobody but a member can leave.
LEAVE = ("in", "ok", "ok", "ok", 404, 404)

ROWS: list[Row] = [
    ("sign-in", "get", no_arguments, EVERYBODY),
    ("sign-in", "post", no_arguments, EVERYBODY),
    ("account_login", "get", no_arguments, EVERYBODY),
    ("account_login", "post", no_arguments, EVERYBODY),
    ("mfa_authenticate", "get", no_arguments, ON_THE_WAY_IN),
    ("mfa_authenticate", "post", no_arguments, ON_THE_WAY_IN),
    ("sign-out", "post", no_arguments, EVERYBODY),
    ("account_reauthenticate", "get", no_arguments, SIGNED_IN),
    ("account_reauthenticate", "post", no_arguments, SIGNED_IN),
    ("mfa_reauthenticate", "get", no_arguments, SIGNED_IN),
    ("mfa_reauthenticate", "post", no_arguments, SIGNED_IN),
    ("password-change", "get", no_arguments, SIGNED_IN),
    ("password-change", "post", no_arguments, SIGNED_IN),
    ("password-reset", "get", no_arguments, NOT_FOUND),  # without a mail server
    ("password-reset", "post", no_arguments, NOT_FOUND),
    ("password-reset-confirm", "get", of_nobodys_reset, EVERYBODY),
    ("password-reset-confirm", "post", of_nobodys_reset, EVERYBODY),
    # coming in
    ("register", "get", no_arguments, NOT_FOUND),  # closed by default
    ("register", "post", no_arguments, NOT_FOUND),
    ("register-complete", "get", of_no_token, NOT_FOUND),
    ("register-complete", "post", of_no_token, NOT_FOUND),
    ("invitation", "get", of_nobody, NOT_FOUND),
    ("invitation", "post", of_nobody, NOT_FOUND),
    # one's own account
    ("account", "get", no_arguments, SIGNED_IN),
    ("account", "post", no_arguments, SIGNED_IN),
    ("email-change", "get", no_arguments, SIGNED_IN),
    ("email-change", "post", no_arguments, SIGNED_IN),
    ("email-confirm", "get", of_no_token, ENDED),
    ("email-confirm", "post", of_no_token, ENDED),
    ("usersessions_list", "get", no_arguments, SIGNED_IN),
    ("sessions-end", "post", no_arguments, SIGNED_IN),
    ("session-end", "post", of_no_session, SIGNED_IN),
    ("organization-leave", "post", of_organization, LEAVE),
    ("mfa_index", "get", no_arguments, SIGNED_IN),
    ("mfa_activate_totp", "get", no_arguments, SIGNED_IN),
    ("mfa_activate_totp", "post", no_arguments, SIGNED_IN),
    ("mfa_deactivate_totp", "get", no_arguments, SIGNED_IN),
    ("mfa_deactivate_totp", "post", no_arguments, SIGNED_IN),
    ("mfa_view_recovery_codes", "get", no_arguments, SIGNED_IN),
    ("mfa_generate_recovery_codes", "get", no_arguments, SIGNED_IN),
    ("mfa_generate_recovery_codes", "post", no_arguments, SIGNED_IN),
    # organizations/<organization>/members/
    ("member-list", "get", of_organization, MEMBERS_AND_STAFF),
    ("member-add", "get", of_organization, ADMINS),
    ("member-add", "post", of_organization, ADMINS),
    ("organization-two-factor", "post", of_organization, ADMINS),
    ("member-edit", "get", of_member, ADMINS),
    ("member-edit", "post", of_member, ADMINS),
    ("member-remove", "post", of_member, ADMINS),
    ("member-unlock", "post", of_member, ADMINS),
    ("member-two-factor-reset", "post", of_member, ADMINS),
    ("member-invite", "get", of_invitation, ADMINS),
    ("invitation-renew", "post", of_invitation, ADMINS),
    ("invitation-withdraw", "post", of_invitation, ADMINS),
]
