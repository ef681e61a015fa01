"""People and organizations; one module per subject."""

from accounts.models.people import Installation, Membership, Organization, Role, User, UserManager

__all__ = ["Installation", "Membership", "Organization", "Role", "User", "UserManager"]
