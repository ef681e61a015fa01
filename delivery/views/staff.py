"""Pages of platform staff about gateways: their state, their rate, and the switch that stops them."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import require_staff, signed_in_person
from delivery.errors import GatewayChanged
from delivery.gateway_forms import GatewayForm
from delivery.models import Gateway
from delivery.queries.gateways import PAGE_ROWS, gateway_rows
from delivery.services.gateway_changes import change_gateway, continue_gateway, pause_gateway


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


@require_http_methods(["GET", "HEAD", "POST"])
def staff_gateway(request: HttpRequest, slug: str) -> HttpResponse:
    """Name and rate; a stale form is answered 409 with what was typed kept."""
    require_staff(request.user)
    gateway = get_object_or_404(Gateway.objects.defer("secret"), slug=slug)
    form = GatewayForm(
        request.POST or None,
        initial={
            "name": gateway.name,
            "rate_per_second": gateway.rate_per_second,
            "seen": gateway.changed_at.isoformat(),
        },
    )
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            cleaned = form.cleaned_data
            try:
                change_gateway(
                    gateway=gateway,
                    name=cleaned["name"],
                    rate_per_second=cleaned["rate_per_second"],
                    seen_at=cleaned["seen"],
                    by=signed_in_person(request),
                )
            except GatewayChanged as error:
                form.add_error(None, str(error))
                data = request.POST.copy()
                data["seen"] = gateway.changed_at.isoformat()
                form.data = data
                status = 409
            else:
                messages.success(request, _("The gateway is changed."))
                return redirect("staff-gateway-list")
    return render(request, "delivery/staff_gateway.html", {"gateway": gateway, "form": form}, status=status)


@require_POST
def staff_gateway_pause(request: HttpRequest, slug: str) -> HttpResponse:
    require_staff(request.user)
    gateway = get_object_or_404(Gateway.objects.defer("secret"), slug=slug)
    pause_gateway(gateway=gateway, by=signed_in_person(request))
    messages.success(
        request,
        _("“%(name)s” is paused. Within a few seconds nothing leaves through it.") % {"name": gateway.name},
    )
    return redirect("staff-gateway-list")


@require_POST
def staff_gateway_continue(request: HttpRequest, slug: str) -> HttpResponse:
    require_staff(request.user)
    gateway = get_object_or_404(Gateway.objects.defer("secret"), slug=slug)
    continue_gateway(gateway=gateway, by=signed_in_person(request))
    messages.success(request, _("“%(name)s” goes on within 10 seconds.") % {"name": gateway.name})
    return redirect("staff-gateway-list")
