"""Pages of platform staff about carriers' codes that the console does not know."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import require_staff, signed_in_person
from delivery.errors import CodeChanged, DeliveryError
from delivery.gateway_forms import CodeForm
from delivery.gateway_forms.codes import NOT_KNOWN
from delivery.models import CarrierCode
from delivery.queries.codes import CodeRow, code_rows
from delivery.services.codes import PAST_HOURS, count_past, map_code, reread_past


@require_safe
def staff_code_list(request: HttpRequest) -> HttpResponse:
    """Codes that wait for a meaning, then those that were given one."""
    require_staff(request.user)
    context = {"unknown": code_rows(is_mapped=False), "known": code_rows(is_mapped=True)}
    return render(request, "delivery/staff_code_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def staff_code_edit(request: HttpRequest, key: int) -> HttpResponse:
    """What a code means from now on, and for past messages when asked; a stale form is answered 409."""
    require_staff(request.user)
    code = get_object_or_404(CarrierCode.objects.select_related("changed_by"), pk=key)
    seen = code.changed_at.isoformat() if code.changed_at else ""
    form = CodeForm(
        request.POST if request.method == "POST" else None,
        initial={"seen": seen, "reason": NOT_KNOWN if code.reason is None else code.reason},
    )
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                _save(request, code, form)
            except DeliveryError as error:
                form.add_error(None, str(error))
                if isinstance(error, CodeChanged):
                    data = request.POST.copy()
                    data["seen"] = seen
                    form.data = data
                    status = 409
            else:
                return redirect("staff-code-list")
    context = {"row": CodeRow(code), "form": form, "n_past": count_past(code), "past_hours": PAST_HOURS}
    return render(request, "delivery/staff_code_form.html", context, status=status)


def _save(request: HttpRequest, code: CarrierCode, form: CodeForm) -> None:
    by, reason = signed_in_person(request), form.cleaned_data["reason"]
    map_code(code=code, reason=reason, seen_at=form.cleaned_data["seen"], by=by)
    if reason is not None and form.cleaned_data["rereads_past"]:
        reread_past(code=code, by=by)
        messages.success(request, _("Saved. Past messages get the reason within a minute."))
    else:
        messages.success(request, _("Saved. New receipts take it up within 10 seconds."))
