"""Where callbacks go: the three kinds, their forms, on and off, and the secret that signs."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import signed_in_person
from accounts.confirming import require_confirmation
from accounts.models import Role
from callbacks.errors import AddressRefused, CallbacksError, EndpointChanged
from callbacks.forms.endpoints import EndpointForm
from callbacks.queries.endpoints import card_of, cards_of, endpoint_of
from callbacks.services import endpoints as services
from callbacks.views.cards import SWITCHED_OFF, SWITCHED_ON, CardView, card_view
from projects.access import project_for, roles_in_project
from projects.errors import ProjectsError
from projects.forms.seen import NEVER, SeenField, seen_value
from projects.models import CallbackEndpoint, Project
from projects.statuses import CallbackFormat, CallbackKind


@require_safe
def callbacks(request: HttpRequest, slug: str) -> HttpResponse:
    """Status, reply and voice: where each goes, whether it gets there, what left last."""
    project = project_for(request.user, slug)
    cards = [card_view(card, project) for card in cards_of(project)]
    context = {
        "project": project,
        "cards": cards,
        "is_moving": any(card.is_moving for card in cards),
        "may_change": Role.ADMIN in roles_in_project(request.user, project) and not project.is_disabled,
    }
    if request.headers.get("HX-Request"):
        return render(request, "callbacks/_cards.html", context)
    return render(request, "callbacks/callbacks.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def callback_edit(request: HttpRequest, slug: str, kind: str) -> HttpResponse:
    project = project_for(request.user, slug, Role.ADMIN)
    card = read_card(project, kind)
    form = EndpointForm(
        request.POST if request.method == "POST" else None, kind=card.kind, initial=_initial(card.endpoint)
    )
    status = 422 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        try:
            _save(request, project, card.kind, form)
        except AddressRefused as error:
            form.add_error("url", str(error))
        except EndpointChanged as error:
            form.add_error(None, str(error))
            # It has seen the newest state now: saving it once more is meant.
            form.data = cast(QueryDict, form.data).copy()
            form.data["seen"] = read_card(project, kind).seen
            status = 409
        except (CallbacksError, ProjectsError) as error:
            form.add_error(None, str(error))
        else:
            messages.success(
                request, _("Saved. You can send a test now.") if card.endpoint else _("It is on.")
            )
            return (
                redirect("callback-test", project.slug, kind)
                if kind != CallbackKind.VOICE
                else _home(project)
            )
    context = {"project": project, "card": card, "form": form}
    return render(request, "callbacks/edit.html", context, status=status)


def _initial(endpoint: CallbackEndpoint | None) -> dict[str, object]:
    if endpoint is None:
        return {
            "format": CallbackFormat.STANDARD,
            "includes_campaigns": True,
            "n_per_request": services.PER_REQUEST_MAX,
        }
    return {
        "url": endpoint.url,
        "format": endpoint.format,
        "includes_campaigns": endpoint.includes_campaigns,
        "n_per_request": endpoint.n_per_request,
        "seen": seen_value(endpoint.changed_at),
    }


def _save(request: HttpRequest, project: Project, kind: CallbackKind, form: EndpointForm) -> None:
    given = form.cleaned_data
    services.save_endpoint(
        project=project,
        kind=kind,
        url=given["url"],
        format=CallbackFormat(given["format"]),
        includes_campaigns=given.get("includes_campaigns", True),
        n_per_request=given.get("n_per_request", services.PER_REQUEST_MAX),
        seen_at=given["seen"],
        by=signed_in_person(request),
    )


@require_POST
def callback_switch(request: HttpRequest, slug: str, kind: str) -> HttpResponse:
    project = project_for(request.user, slug, Role.ADMIN)
    endpoint = read_endpoint(project, kind)
    is_on = request.POST.get("on") == "yes"
    try:
        services.switch_endpoint(endpoint=endpoint, is_on=is_on, by=signed_in_person(request))
    except (CallbacksError, ProjectsError) as error:
        messages.error(request, str(error))
    else:
        words = SWITCHED_ON if is_on else SWITCHED_OFF
        messages.success(request, str(words[CallbackKind(endpoint.kind)]))
    return _home(project)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def callback_secret(request: HttpRequest, slug: str, kind: str) -> HttpResponse:
    """Shows the secret, or a new one, to somebody who just proved again who they are.

    The answer to the button is the page itself and no redirect: the secret stands in no address, session or
    message. Who has to prove it first comes back here and presses the button.
    """
    project = project_for(request.user, slug, Role.ADMIN)
    endpoint = read_endpoint(project, kind)
    context: dict[str, object] = {"project": project}
    status = 200
    if request.method == "POST":
        person, confirmed_at = signed_in_person(request), require_confirmation(request)
        is_rotated = request.POST.get("do") == "rotate"
        try:
            if is_rotated:
                seen_at = SeenField().to_python(request.POST.get("seen")) or NEVER
                services.rotate_secret(
                    endpoint=endpoint, confirmed_at=confirmed_at, by=person, seen_at=seen_at
                )
                endpoint = read_endpoint(project, kind)
            context["secret"] = services.reveal_secret(
                endpoint=endpoint, confirmed_at=confirmed_at, by=person
            )
            context["is_rotated"] = is_rotated
        except EndpointChanged as error:
            context["problem"], status = str(error), 409
        except (CallbacksError, ProjectsError) as error:
            messages.error(request, str(error))
            return redirect("callback-secret", project.slug, kind)
    context["card"] = read_card(project, kind)
    return render(request, "callbacks/secret.html", context, status=status)


def read_kind(kind: str) -> CallbackKind:
    """Raises `Http404` when it is none."""
    if kind not in CallbackKind.values:
        raise Http404
    return CallbackKind(kind)


def read_endpoint(project: Project, kind: str) -> CallbackEndpoint:
    """Raises `Http404` while it is not set up."""
    endpoint = endpoint_of(project, read_kind(kind))
    if endpoint is None:
        raise Http404
    return endpoint


def read_card(project: Project, kind: str) -> CardView:
    word = read_kind(kind)
    return card_view(card_of(word, endpoint_of(project, word)), project)


def _home(project: Project) -> HttpResponse:
    return redirect("callbacks", project.slug)
