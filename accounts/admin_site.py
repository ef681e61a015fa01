"""Django's admin, cut down to reading: for superusers who showed their second factor, at /django-admin/.

It is a last look into the tables when a page is missing. It adds, changes and deletes nothing, and no model lists
numbers of people, texts or secrets; everything else is done on the pages of the console. For everybody else it does
not exist.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, path
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from accounts.two_factor import showed_two_factor

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
else:
    ModelAdmin = admin.ModelAdmin


class ReadOnlyAdmin(ModelAdmin):
    """Lists and shows the fields that a subclass names, and nothing else."""

    actions = None
    list_per_page = 50
    # Counting a large table for the page's foot would cost more than the page.
    show_full_result_count = False

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        info = f"{self.opts.app_label}_{self.opts.model_name}"
        return [
            path("", view(self.changelist_view), name=f"{info}_changelist"),
            path("<path:object_id>/change/", view(self.change_view), name=f"{info}_change"),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: models.Model | None = None) -> Any:
        return self.fields or ()

    def has_view_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return self.admin_site.has_permission(request)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.admin_site.has_permission(request)

    def has_add_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False


class ConsoleAdminSite(admin.AdminSite):
    site_title = site_header = _("SMS Console, tables")
    index_title = _("Read only")
    site_url = "/"
    enable_nav_sidebar = False

    def has_permission(self, request: HttpRequest) -> bool:
        user = request.user
        return bool(user.is_active and user.is_superuser and showed_two_factor(request))

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Any:
        inner = super().admin_view(view, cacheable)

        def gate(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not self.has_permission(request):
                raise Http404
            response: HttpResponse = inner(request, *args, **kwargs)
            return response

        return require_safe(gate)

    def get_urls(self) -> list[URLResolver | URLPattern]:
        """The index, an index per app and the models' two pages: no sign-in, password or sign-out of its own."""
        urls: list[URLResolver | URLPattern] = [
            path("", self.admin_view(self.index), name="index"),
            path("<slug:app_label>/", self.admin_view(self.app_index), name="app_list"),
        ]
        for model, model_admin in self._registry.items():
            prefix = f"{model._meta.app_label}/{model._meta.model_name}/"
            urls += [
                path(prefix + str(one.pattern), one.callback, name=one.name) for one in model_admin.get_urls()
            ]
        return urls


site = ConsoleAdminSite(name="django-admin")
