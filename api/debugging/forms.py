"""Ways to hand a request to the signature debugger; each makes a `Pasted` of what was typed."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from api.debugging.checks import TheirStrings
from api.debugging.pasted import FORM, Pasted, Unreadable, read_pasted, request_of

LONGEST = 200_000
NUMBERS_MAX = 1_000
OTHER_METHOD = "other"


def _line(label: Any, *, help_text: Any = "", required: bool = True) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=required,
        max_length=2_000,
        help_text=help_text,
        widget=forms.TextInput(
            attrs={"class": "font-monospace", "autocomplete": "off", "spellcheck": "false"}
        ),
    )


def _lines(label: Any, rows: int, *, help_text: Any = "", required: bool = True) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=required,
        max_length=LONGEST,
        strip=False,
        help_text=help_text,
        widget=forms.Textarea(
            attrs={
                "class": "font-monospace",
                "rows": str(rows),
                "autocomplete": "off",
                "spellcheck": "false",
            }
        ),
    )


class DebuggerForm(forms.Form):
    """What all have: the program's own string, which is compared with ours."""

    to_sign = _lines(gettext_lazy("Your string to sign"), 4, required=False)
    # The parts in which the page shows them; the program's own strings come last.
    field_order: list[str] = []

    def pasted(self) -> Pasted:
        """The request; raises `Unreadable`. Only when the form is valid."""
        raise NotImplementedError

    def theirs(self) -> TheirStrings:
        return TheirStrings(self.cleaned_data.get("canonical", ""), self.cleaned_data["to_sign"])

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if not self.errors:
            try:
                self.pasted()
            except Unreadable as error:
                raise ValidationError(str(error)) from None
        return cleaned


class PasteForm(DebuggerForm):
    """The whole request, or a command of curl."""

    request = _lines(
        gettext_lazy("Request"),
        12,
        help_text=gettext_lazy(
            "As your program sends it: first line with method and address, headers, an empty line, body. Or a command "
            "of curl."
        ),
    )
    canonical = _lines(
        gettext_lazy("Your canonical request"),
        6,
        required=False,
        help_text=gettext_lazy("Only for TC3-HMAC-SHA256."),
    )
    field_order = ["request", "canonical", "to_sign"]

    def pasted(self) -> Pasted:
        return read_pasted(self.cleaned_data["request"])


class V5Form(DebuggerForm):
    """What a request of v5 signs. The AppID is the project's."""

    method = forms.ChoiceField(
        label=gettext_lazy("Method"),
        choices=[
            ("sendsms", "sendsms"),
            ("sendmultisms2", "sendmultisms2"),
            ("sendisms", "sendisms"),
            ("querysms4mobile", "querysms4mobile"),
            (OTHER_METHOD, gettext_lazy("Another one, which signs no number")),
        ],
        widget=forms.Select,
    )
    random = _line("random")
    time = _line("time")
    numbers = _lines(
        gettext_lazy("Numbers"),
        2,
        required=False,
        help_text=gettext_lazy("As they stand in “mobile” or “tel” of the body, in their order, one a line."),
    )
    sig = _line("sig")
    field_order = ["method", "random", "time", "numbers", "sig", "to_sign"]

    def __init__(self, *args: Any, sdk_app_id: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sdk_app_id = sdk_app_id

    def clean_numbers(self) -> list[str]:
        numbers: list[str] = self.cleaned_data["numbers"].replace(",", " ").split()
        if len(numbers) > NUMBERS_MAX:
            raise ValidationError(_("These are more than %(n)s numbers.") % {"n": NUMBERS_MAX})
        return numbers

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        method = cleaned.get("method")
        if "numbers" not in self.errors and method not in (None, OTHER_METHOD) and not cleaned.get("numbers"):
            self.add_error("numbers", _("%(method)s signs its numbers.") % {"method": method})
        return cleaned

    def pasted(self) -> Pasted:
        said = self.cleaned_data
        method, numbers = said["method"], said["numbers"]
        body: dict[str, Any] = {"sig": said["sig"], "time": said["time"]}
        if method == "sendisms":
            body["tel"] = ",".join(numbers)
        elif method == "querysms4mobile":
            body["mobile"] = ",".join(numbers)
        elif method == "sendmultisms2":
            body["tel"] = [{"mobile": number} for number in numbers]
        elif method == "sendsms":
            body["tel"] = {"mobile": ",".join(numbers)}
        query = urlencode({"sdkappid": self.sdk_app_id, "random": said["random"]})
        return request_of(
            method="POST", url=f"/v5/tlssmssvr/{method}?{query}", headers={}, body=json.dumps(body)
        )


class Tc3Form(DebuggerForm):
    """What a TC3-HMAC-SHA256 request signs."""

    authorization = _lines("Authorization", 3)
    timestamp = _line("X-TC-Timestamp")
    host = _line(
        "Host", help_text=gettext_lazy("With the port where the address has one, like localhost:8000.")
    )
    content_type = _line("Content-Type", help_text=gettext_lazy("Exactly as it is sent."))
    headers = _lines(
        gettext_lazy("Other signed headers"),
        2,
        required=False,
        help_text=gettext_lazy("One a line, like X-TC-Action: SendSms. Only those that SignedHeaders names."),
    )
    body = _lines(gettext_lazy("Body"), 6, required=False)
    canonical = _lines(gettext_lazy("Your canonical request"), 6, required=False)
    field_order = [
        *("authorization", "timestamp", "host", "content_type", "headers", "body"),
        *("canonical", "to_sign"),
    ]

    def pasted(self) -> Pasted:
        said = self.cleaned_data
        lines = [
            "POST / HTTP/1.1",
            f"Host: {said['host']}",
            f"Content-Type: {said['content_type']}",
            f"X-TC-Timestamp: {said['timestamp']}",
            f"Authorization: {' '.join(said['authorization'].removeprefix('Authorization:').split())}",
            *(line for line in said["headers"].splitlines() if line.strip()),
        ]
        return read_pasted("\n".join(lines))._replace(body=said["body"].replace("\r\n", "\n"))


class ParametersForm(DebuggerForm):
    """Parameters that are signed with HmacSHA1 or HmacSHA256."""

    method = forms.ChoiceField(
        label=gettext_lazy("Method"), choices=[("POST", "POST"), ("GET", "GET")], widget=forms.Select
    )
    host = _line(
        "Host", help_text=gettext_lazy("With the port where the address has one, like localhost:8000.")
    )
    parameters = _lines(
        gettext_lazy("Parameters"),
        8,
        help_text=gettext_lazy(
            "As they are sent, encoded and joined by &, with Signature. Line ends are left out."
        ),
    )
    field_order = ["method", "host", "parameters", "to_sign"]

    def pasted(self) -> Pasted:
        said = self.cleaned_data
        written = "".join(said["parameters"].split()).lstrip("?")
        is_query = said["method"] == "GET"
        return request_of(
            method=said["method"],
            url=f"/?{written}" if is_query else "/",
            headers={"Host": said["host"], "Content-Type": FORM},
            body="" if is_query else written,
        )
