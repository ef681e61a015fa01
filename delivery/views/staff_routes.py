"""Pages of platform staff about routes: which gateway carries which messages."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import require_staff, signed_in_person
from delivery.errors import DeliveryError, RouteChanged
from delivery.gateway_forms import RouteForm, RouteQuestionForm
from delivery.models import Gateway, Route
from delivery.queries.progress import default_gateway
from delivery.queries.routes import route_rows, ways_out
from delivery.services.route_changes import change_route, create_route, delete_route, switch_route


@require_safe
def staff_route_list(request: HttpRequest) -> HttpResponse:
    """All routes in the order in which they come first."""
    require_staff(request.user)
    return _list(request, RouteQuestionForm())


@require_POST
def staff_route_ask(request: HttpRequest) -> HttpResponse:
    """Which way a message would go; posted, so that the number stands in no address. Nothing changes."""
    require_staff(request.user)
    form = RouteQuestionForm(request.POST)
    if not form.is_valid():
        return _list(request, form, status=422)
    return _list(request, form, answer=ways_out(**form.cleaned_data))


@require_http_methods(["GET", "HEAD", "POST"])
def staff_route_add(request: HttpRequest) -> HttpResponse:
    require_staff(request.user)
    initial = {"gateway": Gateway.objects.filter(slug=request.GET.get("gateway", "")[:60]).first()}
    form = RouteForm(request.POST if request.method == "POST" else None, initial=initial)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                create_route(setup=form.setup(), by=signed_in_person(request))
            except DeliveryError as error:
                form.add_error(None, str(error))
            else:
                messages.success(request, _("The route is added. It holds for what is prepared from now on."))
                return redirect("staff-route-list")
    return render(request, "delivery/staff_route_form.html", {"form": form}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def staff_route_edit(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """A stale form is answered 409 with what was typed kept."""
    require_staff(request.user)
    route = get_object_or_404(Route.objects.select_related("gateway"), uuid=uuid)
    form = RouteForm(request.POST if request.method == "POST" else None, initial=RouteForm.initial_of(route))
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                change_route(
                    route=route,
                    setup=form.setup(),
                    seen_at=form.cleaned_data["seen"],
                    by=signed_in_person(request),
                )
            except RouteChanged as error:
                form.add_error(None, str(error))
                data = request.POST.copy()
                data["seen"] = route.changed_at.isoformat()
                form.data = data
                status = 409
            except DeliveryError as error:
                form.add_error(None, str(error))
            else:
                messages.success(
                    request, _("The route is changed. It holds for what is prepared from now on.")
                )
                return redirect("staff-route-list")
    return render(request, "delivery/staff_route_form.html", {"form": form, "route": route}, status=status)


@require_POST
def staff_route_disable(request: HttpRequest, uuid: UUID) -> HttpResponse:
    require_staff(request.user)
    switch_route(route=get_object_or_404(Route, uuid=uuid), is_enabled=False, by=signed_in_person(request))
    messages.success(request, _("The route is switched off."))
    return redirect("staff-route-list")


@require_POST
def staff_route_enable(request: HttpRequest, uuid: UUID) -> HttpResponse:
    require_staff(request.user)
    switch_route(route=get_object_or_404(Route, uuid=uuid), is_enabled=True, by=signed_in_person(request))
    messages.success(request, _("The route is switched on."))
    return redirect("staff-route-list")


@require_POST
def staff_route_delete(request: HttpRequest, uuid: UUID) -> HttpResponse:
    require_staff(request.user)
    delete_route(route=get_object_or_404(Route, uuid=uuid), by=signed_in_person(request))
    messages.success(request, _("The route is deleted."))
    return redirect("staff-route-list")


def _list(request: HttpRequest, form: RouteQuestionForm, *, status: int = 200, **more: Any) -> HttpResponse:
    context = {"rows": route_rows(), "form": form, "last_resort": default_gateway(), **more}
    return render(request, "delivery/staff_route_list.html", context, status=status)
