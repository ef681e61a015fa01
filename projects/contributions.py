"""What apps above this one know about a project and its pages show: figures of limits, words for consent.

An app contributes a function in a module of a fixed name, as it does with `navigation.py`; this app knows none of
them by name, so no arrow points back.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

from django.apps import apps

from projects.models import Project


@dataclass(frozen=True, slots=True)
class LimitFigures:
    """What was counted against the limits. Keys of hits are dimensions, of usage (scope, period)."""

    hits_today: Mapping[str, int] = field(default_factory=dict)
    hits_week: Mapping[str, int] = field(default_factory=dict)
    usage: Mapping[tuple[str, str], int] = field(default_factory=dict)


def limit_figures(project: Project) -> LimitFigures:
    """Hits of today and of the last seven days, and what the running day and month have used."""
    for module in _modules("limit_figures"):
        found: LimitFigures = module.limit_figures(project)
        return found
    return LimitFigures()


def consent_words(project: Project, keys: Collection[str]) -> dict[str, str]:
    """For what somebody unsubscribed, in words, by consent key; keys that nobody knows are left out."""
    words: dict[str, str] = {}
    if any(keys):
        for module in _modules("consent_words"):
            words |= module.consent_words(project, keys)
    return words


@cache
def _modules(name: str) -> tuple[ModuleType, ...]:
    paths = (f"{config.name}.{name}" for config in apps.get_app_configs())
    return tuple(import_module(path) for path in paths if find_spec(path) is not None)
