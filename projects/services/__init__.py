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
from projects.services.program_keys import (
    API_KEYS_MAX,
    SECRET_KEYS_MAX,
    ApiKeyTerms,
    NewApiKey,
    add_api_key,
    add_secret_key,
    change_api_key,
    change_secret_key,
    retire_key,
    reveal_secret_key,
    set_app_key_addresses,
    token_hash,
)
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
from projects.services.pulls import set_pulls
from projects.services.removals import approve_removal, refuse_removal, request_removal
from projects.services.setup import set_up
from projects.services.shared import require_enabled, tell_of_project

__all__ = [
    "ACTIVE_KEYS_MAX",
    "API_KEYS_MAX",
    "CAP_MAX",
    "MESSAGES_MAX",
    "SECONDS_MAX",
    "SECRET_KEYS_MAX",
    "UNCERTAIN_MINUTES_MAX",
    "UNCERTAIN_MINUTES_MIN",
    "ApiKeyTerms",
    "CountryLine",
    "NewApiKey",
    "add_api_key",
    "add_app_key",
    "add_countries",
    "add_numbers",
    "add_project",
    "add_secret_key",
    "approve_removal",
    "change_api_key",
    "change_secret_key",
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
    "retire_key",
    "reveal_app_key",
    "reveal_secret_key",
    "set_app_key_addresses",
    "set_cap",
    "set_frequency_limit",
    "set_marketing_hours",
    "set_pulls",
    "set_uncertain_policy",
    "set_up",
    "tell_of_project",
    "token_hash",
    "unsubscribe",
]
