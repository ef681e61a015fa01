"""What happens in a project; one module per subject."""

from projects.services.app_keys import ACTIVE_KEYS_MAX, add_app_key, retire_app_key, reveal_app_key
from projects.services.projects import (
    add_project,
    delete_project,
    disable_project,
    edit_project,
    enable_project,
    project_contents,
)
from projects.services.setup import set_up
from projects.services.shared import require_enabled

__all__ = [
    "ACTIVE_KEYS_MAX",
    "add_app_key",
    "add_project",
    "delete_project",
    "disable_project",
    "edit_project",
    "enable_project",
    "project_contents",
    "require_enabled",
    "retire_app_key",
    "reveal_app_key",
    "set_up",
]
