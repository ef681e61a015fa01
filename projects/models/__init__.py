"""Projects, their keys, limits and number lists; one module per subject."""

from projects.models.callbacks import CallbackEndpoint
from projects.models.contacts import AbuseWatch, AlarmContact
from projects.models.keys import ApiKey, SecretKey
from projects.models.limits import AllowedCountry, Cap, FrequencyRule
from projects.models.lists import ListedNumber, RemovalRequest
from projects.models.project import AppKey, Project, new_sdk_app_id

__all__ = [
    "AbuseWatch",
    "AlarmContact",
    "AllowedCountry",
    "ApiKey",
    "AppKey",
    "CallbackEndpoint",
    "Cap",
    "FrequencyRule",
    "ListedNumber",
    "Project",
    "RemovalRequest",
    "SecretKey",
    "new_sdk_app_id",
]
