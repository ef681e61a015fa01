"""Projects, their keys, limits and number lists; one module per subject."""

from projects.models.contacts import AbuseWatch, AlarmContact
from projects.models.limits import AllowedCountry, Cap, FrequencyRule
from projects.models.lists import ListedNumber, RemovalRequest
from projects.models.project import AppKey, Project, new_sdk_app_id

__all__ = [
    "AbuseWatch",
    "AlarmContact",
    "AllowedCountry",
    "AppKey",
    "Cap",
    "FrequencyRule",
    "ListedNumber",
    "Project",
    "RemovalRequest",
    "new_sdk_app_id",
]
