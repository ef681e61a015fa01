"""What every answer carries to protect the person who reads it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[1]


def test_every_answer_says_what_a_browser_must_not_do(client: Client, operator: User) -> None:
    headers = client.get(reverse("sign-in")).headers
    assert "camera=()" in headers["Permissions-Policy"]
    assert "geolocation=()" in headers["Permissions-Policy"]
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"


def test_cookies_are_kept_from_scripts_and_other_sites(client: Client, operator: User) -> None:
    client.get(reverse("sign-in"))
    client.post(reverse("sign-in"), {"login": operator.email, "password": PASSWORD})
    for name in ("sessionid", "csrftoken"):
        cookie = client.cookies[name]
        assert cookie["httponly"], name
        assert cookie["samesite"] == "Lax", name


def test_behind_a_tls_proxy_cookies_and_redirects_are_strict() -> None:
    names = "SESSION_COOKIE_SECURE CSRF_COOKIE_SECURE SECURE_SSL_REDIRECT SECURE_HSTS_SECONDS"
    script = (
        f"from django.conf import settings; print(*(getattr(settings, name) for name in {names.split()}))"
    )
    said = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env=os.environ
        | {"HTTPS_ONLY": "1", "SECRET_KEY": "x" * 50, "DJANGO_SETTINGS_MODULE": "smsconsole.settings"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.split() == ["True", "True", "True", "31536000"]
