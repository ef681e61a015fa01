"""For what somebody unsubscribed, in words (`projects.contributions`)."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.utils.translation import gettext as _

from projects.models import Project
from templates_app.models import SignatureRevision
from templates_app.statuses import TextKind


def consent_words(project: Project, keys: Collection[str]) -> dict[str, str]:
    """ "Acme, marketing" for "<signature uuid>:<kind>". One statement."""
    signatures = {uuid for uuid, _kind in map(_parts, keys) if uuid is not None}
    texts = dict(
        SignatureRevision.objects.filter(signature__project=project, signature__uuid__in=signatures)
        .order_by("number")
        .values_list("signature__uuid", "text")
    )
    kinds = {str(value): str(label) for value, label in TextKind.choices}
    words = {}
    for key in keys:
        uuid, kind = _parts(key)
        if uuid in texts:
            words[key] = _("%(signature)s, %(kind)s") % {
                "signature": texts[uuid],
                "kind": kinds.get(kind, kind).lower(),
            }
    return words


def _parts(key: str) -> tuple[UUID | None, str]:
    uuid, _colon, kind = key.partition(":")
    try:
        return UUID(uuid), kind
    except ValueError:
        return None, kind
