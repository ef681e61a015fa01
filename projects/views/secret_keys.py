"""Pairs of SecretId and SecretKey, and from where an AppKey may be used: what Tencent's interfaces need."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import signed_in_person
from accounts.confirming import require_confirmation
from accounts.models import Role
from projects import services
from projects.access import project_for
from projects.errors import ProjectsError, SettingChanged
from projects.forms.program_keys import AddressesForm, KeyForm
from projects.forms.seen import has_seen, seen_value
from projects.models import AppKey, Project, SecretKey


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def secret_key_add(request: HttpRequest, slug: str) -> HttpResponse:
    """Makes a pair and shows it; no redirect, so that the secret stands in no address, session or message."""
    project = project_for(request.user, slug, Role.ADMIN)
    form = KeyForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        confirmed_at = require_confirmation(request)
        try:
            pair = services.add_secret_key(
                project=project,
                name=form.cleaned_data["name"],
                addresses=form.cleaned_data["addresses"],
                uuid=form.cleaned_data["once"],
                confirmed_at=confirmed_at,
                by=signed_in_person(request),
            )
        except ProjectsError as error:
            form.add_error(None, str(error))
        else:
            context = {"project": project, "pair": pair, "secret": pair.secret, "is_new": True}
            return render(request, "projects/secret_key_reveal.html", context)
    status = 422 if form.errors else 200
    return render(request, "projects/secret_key_form.html", {"project": project, "form": form}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def secret_key_edit(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponse:
    project = project_for(request.user, slug, Role.ADMIN)
    pair = _pair(project, uuid)
    initial = {
        "name": pair.name,
        "addresses": "\n".join(pair.addresses),
        "seen": seen_value(pair.changed_at),
    }
    form = KeyForm(request.POST if request.method == "POST" else None, initial=initial)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                services.change_secret_key(
                    secret_key=pair,
                    name=form.cleaned_data["name"],
                    addresses=form.cleaned_data["addresses"],
                    seen_at=form.cleaned_data["seen"],
                    by=signed_in_person(request),
                )
            except ProjectsError as error:
                status = _refuse(form, pair, error)
            else:
                messages.success(request, _("Saved. It holds from the next request on."))
                return redirect("program-keys", project.slug)
    context = {"project": project, "form": form, "pair": pair}
    return render(request, "projects/secret_key_form.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def secret_key_reveal(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponse:
    """Shows the secret to somebody who just proved again who they are; like `app_key_reveal`."""
    project = project_for(request.user, slug, Role.ADMIN)
    pair = _pair(project, uuid)
    context: dict[str, object] = {"project": project, "pair": pair}
    if request.method == "POST":
        context["secret"] = services.reveal_secret_key(
            secret_key=pair, confirmed_at=require_confirmation(request), by=signed_in_person(request)
        )
    return render(request, "projects/secret_key_reveal.html", context)


@require_POST
def secret_key_retire(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponse:
    project = project_for(request.user, slug, Role.ADMIN)
    pair = get_object_or_404(SecretKey.objects.select_related("project"), project=project, uuid=uuid)
    try:
        services.retire_key(key=pair, by=signed_in_person(request))
    except ProjectsError as error:
        messages.error(request, str(error))
    else:
        messages.success(
            request,
            _("The pair “%(name)s” is retired. Programs that still use it are refused.")
            % {"name": pair.name},
        )
    return redirect("program-keys", project.slug)


@require_http_methods(["GET", "HEAD", "POST"])
def app_key_edit(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponse:
    """From where an AppKey may be used."""
    project = project_for(request.user, slug, Role.ADMIN)
    app_key = get_object_or_404(
        AppKey.objects.select_related("project"), project=project, uuid=uuid, retired_at=None
    )
    initial = {"addresses": "\n".join(app_key.addresses), "seen": seen_value(app_key.changed_at)}
    form = AddressesForm(request.POST if request.method == "POST" else None, initial=initial)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                services.set_app_key_addresses(
                    app_key=app_key,
                    addresses=form.cleaned_data["addresses"],
                    seen_at=form.cleaned_data["seen"],
                    by=signed_in_person(request),
                )
            except ProjectsError as error:
                status = _refuse(form, app_key, error)
            else:
                messages.success(request, _("Saved. It holds from the next request on."))
                return redirect("program-keys", project.slug)
    context = {"project": project, "form": form, "app_key": app_key}
    return render(request, "projects/app_key_form.html", context, status=status)


def _pair(project: Project, uuid: UUID) -> SecretKey:
    pairs = SecretKey.objects.select_related("project", "created_by")
    return get_object_or_404(pairs, project=project, uuid=uuid, retired_at=None)


def _refuse(form: KeyForm | AddressesForm, key: SecretKey | AppKey, error: ProjectsError) -> int:
    """The form comes back with the reason and has seen what holds now; the status to answer with."""
    key.refresh_from_db()
    form.add_error(None, str(error))
    has_seen(form, key.changed_at)
    return 409 if isinstance(error, SettingChanged) else 422
