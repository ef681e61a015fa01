"""The form that sets a gateway up, made from the fields of its driver."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from delivery.gateway_forms.fields import form_field
from delivery.gateways.base import GatewayDriver
from delivery.gateways.fields import SettingKind
from delivery.models import Gateway
from delivery.services.gateway_changes import RESERVED_SLUGS, SLUG_MAX, GatewaySetup
from smsconsole.lib.plain_text import refuse_control_characters

RATE_MIN, RATE_MAX = 0.1, 100_000
SHARE_MAX_PERCENT = 90


class GatewayForm(forms.Form):
    """`seen` is the moment of the last change as the page knew it; without a gateway it asks for a new one."""

    seen = forms.DateTimeField(required=False, widget=forms.HiddenInput)
    name = forms.CharField(
        label=pgettext_lazy("gateway", "Name"),
        max_length=60,
        validators=[refuse_control_characters],
        error_messages={"required": _("Type a name for this gateway.")},
    )
    slug = forms.SlugField(
        label=_("Name in addresses and commands"),
        max_length=SLUG_MAX,
        required=False,
        help_text=_("Small letters, digits and hyphens. Empty: made of the name. It stays as it is."),
        error_messages={"invalid": _("Only letters, digits and hyphens, for example main-line.")},
    )
    rate_per_second = forms.FloatField(
        label=_("Segments per second"),
        min_value=RATE_MIN,
        max_value=RATE_MAX,
        required=False,
        help_text=_("What the carrier allows, shared by all workers. Empty: as fast as the gateway answers."),
        error_messages={
            "invalid": _("Type a number, for example 50."),
            "min_value": _("At least %(limit_value)s. To stop everything, pause the gateway instead."),
            "max_value": _("At most %(limit_value)s."),
        },
    )
    verification_percent = forms.IntegerField(
        label=_("Kept for verification codes, in %"),
        min_value=0,
        max_value=SHARE_MAX_PERCENT,
        required=False,
        help_text=_(
            "This share of the rate is left free of everything else, so that codes never wait behind it."
        ),
        error_messages={
            "invalid": _("Type a whole number, for example 20."),
            "min_value": _("At least %(limit_value)s."),
            "max_value": _("At most %(limit_value)s."),
        },
    )

    def __init__(
        self, data: Any = None, *, driver: type[GatewayDriver], gateway: Gateway | None = None, **options: Any
    ) -> None:
        options.setdefault("initial", _initial(driver, gateway))
        super().__init__(data, **options)
        self._settings = driver.fields
        kept = set(json.loads(gateway.secret or "{}")) if gateway else set()
        if gateway is not None:
            del self.fields["slug"]
        for setting in driver.fields:
            is_kept = setting.kind == SettingKind.SECRET and setting.name in kept
            self.fields[f"setting_{setting.name}"] = form_field(setting, is_kept=is_kept)
            if is_kept and not setting.is_required:
                self.fields[f"forget_{setting.name}"] = forms.BooleanField(
                    label=_("Take the kept one away"), required=False
                )

    def clean_slug(self) -> str:
        slug: str = self.cleaned_data["slug"].lower()
        if slug in RESERVED_SLUGS:
            raise forms.ValidationError(_("This is the name of a page of the console. Choose another."))
        if slug and Gateway.objects.filter(slug=slug).exists():
            raise forms.ValidationError(_("Another gateway has this name already. Choose another."))
        return slug

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        is_rateless = "rate_per_second" in cleaned and not cleaned["rate_per_second"]
        if is_rateless and cleaned.get("verification_percent"):
            self.add_error(
                "verification_percent",
                _(
                    "A share can be kept only of a rate. Type the segments per second as well, "
                    "or leave this empty."
                ),
            )
        return cleaned

    @property
    def groups(self) -> Iterator[tuple[str | Promise, list[tuple[BoundField, BoundField | None]]]]:
        """The driver's fields under their headings, each with the switch that takes a kept secret away, or None."""
        grouped: dict[str, list[tuple[BoundField, BoundField | None]]] = {}
        for setting in self._settings:
            forget = f"forget_{setting.name}"
            pair = (self[f"setting_{setting.name}"], self[forget] if forget in self.fields else None)
            grouped.setdefault(str(setting.group), []).append(pair)
        yield from grouped.items()

    def setup(self) -> GatewaySetup:
        """What was typed. An empty setting is left out: its driver then takes its default."""
        cleaned = self.cleaned_data
        settings: dict[str, Any] = {}
        secrets: dict[str, str | None] = {}
        for setting in self._settings:
            value = cleaned.get(f"setting_{setting.name}")
            if isinstance(value, str):
                # A browser ends lines as HTTP does; keys and bodies are meant as they were typed.
                value = value.replace("\r\n", "\n")
            if setting.kind == SettingKind.SECRET:
                if value:
                    secrets[setting.name] = value
                elif cleaned.get(f"forget_{setting.name}"):
                    secrets[setting.name] = None
            elif value is not None and value != "":
                settings[setting.name] = value
        return GatewaySetup(
            name=cleaned["name"],
            rate_per_second=cleaned["rate_per_second"],
            verification_share=(cleaned["verification_percent"] or 0) / 100,
            settings=settings,
            secrets=secrets,
        )


def _initial(driver: type[GatewayDriver], gateway: Gateway | None) -> dict[str, Any]:
    present = gateway.settings if gateway else {}
    initial = {
        f"setting_{setting.name}": _short(present.get(setting.name, setting.default))
        for setting in driver.fields
        if setting.kind != SettingKind.SECRET
    }
    if gateway is not None:
        initial |= {
            "name": gateway.name,
            "rate_per_second": _short(gateway.rate_per_second),
            "verification_percent": round(gateway.verification_share * 100) or None,
            "seen": gateway.changed_at.isoformat(),
        }
    return initial


def _short(value: Any) -> Any:
    """A number without a fraction that says nothing."""
    return int(value) if isinstance(value, float) and value.is_integer() else value
