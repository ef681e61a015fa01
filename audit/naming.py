"""Words for what entries tell of: models, columns and values as a person knows them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils.dateparse import parse_datetime
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.column_words import COLUMN_WORDS
from audit.models import Entry

# The lookups that name a row of a model; the first that is not empty is taken.
NAMES: dict[str, tuple[str, ...]] = {
    "accounts.user": ("name", "email"),
    "accounts.organization": ("name",),
    "accounts.membership": ("user__name", "user__email"),
    "accounts.invitation": ("name", "email"),
    "accounts.identityverification": ("legal_name",),
    "accounts.serviceactivation": ("organization__name",),
    "mfa.authenticator": ("user__name", "user__email"),
    "projects.project": ("name",),
    "projects.alarmcontact": ("name",),
    "projects.secretkey": ("name", "secret_id"),
    "projects.apikey": ("name", "prefix"),
    "templates_app.signature": ("revisions__text",),
    "templates_app.signaturerevision": ("text",),
    "templates_app.bodytemplate": ("name",),
    "templates_app.bodytemplaterevision": ("body_template__name",),
    "templates_app.senderid": ("revisions__text",),
    "templates_app.senderidrevision": ("text",),
    "delivery.gateway": ("name",),
    "delivery.carriertemplate": ("template_id",),
    "delivery.carriercode": ("code",),
    "delivery.route": ("gateway__name",),
    "campaigns.campaign": ("name",),
}
# Where the model's own word would not do on its own.
WORDS: dict[str, str | Promise] = {
    "accounts.user": gettext_lazy("Person"),
    "accounts.organization": gettext_lazy("Organization"),
    "accounts.membership": gettext_lazy("Member"),
    "accounts.invitation": gettext_lazy("Invitation"),
    "accounts.identityverification": gettext_lazy("Verification"),
    "accounts.serviceactivation": gettext_lazy("Activation"),
    "mfa.authenticator": gettext_lazy("Two-factor"),
    "projects.project": gettext_lazy("Project"),
    "projects.appkey": gettext_lazy("AppKey"),
    "projects.secretkey": gettext_lazy("SecretKey"),
    "projects.apikey": gettext_lazy("API key"),
    "projects.callbackendpoint": gettext_lazy("Callback"),
    "projects.frequencyrule": gettext_lazy("Frequency limit"),
    "projects.cap": gettext_lazy("Cap"),
    "projects.alarmcontact": gettext_lazy("Alarm contact"),
    "projects.abusewatch": gettext_lazy("Watch for abuse"),
    "projects.removalrequest": gettext_lazy("Removal request"),
    "projects.allowedcountry": gettext_lazy("Allowed country"),
    "projects.listednumber": gettext_lazy("Number list"),
    "templates_app.signaturerevision": gettext_lazy("Signature"),
    "templates_app.bodytemplaterevision": gettext_lazy("Body template"),
    "templates_app.senderidrevision": gettext_lazy("Sender ID"),
    "templates_app.review": gettext_lazy("Review"),
    "delivery.gateway": gettext_lazy("Gateway"),
    "delivery.carriertemplate": gettext_lazy("Template at the carrier"),
    "delivery.carriercode": gettext_lazy("Carrier code"),
    "delivery.route": gettext_lazy("Route"),
    "campaigns.campaign": gettext_lazy("Campaign"),
}
# Columns that say which row it is when it has no name of its own.
TELLING = ("dimension", "scope", "country", "list", "verdict", "kind", "event")

Names = dict[tuple[str, str], str]


def subject_word(subject: str) -> str:
    """What a person calls this kind of thing."""
    word = WORDS.get(subject)
    if word is not None:
        return str(word)
    try:
        name = str(apps.get_model(subject)._meta.verbose_name)
    except LookupError:
        name = subject
    return name[:1].upper() + name[1:]


def names_of(entries: Iterable[Entry]) -> Names:
    """The names of all rows that the entries tell of or point to; one statement a model that has names."""
    wanted: dict[str, set[str]] = defaultdict(set)
    for entry in entries:
        wanted[entry.subject].add(entry.object_id)
        for values in (entry.before, entry.after):
            for column, value in (values or {}).items():
                target = _target(entry.subject, column)
                if target is not None and value is not None:
                    wanted[target].add(str(value))
    names: Names = {}
    for subject, keys in wanted.items():
        lookups = NAMES.get(subject)
        if lookups is None:
            continue
        rows = apps.get_model(subject)._default_manager.filter(pk__in=keys).values_list("pk", *lookups)
        for key, *found in rows:
            names[subject, str(key)] = next((str(name) for name in found if name), "")
    return names


def object_name(entry: Entry, names: Names) -> str:
    """The name of the row now, or what the entry itself says of it; "" when there is none."""
    found = names.get((entry.subject, entry.object_id))
    if found:
        return found
    kept = entry.after or entry.before or {}
    own = next((str(kept[column]) for column in ("name", "text", "email") if kept.get(column)), "")
    if own:
        return own
    return next((str(shown_value(entry.subject, c, kept[c], names)) for c in TELLING if kept.get(c)), "")


def column_word(subject: str, column: str) -> str:
    """The word of the form that changes it; else our own."""
    name = column.removesuffix("_id") if _target(subject, column) else column
    field = _field(subject, column)
    has_word = field is not None and field.verbose_name != field.name.replace("_", " ")
    if not has_word and name in COLUMN_WORDS:
        return str(COLUMN_WORDS[name])
    word = str(field.verbose_name) if field is not None else column.replace("_", " ")
    return word[:1].upper() + word[1:]


def shown_value(subject: str, column: str, value: Any, names: Names) -> str | datetime:
    """A stored value in the words of the pages; a moment stays one, to be shown in the reader's zone."""
    if value is None or value in ("", [], {}):
        return "–"
    target = _target(subject, column)
    if target is not None:
        return names.get((target, str(value))) or f"#{value}"
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    field = _field(subject, column)
    if isinstance(field, models.DateTimeField):
        return parse_datetime(str(value)) or str(value)
    if isinstance(value, list):
        inner = field.base_field if isinstance(field, ArrayField) else None
        return ", ".join(_choice(inner, one) for one in value)
    if isinstance(value, dict):
        # Settings of many kinds: by the names under which they are kept.
        return ", ".join(f"{name}: {one}" for name, one in sorted(value.items()))
    return _choice(field, value)


def _choice(field: models.Field[Any, Any] | None, value: Any) -> str:
    choices = dict(field.flatchoices) if field is not None and field.choices else {}
    return str(choices.get(value, value))


def _field(subject: str, column: str) -> models.Field[Any, Any] | None:
    try:
        meta = apps.get_model(subject)._meta
        found = meta.get_field(column.removesuffix("_id"))
    except (LookupError, FieldDoesNotExist):
        return None
    return found if isinstance(found, models.Field) else None


def _target(subject: str, column: str) -> str | None:
    """The subject that a column points to; None when it is a plain value."""
    field = _field(subject, column) if column.endswith("_id") else None
    related = field.related_model if field is not None else None
    return (
        related._meta.label_lower if isinstance(related, type) and issubclass(related, models.Model) else None
    )
