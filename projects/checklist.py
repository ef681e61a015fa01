"""What projects add to the checklist of an organization (`accounts.checklist`)."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.checklist import Found, State, Step
from accounts.models import Organization, Role
from projects.models import AlarmContact, Project


def first_project(organization: Organization) -> Project | None:
    """The project that the steps lead to: the oldest that may send. One query."""
    return Project.objects.filter(organization=organization, disabled_at=None).order_by("pk").first()


def _project(organization: Organization) -> Found:
    if first_project(organization) is not None:
        return Found(State.DONE, url=reverse("project-list"))
    return Found(State.TODO, url=reverse("project-add", args=[organization.uuid]))


def _alarm_contact(organization: Organization) -> Found:
    project = first_project(organization)
    if project is None:
        return Found(State.TODO, _("Add a project first."))
    without = Project.objects.filter(organization=organization, disabled_at=None, alarm_contacts=None)
    missing = without.order_by("pk").first()
    url = reverse("alarm-contacts", args=[(missing or project).slug])
    if missing is None:
        return Found(State.DONE, url=url)
    if not AlarmContact.objects.filter(project__organization=organization).exists():
        return Found(State.TODO, url=url)
    return Found(State.TODO, _("The project “%(name)s” has none.") % {"name": missing.name}, url)


STEPS = [
    Step(
        gettext_lazy("A project"),
        gettext_lazy("It holds the texts, campaigns and limits of one application or shop."),
        50,
        _project,
        action=gettext_lazy("Add project"),
        role=Role.ADMIN,
    ),
    Step(
        gettext_lazy("An alarm contact"),
        gettext_lazy("Somebody has to hear of it when a limit is reached or a gateway fails."),
        60,
        _alarm_contact,
        action=gettext_lazy("Add an alarm contact"),
        role=Role.ADMIN,
    ),
]
