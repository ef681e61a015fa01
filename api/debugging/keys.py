"""The secrets that a signature may have been made with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple


class KeyHalf(NamedTuple):
    """The secret half of an SDK AppID or a SecretId."""

    secret: str
    is_retired: bool = False


class ProjectSecrets(NamedTuple):
    """Those of a project: AppKeys, newest first, and SecretKeys by their SecretId."""

    sdk_app_id: int
    app_keys: Sequence[KeyHalf]
    pairs: Mapping[str, KeyHalf]
