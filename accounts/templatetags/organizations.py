"""What the pages of an organization share: its tabs, and the checklist in short."""

from __future__ import annotations

from typing import Any

from django import template
from django.template.context import Context
from django.utils.translation import gettext_lazy as _

from accounts import checklist, organization_pages, standing_queries
from accounts.access import roles_in
from accounts.models import IdentityVerification, Organization

register = template.Library()

_IDENTITY = [
    ("kind", _("Kind")),
    ("legal_name", _("Legal name")),
    ("registration_number", _("Registration number")),
    ("address", _("Address")),
    ("contact_name", _("Contact person")),
    ("contact_msisdn", _("Contact's number")),
]


@register.inclusion_tag("accounts/_organization_tabs.html", takes_context=True)
def organization_tabs(context: Context, organization: Organization) -> dict[str, Any]:
    """Members · Verification and activation · Checklist · whatever other apps add, as this viewer may see it."""
    request = context["request"]
    return {
        "organization": organization,
        "tabs": organization_pages.tabs_for(
            organization=organization,
            roles=roles_in(request.user, organization.pk),
            is_staff=request.user.is_staff,
            path=request.path,
        ),
    }


@register.inclusion_tag("accounts/_checklist_notice.html", takes_context=True)
def checklist_notice(context: Context, organization: Organization) -> dict[str, Any]:
    """What is still missing, folded up; nothing once the first message was sent, and nothing for platform staff.

    One query for an organization that is past it, some twenty before.
    """
    roles = roles_in(context["request"].user, organization.pk)
    if not roles or checklist.is_over(organization):
        return {"checklist": None}
    return {
        "organization": organization,
        "checklist": checklist.checklist_of(organization, roles=roles),
    }


@register.inclusion_tag("accounts/_staff_tabs.html", takes_context=True)
def staff_tabs(context: Context) -> dict[str, Any]:
    """Organizations · Verifications · Gateways · Audit."""
    return {"path": context["request"].path, "n_waiting": standing_queries.waiting().n_total}


@register.inclusion_tag("accounts/_identity_facts.html")
def identity_facts(one: IdentityVerification, compared: IdentityVerification | None = None) -> dict[str, Any]:
    """The data of a verification; what differs from `compared` (those in force) is marked."""
    if compared is not None and compared.pk == one.pk:
        compared = None
    return {
        "rows": [
            (
                label,
                getattr(one, name),
                compared is not None and getattr(one, name) != getattr(compared, name),
            )
            for name, label in _IDENTITY
        ],
        "kind": one.get_kind_display(),
    }
