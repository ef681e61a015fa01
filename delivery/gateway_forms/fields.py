"""From what a driver says it needs (`SettingField`) to the fields of its gateway's form."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.utils.translation import gettext_lazy as _

from delivery.gateways.fields import SettingField, SettingKind
from smsconsole.lib.plain_text import refuse_control_characters, refuse_control_characters_in_lines

# A secret longer than this is a key of several lines.
LONGEST_PASSWORD = 2_000


def form_field(setting: SettingField, *, is_kept: bool = False) -> forms.Field:
    """The field that asks for this setting. `is_kept`: it is a secret that is known already."""
    common: dict[str, Any] = {
        "label": setting.label,
        "help_text": setting.help,
        "required": setting.is_required and not is_kept,
    }
    if setting.kind == SettingKind.SWITCH:
        return forms.BooleanField(**{**common, "required": False})
    if setting.kind == SettingKind.NUMBER:
        return _number(setting, common)
    if setting.kind == SettingKind.CHOICE:
        choices = list(setting.choices)
        if not common["required"] and setting.default == "" and all(value for value, _words in choices):
            choices.insert(0, ("", "–"))
        return forms.ChoiceField(**common, choices=choices)
    if setting.kind == SettingKind.SECRET:
        return _secret(setting, common, is_kept=is_kept)
    if setting.kind == SettingKind.URL:
        return forms.CharField(
            **common, max_length=setting.max_length, widget=forms.URLInput, validators=[refuse_no_address]
        )
    if setting.kind == SettingKind.LINES:
        return forms.CharField(
            **common,
            max_length=setting.max_length,
            widget=forms.Textarea({"rows": 5, "class": "font-monospace", "spellcheck": "false"}),
            validators=[refuse_control_characters_in_lines],
        )
    return forms.CharField(**common, max_length=setting.max_length, validators=[refuse_control_characters])


def _number(setting: SettingField, common: dict[str, Any]) -> forms.Field:
    bounds: dict[str, Any] = {"min_value": setting.smallest, "max_value": setting.largest}
    words = {
        "invalid": _("Type a number."),
        "min_value": _("At least %(limit_value)s."),
        "max_value": _("At most %(limit_value)s."),
    }
    if _is_whole(setting):
        whole: dict[str, Any] = {
            name: None if bound is None else int(bound) for name, bound in bounds.items()
        }
        return forms.IntegerField(**common, **whole, error_messages=words)
    return forms.FloatField(**common, **bounds, error_messages=words)


def refuse_no_address(value: str) -> None:
    """Validator of an address over HTTP. Placeholders and names without a dot, as of one's own network, are fine."""
    try:
        parts = urlsplit(value)
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname) and " " not in value
    except ValueError:
        is_address = False
    if not is_address:
        raise forms.ValidationError(_("Type an address that begins with https:// or http://."))
    refuse_control_characters(value)


def _is_whole(setting: SettingField) -> bool:
    """Whether only whole numbers make sense: nothing that its driver says of it has a fraction."""
    said = (setting.default, setting.smallest, setting.largest)
    return not isinstance(setting.default, float) and all(
        float(n).is_integer() for n in said if n not in ("", None)
    )


def _secret(setting: SettingField, common: dict[str, Any], *, is_kept: bool) -> forms.Field:
    """What was just typed is shown again beside an error, what is kept never."""
    attrs = {"autocomplete": "new-password", "spellcheck": "false"}
    if is_kept:
        attrs["placeholder"] = str(_("Kept. Type to replace it."))
    if setting.max_length > LONGEST_PASSWORD:
        widget: forms.Widget = forms.Textarea({**attrs, "rows": 4, "class": "font-monospace"})
        validators = [refuse_control_characters_in_lines]
    else:
        widget = forms.PasswordInput(attrs, render_value=True)
        validators = [refuse_control_characters]
    return forms.CharField(**common, max_length=setting.max_length, widget=widget, validators=validators)
