"""What happens in a project; one module per subject."""

from projects.services.app_keys import ACTIVE_KEYS_MAX, add_app_key, retire_app_key, reveal_app_key
from projects.services.contacts import has_alarm_contact
from projects.services.countries import CountryLine, add_countries, limit_to_countries, remove_countries
from projects.services.limits import (
    CAP_MAX,
    MESSAGES_MAX,
    SECONDS_MAX,
    reset_cap,
    reset_frequency_limit,
    set_cap,
    set_frequency_limit,
)
from projects.services.lists import add_numbers, list_max, note_export, remove_numbers, unsubscribe
from projects.services.projects import (
    UNCERTAIN_MINUTES_MAX,
    UNCERTAIN_MINUTES_MIN,
    add_project,
    delete_project,
    disable_project,
    edit_project,
    enable_project,
    project_contents,
    set_marketing_hours,
    set_uncertain_policy,
)
from projects.services.removals import approve_removal, refuse_removal, request_removal
from projects.services.setup import set_up
from projects.services.shared import require_enabled, tell_of_project

__all__ = [
    "ACTIVE_KEYS_MAX",
    "CAP_MAX",
    "MESSAGES_MAX",
    "SECONDS_MAX",
    "UNCERTAIN_MINUTES_MAX",
    "UNCERTAIN_MINUTES_MIN",
    "CountryLine",
    "add_app_key",
    "add_countries",
    "add_numbers",
    "add_project",
    "approve_removal",
    "delete_project",
    "disable_project",
    "edit_project",
    "enable_project",
    "has_alarm_contact",
    "limit_to_countries",
    "list_max",
    "note_export",
    "project_contents",
    "refuse_removal",
    "remove_countries",
    "remove_numbers",
    "request_removal",
    "require_enabled",
    "reset_cap",
    "reset_frequency_limit",
    "retire_app_key",
    "reveal_app_key",
    "set_cap",
    "set_frequency_limit",
    "set_marketing_hours",
    "set_uncertain_policy",
    "set_up",
    "tell_of_project",
    "unsubscribe",
]
