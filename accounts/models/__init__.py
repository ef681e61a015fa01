"""People and organizations; one module per subject."""

from accounts.models.invitations import Invitation
from accounts.models.people import (
    Installation,
    Language,
    Membership,
    Organization,
    Role,
    User,
    UserManager,
)
from accounts.models.standing import IdentityVerification, ServiceActivation, VerificationDocument

__all__ = [
    "IdentityVerification",
    "Installation",
    "Invitation",
    "Language",
    "Membership",
    "Organization",
    "Role",
    "ServiceActivation",
    "User",
    "UserManager",
    "VerificationDocument",
]
