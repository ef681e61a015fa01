"""The secrets with which a project's programs sign, for the signature debugger. They never leave the server."""

from __future__ import annotations

from api.debugging.keys import KeyHalf, ProjectSecrets
from projects.models import AppKey, Project, SecretKey

# Retired keys too, so that one that is still used is recognized; of many only the newest.
_KEYS_MAX = 6


def signing_secrets(project: Project) -> ProjectSecrets:
    """Two queries."""
    app_keys = AppKey.objects.filter(project=project).order_by("-created_at")[:_KEYS_MAX]
    pairs = SecretKey.objects.filter(project=project).order_by("-created_at")[:_KEYS_MAX]
    return ProjectSecrets(
        sdk_app_id=project.sdk_app_id,
        app_keys=[KeyHalf(key.secret, key.retired_at is not None) for key in app_keys],
        pairs={pair.secret_id: KeyHalf(pair.secret, pair.retired_at is not None) for pair in pairs},
    )
