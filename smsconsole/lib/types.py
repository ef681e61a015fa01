"""Words shared by several apps, without models."""

from __future__ import annotations

from enum import StrEnum


class Region(StrEnum):
    """Whether numbers belong to the installation's home country. A campaign is one or the other."""

    DOMESTIC = "domestic"
    INTERNATIONAL = "international"
