"""How drivers read what their form asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from delivery.gateways.errors import GatewayMisconfigured
from delivery.gateways.fields import SettingField, SettingKind


def field_named(fields: Sequence[SettingField], name: str) -> SettingField:
    return next(field for field in fields if field.name == name)


def setting_of(settings: Mapping[str, Any], fields: Sequence[SettingField], name: str) -> str:
    """A text, choice or address, without blanks around it; its default when it is empty.

    Raises `GatewayMisconfigured` for one that is missing, no choice, or no address.
    """
    field = field_named(fields, name)
    value = str(settings.get(name) or field.default or "").strip()
    if not value and field.is_required:
        raise GatewayMisconfigured(_("“%(setting)s” is missing.") % {"setting": field.label})
    if field.kind is SettingKind.CHOICE and value not in dict(field.choices):
        raise GatewayMisconfigured(_("“%(setting)s” has none of its choices.") % {"setting": field.label})
    if field.kind is SettingKind.URL and value and not _is_address(value):
        raise GatewayMisconfigured(
            _("“%(setting)s” must be an address that begins with https:// or http://.")
            % {"setting": field.label}
        )
    return value


def number_setting(settings: Mapping[str, Any], fields: Sequence[SettingField], name: str) -> float:
    """A number within its bounds, its default when it is empty; raises `GatewayMisconfigured`."""
    field = field_named(fields, name)
    value = settings.get(name)
    if value is None or value == "":
        value = field.default
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = float("nan")
    low = float("-inf") if field.smallest is None else field.smallest
    high = float("inf") if field.largest is None else field.largest
    if not low <= number <= high:
        raise GatewayMisconfigured(
            _("“%(setting)s” must be a number from %(low)g to %(high)g.")
            % {"setting": field.label, "low": low, "high": high}
        )
    return number


def _is_address(value: str) -> bool:
    try:
        parts = urlsplit(value)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
