"""From an event of the outbox to what it is about: whose it is, its names, its page, the people it names.

Each function here answers for one family of events with scenes, usually one. Whatever an event points to may be
gone by the time it is read; then there is nobody to tell and no scene.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.urls import NoReverseMatch, reverse

from accounts.models import Organization, User
from campaigns.models import Campaign
from campaigns.statuses import HoldReason
from delivery.models import Batch, Gateway
from projects.models import Project, RemovalRequest
from templates_app.models import BodyTemplateRevision, SenderIdRevision, SignatureRevision

# What an event of which noun is about, and the page that shows it.
_REVISIONS: dict[str, tuple[type[SignatureRevision | BodyTemplateRevision | SenderIdRevision], str]] = {
    "signature": (SignatureRevision, "signature-detail"),
    "body_template": (BodyTemplateRevision, "body-template-detail"),
    "sender_id": (SenderIdRevision, "sender-id-detail"),
}


@dataclass(frozen=True, slots=True)
class Event:
    """A row of the outbox."""

    id: int
    kind: str
    subject: str
    payload: dict[str, Any]
    at: datetime


@dataclass(frozen=True, slots=True)
class Scene:
    """What is told: the values for the words, the page, and the people whom the event itself names.

    `people` are told besides those whose role makes them; nobody in `but_not` is.
    """

    organization: Organization | None = None
    project: Project | None = None
    params: dict[str, Any] = field(default_factory=dict)
    path: str = ""
    people: frozenset[int] = frozenset()
    but_not: frozenset[int] = frozenset()


ReadScenes = Callable[[Event], Iterable[Scene]]


def page(name: str, *arguments: object) -> str:
    """The page's path; empty when the console has no such page."""
    try:
        return reverse(name, args=arguments)
    except NoReverseMatch:
        return ""


def submitted_text(event: Event) -> Iterable[Scene]:
    """A text that waits for its review: leads to the case, and tells none of its authors."""
    for project, revision in _revision(event):
        yield Scene(
            organization=project.organization,
            project=project,
            params={"name": _shown_name(revision), "by": str(revision.submitted_by or "")},
            path=page("review-case", project.slug, revision.uuid),
            but_not=_authors(revision),
        )


def decided_text(event: Event) -> Iterable[Scene]:
    """A text that was decided on: leads to the text, and tells who submitted it."""
    for project, revision in _revision(event):
        noun = event.kind.partition(".")[0]
        people = {revision.submitted_by_id or revision.created_by_id}
        yield Scene(
            organization=project.organization,
            project=project,
            params={"name": _shown_name(revision), "by": _name_of(event.payload.get("by"))},
            path=page(_REVISIONS[noun][1], project.slug, revision.owner.uuid),
            people=frozenset(people) - {_id_of(event.payload.get("by"))},
        )


def overdue_text(event: Event) -> Iterable[Scene]:
    """A text whose review takes longer than promised; the event names it."""
    project = _project(event)
    if project is None:
        return
    found = _REVISIONS.get(str(event.payload.get("noun")))
    revision = _by_uuid(found[0], event.payload.get("uuid")) if found else None
    yield Scene(
        organization=project.organization,
        project=project,
        params={"name": str(event.payload.get("name", "")), "by": ""},
        path=page("review-case", project.slug, revision.uuid)
        if revision
        else page("review-queue", project.slug),
        but_not=_authors(revision) if revision else frozenset(),
    )


def of_project(page_name: str, *names: str) -> ReadScenes:
    """Events whose payload says everything: these of its values go into the words, the page is the project's.

    Who did it is not told of it.
    """

    def read(event: Event) -> Iterable[Scene]:
        project = _project(event)
        if project is None:
            return
        by = _id_of(event.payload.get("by"))
        yield Scene(
            organization=project.organization,
            project=project,
            params={
                **{name: event.payload.get(name) for name in names},
                "by": _name_of(event.payload.get("by")),
            },
            path=page(page_name, project.slug),
            but_not=frozenset({by} if by else ()),
        )

    return read


def decided_removal(event: Event) -> Iterable[Scene]:
    """A request to send to an unsubscribed number again, decided: tells who asked."""
    request: RemovalRequest | None = _by_uuid(RemovalRequest, event.payload.get("request"))
    for scene in of_project("removal-list")(event):
        if request is not None:
            yield replace(scene, people=frozenset({request.requested_by_id}) - scene.but_not)


