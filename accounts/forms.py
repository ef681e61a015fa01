"""Forms about people."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from allauth.account.forms import LoginForm
from allauth.account.forms import ReauthenticateForm as PasswordAgainForm
from allauth.core import context
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.base.internal.flows import check_rate_limit
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from accounts import lockout, two_factor
from accounts.models import Language, Role, User
from smsconsole.lib.plain_text import refuse_control_characters

ROLE_WORDS = [
    (Role.OPERATOR.value, _("Operator – prepares texts and campaigns, and sends")),
    (Role.REVIEWER.value, _("Reviewer – approves signatures and body templates, never their own")),
    (Role.ADMIN.value, _("Admin – projects, keys and members")),
]
# Every rule for passwords in one sentence; `AUTH_PASSWORD_VALIDATORS` enforces them.
PASSWORD_RULES = _(
    "At least 12 characters, of any kind. Not a common password, and not like your name or e-mail."
)


def new_password_field() -> forms.CharField:
    return forms.CharField(
        label=_("Password"),
        strip=False,
        max_length=1000,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=PASSWORD_RULES,
    )


def name_field(label: Any, *, is_required: bool = True) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=80,
        required=is_required,
        validators=[refuse_control_characters],
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )


def email_field(label: Any = None) -> forms.EmailField:
    return forms.EmailField(
        label=label or _("E-mail"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username"}),
        error_messages={"invalid": _("This is not an e-mail address. An example: name@example.com")},
    )


# --- Signing in -----------------------------------------------------------------------------------------


class SignInForm(LoginForm):  # type: ignore[misc]  # allauth has no types
    """allauth's own, with our words: nothing tells whether the e-mail or the password was wrong."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"] = email_field()
        self.fields["password"] = _present_password_field(_("Password"))
        self.order_fields(["login", "password"])


class ConfirmPasswordForm(PasswordAgainForm):  # type: ignore[misc]  # allauth has no types
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"] = _present_password_field(_("Your password"))


def _present_password_field(label: Any) -> forms.CharField:
    return forms.CharField(
        label=label, strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )


def _code_field(*, digits: bool = False) -> forms.CharField:
    widget = forms.TextInput(
        attrs={"autocomplete": "one-time-code", "spellcheck": "false", "autocapitalize": "none"}
        | ({"inputmode": "numeric"} if digits else {})
    )
    return forms.CharField(label=_("Code"), max_length=20, widget=widget)


class _CodeWorks:
    """Takes a code of the app or a recovery code, each once; wrong ones count towards the lock-out."""

    user: User
    cleaned_data: dict[str, Any]
    authenticator: Authenticator

    def clean_code(self) -> str:
        if not lockout.may_try(context.request, self.user):
            raise get_adapter().validation_error("incorrect_code")
        forget_attempts = check_rate_limit(self.user)
        code = "".join(self.cleaned_data["code"].split())
        for authenticator in Authenticator.objects.filter(user=self.user).order_by("-type"):
            if two_factor.use_code(authenticator, code):
                authenticator.refresh_from_db()
                authenticator.user = self.user
                self.authenticator = authenticator
                forget_attempts()
                return code
        lockout.count_wrong_code(context.request, self.user)
        raise get_adapter().validation_error("incorrect_code")


class CodeForm(_CodeWorks, AuthenticateForm):  # type: ignore[misc]  # allauth has no types
    code = _code_field()


class ConfirmCodeForm(_CodeWorks, ReauthenticateForm):  # type: ignore[misc]  # allauth has no types
    code = _code_field()


class TwoFactorSetupForm(ActivateTOTPForm):  # type: ignore[misc]  # allauth has no types
    code = _code_field(digits=True)

    def clean_code(self) -> str:
        self.cleaned_data["code"] = "".join(self.cleaned_data["code"].split())
        code: str = super().clean_code()
        return code


# --- Accounts -------------------------------------------------------------------------------------------


class _NewPasswordForm(forms.Form):
    """Checks `password` against the rules; `person()` says whose name and e-mail it must not be like."""

    password = new_password_field()

    def person(self) -> User:
        raise NotImplementedError

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        validate_password(password, self.person())
        return password


class InvitationForm(_NewPasswordForm):
    name = name_field(_("Your name"))
    field_order = ["name", "password"]

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.email = email

    def person(self) -> User:
        return User(email=self.email, name=self.cleaned_data.get("name", ""))


class RegistrationForm(InvitationForm):
    organization_name = forms.CharField(
        label=_("Organization"),
        max_length=120,
        validators=[refuse_control_characters],
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
        help_text=_("The company or person in whose name messages are sent."),
    )
    field_order = ["name", "organization_name", "password"]


class RegisterForm(forms.Form):
    email = email_field()


class ProfileForm(forms.Form):
    name = name_field(_("Name"))
    language = forms.ChoiceField(
        label=_("Language"),
        required=False,
        choices=[("", _("As the browser asks")), *Language.choices],
        help_text=_("Of the pages and of mails to you."),
    )


class EmailForm(forms.Form):
    email = email_field(_("New e-mail"))

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"]
        if email == self.user.email:
            raise ValidationError(_("This is your e-mail already."))
        return email


# --- Members --------------------------------------------------------------------------------------------


class MemberRightsForm(forms.Form):
    """Roles and rights of a member; `seen` is what the page showed (`Membership.changed_at`)."""

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
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def clean_roles(self) -> list[Role]:
        return [Role(role) for role in self.cleaned_data["roles"]]

    def clean_seen(self) -> datetime | None:
        try:
            return parse_datetime(self.cleaned_data["seen"])
        except ValueError:
            return None


class MemberForm(MemberRightsForm):
    seen = None  # type: ignore[assignment]  # nothing was there to see
    name = name_field(_("Name"), is_required=False)
    email = email_field()

    field_order = ["name", "email", "roles", "may_reveal_numbers"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("name", "email"):
            self.fields[name].widget.attrs["autocomplete"] = "off"
