"""What happens to people, one module per subject."""

from accounts.services.invitations import accept_invitation, invitation_token
from accounts.services.members import add_member, change_member, remove_member
from accounts.services.setup import new_setup_code, set_up_organization
from accounts.services.standing import vouch_for

__all__ = [
    "accept_invitation",
    "add_member",
    "change_member",
    "invitation_token",
    "new_setup_code",
    "remove_member",
    "set_up_organization",
    "vouch_for",
]