def stopped_sending(event: Event) -> Iterable[Scene]:
    """Everything was stopped or allowed again, in a project or in a whole organization."""
    if event.payload.get("project"):
        yield from of_project("campaign-list")(event)
        return
    organization = _organization(event)
    if organization is not None:
        by = _id_of(event.payload.get("by"))
        yield Scene(
            organization=organization,
            params={"by": _name_of(event.payload.get("by"))},
            path=page("project-list"),
            but_not=frozenset({by} if by else ()),
        )


def campaign(event: Event) -> Iterable[Scene]:
    """A campaign that changed by itself: tells who started it. What a person did to it nobody is told of."""
    found: Campaign | None = _by_uuid(Campaign, event.subject.partition(":")[2])
    # Of *Stop everything* the same people are told once, not once for each campaign.
    if found is None or event.payload.get("by") or event.payload.get("reason") == HoldReason.STOPPED:
        return
    project = Project.objects.select_related("organization").get(pk=found.project_id)
    yield Scene(
        organization=project.organization,
        project=project,
        params={"name": found.name, "reason": str(event.payload.get("reason", ""))},
        path=page("campaign-detail", project.slug, found.uuid),
        people=frozenset({found.sent_by_id or found.created_by_id}),
    )


def of_organization(page_name: str, *names: str) -> ReadScenes:
    """Events about an organization's own standing; `page_name` is a page of the organization."""

    def read(event: Event) -> Iterable[Scene]:
        organization = _organization(event)
        if organization is None:
            return
        by = _id_of(event.payload.get("by"))
        yield Scene(
            organization=organization,
            params={
                "name": organization.name,
                "by": _name_of(event.payload.get("by")),
                **{name: event.payload.get(name) for name in names},
            },
            path=page(page_name, organization.uuid),
            but_not=frozenset({by} if by else ()),
        )

    return read


def for_staff(event: Event) -> Iterable[Scene]:
    """What an organization asks of the platform: leads staff to the case, or to the organization."""
    verification = _uuid(event.payload.get("verification"))
    for scene in of_organization("staff-organization", "region")(event):
        yield replace(scene, path=page("staff-verification", verification)) if verification else scene


def gateway(event: Event) -> Iterable[Scene]:
    """A line that went down or came back: one scene for the platform, one for each project that waits for it."""
    found: Gateway | None = _by_uuid(Gateway, event.payload.get("gateway"))
    if found is None:
        return
    yield Scene(params={"name": found.name})
    waiting = Batch.objects.filter(gateway=found, dispatch__sent_at=None, n_open__gt=0).values(
        "dispatch__project"
    )
    for project in Project.objects.filter(pk__in=waiting).select_related("organization").order_by("pk"):
        yield Scene(
            organization=project.organization,
            project=project,
            params={"name": found.name},
            path=page("campaign-list", project.slug),
        )


def _revision(
    event: Event,
) -> Iterable[tuple[Project, SignatureRevision | BodyTemplateRevision | SenderIdRevision]]:
    project = _project(event)
    model, _page = _REVISIONS[event.kind.partition(".")[0]]
    revision = _by_uuid(model, event.payload.get("revision"))
    if project is not None and revision is not None:
        yield project, revision


def _shown_name(revision: SignatureRevision | BodyTemplateRevision | SenderIdRevision) -> str:
    return revision.body_template.name if isinstance(revision, BodyTemplateRevision) else revision.text


def _authors(revision: SignatureRevision | BodyTemplateRevision | SenderIdRevision) -> frozenset[int]:
    """Whoever wrote in it or submitted it; none of them may review it."""
    return frozenset(filter(None, (*revision.author_ids, revision.submitted_by_id)))


def _project(event: Event) -> Project | None:
    uuid = _uuid(event.payload.get("project"))
    return Project.objects.select_related("organization").filter(uuid=uuid).first() if uuid else None


def _organization(event: Event) -> Organization | None:
    uuid = _uuid(event.payload.get("organization") or event.subject.partition(":")[2])
    return Organization.objects.filter(uuid=uuid).first() if uuid else None


def _by_uuid(model: Any, value: object) -> Any:
    uuid = _uuid(value)
    return model.objects.filter(uuid=uuid).first() if uuid else None


def _id_of(value: object) -> int | None:
    uuid = _uuid(value)
    return User.objects.filter(uuid=uuid).values_list("pk", flat=True).first() if uuid else None


def _name_of(value: object) -> str:
    uuid = _uuid(value)
    return str(User.objects.filter(uuid=uuid).first() or "") if uuid else ""


def _uuid(value: object) -> UUID | None:
    try:
        return UUID(str(value))
    except ValueError:
        return None
