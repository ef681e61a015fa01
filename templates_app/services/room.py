"""How many texts a project may have, and how long they may be to be stored at all."""

from __future__ import annotations

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from projects.models import Project
from templates_app.errors import NoRoom, TemplatesError
from templates_app.models import BodyTemplate, SenderId, Signature
from templates_app.rules.limits import who_may_change

_FULL: dict[type[Signature | BodyTemplate | SenderId], tuple[str, str | Promise]] = {
    Signature: (
        "SIGNATURES_PER_PROJECT",
        gettext_lazy(
            "A project has at most %(max)d signatures, and this one has them all. Discard drafts that nobody needs, "
            "or use another project. %(who)s"
        ),
    ),
    BodyTemplate: (
        "BODY_TEMPLATES_PER_PROJECT",
        gettext_lazy(
            "A project has at most %(max)d body templates, and this one has them all. Discard drafts that nobody "
            "needs, or use another project. %(who)s"
        ),
    ),
    SenderId: (
        "SENDER_IDS_PER_PROJECT",
        gettext_lazy(
            "A project has at most %(max)d sender IDs, and this one has them all. Discard drafts that nobody needs, "
            "or use another project. %(who)s"
        ),
    ),
}


def require_room(project: Project, model: type[Signature | BodyTemplate | SenderId]) -> None:
    """Pass while the project may have one more. Locks the project's row, so that two at once cannot both fit."""
    setting, words = _FULL[model]
    most: int = getattr(settings, setting)
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    if model._default_manager.filter(project=project).count() >= most:
        raise NoRoom(str(words) % {"max": most, "who": who_may_change(setting)})


def require_stored_length(words: str, *, most: int) -> None:
    """Pass when the column takes it. The rules have shorter limits, but a draft may break those."""
    if len(words) > most:
        raise TemplatesError(
            _("This has %(n)d characters, and at most %(max)d can be kept. Shorten it.")
            % {"n": len(words), "max": most}
        )
