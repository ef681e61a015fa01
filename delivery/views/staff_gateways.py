"""Pages of platform staff about gateways: which there are, how each is set up, and the switch that stops them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import require_staff, signed_in_person
from delivery.errors import DeliveryError, GatewayChanged
from delivery.gateway_forms import GatewayForm
from delivery.gateways.base import GatewayDriver
from delivery.lines.gateway_kinds import Kind, all_kinds, kind_of
from delivery.models import SANDBOX_KIND, Gateway
from delivery.queries.gateways import PAGE_ROWS, gateway_rows
from delivery.services.gateway_changes import (
    change_gateway,
    continue_gateway,
    create_gateway,
    delete_gateway,
    pause_gateway,
    renew_push_address,
    was_used,
)


class _PageQuery(forms.Form):
    after = forms.IntegerField(min_value=1, max_value=2**63 - 1, required=False)


@require_safe
def staff_gateway_list(request: HttpRequest) -> HttpResponse:
    require_staff(request.user)
    query = _PageQuery(request.GET)
    after = query.cleaned_data["after"] if query.is_valid() else None
    rows = gateway_rows(after=after)
    shown = rows[:PAGE_ROWS]
    context = {
        "rows": shown,
        "is_first": after is None,
        "following": f"?after={shown[-1].gateway.pk}" if len(rows) > PAGE_ROWS else "",
    }
    return render(request, "delivery/staff_gateway_list.html", context)


@require_safe
def staff_gateway_choose(request: HttpRequest) -> HttpResponse:
    """Which kind of gateway it is going to be."""
    require_staff(request.user)
    return render(request, "delivery/staff_gateway_choose.html", {"kinds": all_kinds()})


@require_http_methods(["GET", "HEAD", "POST"])
def staff_gateway_add(request: HttpRequest, kind: str) -> HttpResponse:
    """The form that this kind's driver asks for. What cannot work is said by the driver, before anything is saved."""
    require_staff(request.user)
    chosen, driver = _kind_with_driver(kind)
    form = GatewayForm(request.POST if request.method == "POST" else None, driver=driver)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                gateway = create_gateway(
                    kind=kind,
                    slug=form.cleaned_data["slug"],
                    setup=form.setup(),
                    by=signed_in_person(request),
                )
            except DeliveryError as error:
                form.add_error(None, str(error))
            else:
                messages.success(request, _("“%(name)s” is set up.") % {"name": gateway.name})
                return redirect("staff-gateway", gateway.slug)
    context = {"kind": chosen, "form": form}
    return render(request, "delivery/staff_gateway_form.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def staff_gateway_edit(request: HttpRequest, slug: str) -> HttpResponse:
    """How it is set up; a stale form is answered 409 with what was typed kept."""
    require_staff(request.user)
    gateway = get_object_or_404(Gateway, slug=slug)
    kind, driver = _kind_with_driver(gateway.kind)
    form = GatewayForm(request.POST if request.method == "POST" else None, driver=driver, gateway=gateway)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                change_gateway(
                    gateway=gateway,
                    setup=form.setup(),
                    seen_at=form.cleaned_data["seen"],
                    by=signed_in_person(request),
                )
            except GatewayChanged as error:
                form.add_error(None, str(error))
                form.data = _with_value(request, "seen", gateway.changed_at.isoformat())
                status = 409
            except DeliveryError as error:
                form.add_error(None, str(error))
            else:
                messages.success(request, _("The gateway is changed."))
                return redirect("staff-gateway", gateway.slug)
    context = {"gateway": gateway, "kind": kind, "form": form, "was_used": was_used(gateway)}
    return render(request, "delivery/staff_gateway_form.html", context, status=status)


@require_POST
def staff_gateway_pause(request: HttpRequest, slug: str) -> HttpResponse:
    require_staff(request.user)
    gateway = gateway_by_slug(slug)
    pause_gateway(gateway=gateway, by=signed_in_person(request))
    messages.success(
        request,
        _("“%(name)s” is paused. Within a few seconds nothing leaves through it.") % {"name": gateway.name},
    )
    return _back(request, gateway)


@require_POST
def staff_gateway_continue(request: HttpRequest, slug: str) -> HttpResponse:
    require_staff(request.user)
    gateway = gateway_by_slug(slug)
    continue_gateway(gateway=gateway, by=signed_in_person(request))
    messages.success(request, _("“%(name)s” goes on within 10 seconds.") % {"name": gateway.name})
    return _back(request, gateway)


@require_POST
def staff_gateway_delete(request: HttpRequest, slug: str) -> HttpResponse:
    """Only when nothing ever left through it."""
    require_staff(request.user)
    gateway = gateway_by_slug(slug)
    try:
        delete_gateway(gateway=gateway, by=signed_in_person(request))
    except DeliveryError as error:
        messages.error(request, str(error))
        return redirect("staff-gateway", gateway.slug)
    messages.success(request, _("“%(name)s” is deleted.") % {"name": gateway.name})
    return redirect("staff-gateway-list")


@require_POST
def staff_gateway_renew(request: HttpRequest, slug: str) -> HttpResponse:
    """A new address for what the carrier reports."""
    require_staff(request.user)
    gateway = gateway_by_slug(slug)
    renew_push_address(gateway=gateway, by=signed_in_person(request))
    messages.success(request, _("The address is replaced. Enter the new one at the carrier."))
    return redirect("staff-gateway", gateway.slug)


def gateway_by_slug(slug: str) -> Gateway:
    """The gateway without its secrets; they are read only where a driver is built."""
    gateways = Gateway.objects.exclude(kind=SANDBOX_KIND).defer("secret").select_related("changed_by")
    return get_object_or_404(gateways, slug=slug)


def _kind_with_driver(name: str) -> tuple[Kind, type[GatewayDriver]]:
    kind = kind_of(name)
    if kind.driver is None or name == SANDBOX_KIND:
        raise Http404
    return kind, kind.driver


def _back(request: HttpRequest, gateway: Gateway) -> HttpResponse:
    """To the page on which the button was."""
    if request.POST.get("back") == "gateway":
        return redirect("staff-gateway", gateway.slug)
    return redirect("staff-gateway-list")


def _with_value(request: HttpRequest, name: str, value: str) -> Any:
    data = request.POST.copy()
    data[name] = value
    return data
