"""People and organizations; one module per subject."""

from accounts.models.people import Installation, Membership, Organization, Role, User, UserManager
from accounts.models.standing import IdentityVerification, ServiceActivation, VerificationDocument

__all__ = [
    "IdentityVerification",
    "Installation",
    "Membership",
    "Organization",
    "Role",
    "ServiceActivation",
    "User",
    "UserManager",
    "VerificationDocument",
]
