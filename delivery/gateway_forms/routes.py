"""Forms about routes: a route, and the question which way a message would go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from delivery.gateway_forms.page import NO_NUMBER
from delivery.models import SANDBOX_KIND, Gateway, Route
from delivery.queries.routes import KIND_WORDS
from delivery.services.route_changes import RouteSetup
from projects.models import Project
from smsconsole.lib.countries import countries
from smsconsole.lib.msisdn import MsisdnError, read_msisdn
from smsconsole.lib.numbering_plans import calling_code_of

if TYPE_CHECKING:
    ModelChoiceField = forms.ModelChoiceField[Any]
else:
    ModelChoiceField = forms.ModelChoiceField

PREFIX_MAX = 15
COST_MAX = 99_999
_SEPARATORS = str.maketrans("", "", " ()-./+")


class ProjectChoice(ModelChoiceField):
    """All projects, each under its organization."""

    def __init__(self, **options: Any) -> None:
        by_name = Project.objects.select_related("organization").order_by("organization__name", "name", "pk")
        super().__init__(queryset=by_name, **options)

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.organization.name} · {obj.name}"


class _GatewayChoice(ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return str(obj.name)


def _kinds() -> list[tuple[str, Any]]:
    return [("", _("Any kind")), *KIND_WORDS.items()]


def _countries() -> list[tuple[str, Any]]:
    return [
        ("", _("Any country")),
        *((code, f"{name} (+{calling})") for code, name, calling in countries()),
    ]


class RouteForm(forms.Form):
    """`seen` is the moment of the last change as the page knew it."""

    seen = forms.DateTimeField(required=False, widget=forms.HiddenInput)
    gateway = _GatewayChoice(
        label=_("Gateway"),
        queryset=Gateway.objects.exclude(kind=SANDBOX_KIND).defer("secret").order_by("name", "pk"),
        empty_label=_("Choose a gateway"),
        error_messages={"required": _("Choose the gateway that this route leads to.")},
    )
    project = ProjectChoice(label=_("Project"), required=False, empty_label=_("Any project"))
    kind = forms.ChoiceField(label=_("Kind of message"), choices=_kinds, required=False)
    country = forms.ChoiceField(label=_("Country"), choices=_countries, required=False)
    digits = forms.CharField(
        label=_("Numbers begin with"),
        max_length=30,
        required=False,
        help_text=_("Digits with the country code, for example 4915."),
        widget=forms.TextInput({"inputmode": "tel"}),
    )
    priority = forms.IntegerField(
        label=_("Priority"),
        min_value=1,
        max_value=999,
        initial=1,
        help_text=_("1 comes first. The other routes that fit follow as fall-backs."),
    )
    cost = forms.DecimalField(
        label=_("Cost of a segment"),
        min_value=0,
        max_value=COST_MAX,
        max_digits=10,
        decimal_places=5,
        required=False,
        help_text=_("At the same priority the cheaper route comes first. Only compared, never charged."),
    )
    weight = forms.IntegerField(
        label=_("Weight"),
        min_value=1,
        max_value=999,
        initial=1,
        help_text=_("Routes of the same priority and cost share the numbers in this proportion."),
    )

    def clean_digits(self) -> str:
        digits: str = self.cleaned_data["digits"].translate(_SEPARATORS).removeprefix("00")
        if not digits:
            return ""
        if not (digits.isascii() and digits.isdigit()) or digits.startswith("0"):
            raise forms.ValidationError(
                _("Type digits only, beginning with the country code, for example 4915.")
            )
        if len(digits) > PREFIX_MAX:
            raise forms.ValidationError(
                _("No number is that long. Type at most %(n)s digits.") % {"n": PREFIX_MAX}
            )
        return digits

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        country, prefix = cleaned.get("country"), cleaned.get("digits")
        if country and prefix:
            calling = next(str(code) for iso, _name, code in countries() if iso == country)
            if not (prefix.startswith(calling) or calling.startswith(prefix)):
                self.add_error(
                    "digits",
                    _("Numbers of this country begin with %(code)s, so that the route would fit none.")
                    % {"code": calling},
                )
        elif prefix and len(prefix) >= 3 and calling_code_of(prefix) is None:
            self.add_error("digits", _("No country has numbers that begin so."))
        return cleaned

    def setup(self) -> RouteSetup:
        """What was typed."""
        names = ("gateway", "project", "kind", "country", "priority", "weight", "cost")
        return RouteSetup(
            prefix=self.cleaned_data["digits"], **{name: self.cleaned_data[name] for name in names}
        )

    @staticmethod
    def initial_of(route: Route) -> dict[str, Any]:
        """The form's values for a route that is there."""
        names = ("kind", "country", "priority", "weight", "cost")
        return {
            "digits": route.prefix,
            "seen": route.changed_at.isoformat(),
            "gateway": route.gateway_id,
            "project": route.project_id,
            **{name: getattr(route, name) for name in names},
        }


class RouteQuestionForm(forms.Form):
    """Which way would a message to this number go?"""

    msisdn = forms.CharField(label=_("Number"), max_length=40, widget=forms.TextInput({"inputmode": "tel"}))
    project = ProjectChoice(label=_("Project"), error_messages={"required": _("Choose a project.")})
    kind = forms.ChoiceField(label=_("Kind of message"), choices=lambda: list(KIND_WORDS.items()))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if written := cleaned.get("msisdn"):
            try:
                number = read_msisdn(written, default_country=settings.HOME_COUNTRY or None)
            except MsisdnError:
                self.add_error("msisdn", NO_NUMBER)
            else:
                cleaned |= {"msisdn": number.e164, "country": number.country}
        return cleaned
