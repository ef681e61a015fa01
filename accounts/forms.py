"""Forms about people."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.password_validation import password_validators_help_texts, validate_password
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from accounts.models import Role, User

ROLE_WORDS = [
    (Role.OPERATOR.value, _("Operator – prepares texts and campaigns, and sends")),
    (Role.REVIEWER.value, _("Reviewer – approves signatures and body templates, never their own")),
    (Role.ADMIN.value, _("Admin – projects, keys and members")),
]


def new_password_field() -> forms.CharField:
    return forms.CharField(
        label=_("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=format_lazy("{} {}", *password_validators_help_texts()[1:3]),
    )


class SignInForm(AuthenticationForm):
    """Django's own, with our words: nothing tells whether the e-mail or the password was wrong."""

    error_messages = {
        "invalid_login": _("This e-mail and password do not match."),
        "inactive": _("This account is switched off. Ask an admin of your organization."),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = _("E-mail")
        self.fields["username"].widget = forms.EmailInput(
            attrs=self.fields["username"].widget.attrs | {"autocomplete": "username"}
        )


class MemberRightsForm(forms.Form):
    roles = forms.MultipleChoiceField(
        label=_("Roles"),
        choices=ROLE_WORDS,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one role.")},
    )
    may_reveal_numbers = forms.BooleanField(
        label=_("May see whole numbers of people"),
        required=False,
        help_text=_("Otherwise numbers are masked, as in +86 138 **** 8000."),
    )

    def clean_roles(self) -> list[Role]:
        return [Role(role) for role in self.cleaned_data["roles"]]


class MemberForm(MemberRightsForm):
    name = forms.CharField(
        label=_("Name"), max_length=80, required=False, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    email = forms.EmailField(label=_("E-mail"), widget=forms.EmailInput(attrs={"autocomplete": "off"}))

    field_order = ["name", "email", "roles", "may_reveal_numbers"]


class InvitationForm(forms.Form):
    name = forms.CharField(
        label=_("Your name"), max_length=80, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    password = new_password_field()

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        validate_password(password, self.user)
        return password
