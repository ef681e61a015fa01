"""What happens to people, one module per subject."""

from accounts.services.invitations import (
    InvitationEnded,
    accept_as_member,
    accept_as_somebody_new,
    account_of,
    check_invitation,
    invitation_token,
    invite,
    note_mailed,
    renew_invitation,
    withdraw_invitation,
)
from accounts.services.members import (
    add_member,
    change_member,
    leave_organization,
    remove_member,
    require_two_factor,
)
from accounts.services.people import (
    change_email,
    change_profile,
    deactivate_person,
    end_session,
    end_sessions,
    reactivate_person,
    reset_two_factor,
    reset_two_factor_on_the_server,
    unlock_member,
    unlock_person,
)
from accounts.services.registration import (
    LinkEnded,
    RegistrationClosed,
    register_organization,
    registering_email,
    registration_token,
)
from accounts.services.setup import new_setup_code, set_up_organization
from accounts.services.standing import vouch_for

__all__ = [
    "InvitationEnded",
    "LinkEnded",
    "RegistrationClosed",
    "accept_as_member",
    "accept_as_somebody_new",
    "account_of",
    "add_member",
    "change_email",
    "change_member",
    "change_profile",
    "check_invitation",
    "deactivate_person",
    "end_session",
    "end_sessions",
    "invitation_token",
    "invite",
    "leave_organization",
    "new_setup_code",
    "note_mailed",
    "reactivate_person",
    "register_organization",
    "registering_email",
    "registration_token",
    "remove_member",
    "renew_invitation",
    "require_two_factor",
    "reset_two_factor",
    "reset_two_factor_on_the_server",
    "set_up_organization",
    "unlock_member",
    "unlock_person",
    "vouch_for",
    "withdraw_invitation",
]
