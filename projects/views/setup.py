"""The first setup of the console."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.confirming import let_in
from accounts.errors import AccountsError
from accounts.queries import is_set_up
from accounts.views.landing import checklist_address, remember_onward
from projects import services
from projects.forms import SetupForm


@require_http_methods(["GET", "HEAD", "POST"])
@login_not_required
@sensitive_post_parameters("password", "setup_code")
@never_cache
def setup(request: HttpRequest) -> HttpResponse:
    """The first admin's way to a working project; afterwards this page only leads to the sign-in."""
    if is_set_up():
        return redirect("sign-in")
    form = SetupForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            project, user = services.set_up(**form.cleaned_data)
        except AccountsError as error:
            form.add_error("setup_code", str(error))
        else:
            let_in(request, user)
            messages.success(request, _("The console is ready. This is what is left to do."))
            return redirect(remember_onward(request, checklist_address(project.organization)))
    return render(request, "projects/setup.html", {"form": form})
