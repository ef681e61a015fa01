"""The addresses of Django's admin; loading the apps' modules puts their models into it."""

from __future__ import annotations

from importlib import import_module

from accounts.admin_site import site

for _app in ("accounts", "projects", "delivery", "campaigns"):
    import_module(f"{_app}.admin")

urls = site.urls
