"""What signatures and body templates add to the checklist of an organization (`accounts.checklist`)."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.checklist import Found, State, Step
from accounts.models import Organization, Role
from projects.checklist import first_project
from templates_app.models import BodyTemplateRevision, SignatureRevision
from templates_app.statuses import RevisionStatus


def _signature(organization: Organization) -> Found:
    of_it = SignatureRevision.objects.filter(signature__project__organization=organization)
    return _approved(organization, set(of_it.values_list("status", flat=True)), "signature-list")


def _body_template(organization: Organization) -> Found:
    of_it = BodyTemplateRevision.objects.filter(body_template__project__organization=organization)
    return _approved(organization, set(of_it.values_list("status", flat=True)), "body-template-list")


def _approved(organization: Organization, statuses: set[str], list_page: str) -> Found:
    project = first_project(organization)
    if project is None:
        return Found(State.TODO, _("Add a project first."))
    url = reverse(list_page, args=[project.slug])
    if RevisionStatus.APPROVED in statuses:
        return Found(State.DONE, url=url)
    if RevisionStatus.PENDING in statuses:
        return Found(State.WAITING, _("Submitted. A reviewer has to approve it."), url)
    if RevisionStatus.REJECTED in statuses:
        return Found(State.TODO, _("It was rejected. Read why, correct it and submit it again."), url)
    if RevisionStatus.DRAFT in statuses:
        return Found(State.TODO, _("There is a draft. Submit it for review."), url)
    return Found(State.TODO, url=url)


STEPS = [
    Step(
        gettext_lazy("An approved signature"),
        gettext_lazy("It stands in front of every text and says who is writing."),
        70,
        _signature,
        action=gettext_lazy("See the signatures"),
        role=Role.OPERATOR,
    ),
    Step(
        gettext_lazy("An approved body template"),
        gettext_lazy("Only texts that a reviewer approved are sent."),
        80,
        _body_template,
        action=gettext_lazy("See the body templates"),
        role=Role.OPERATOR,
    ),
]
