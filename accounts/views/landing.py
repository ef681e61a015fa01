"""Where somebody new to an organization lands."""

from __future__ import annotations

from django.shortcuts import resolve_url
from django.urls import NoReverseMatch

from accounts.models import Organization


def checklist_address(organization: Organization) -> str:
    """The page that shows what is missing before the first message can be sent."""
    try:
        return resolve_url("organization-checklist", organization.uuid)
    except NoReverseMatch:
        return resolve_url("project-list")
