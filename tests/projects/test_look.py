"""What holds for every page: vendored files as listed, no inline code or style, icons that exist."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.template import Context, Template
from django.template.loader import get_template, render_to_string
from django.test import Client, RequestFactory
from django.urls import reverse
from django.views import defaults
from django.views.csrf import csrf_failure

from accounts.forms import MemberForm
from accounts.models import User
from projects.forms import ProjectForm
from tests.people import ClientOf

VENDOR = settings.BASE_DIR / "static" / "vendor"
TEMPLATES = sorted((settings.BASE_DIR / "templates").rglob("*.html"))


def test_vendored_files_are_the_ones_the_list_names() -> None:
    listed = dict(
        re.findall(r"^\| `([^`]+)` .*`([A-Za-z0-9+/=]{64})` \|$", (VENDOR / "README.md").read_text(), re.M)
    )
    actual = {
        path.name: base64.b64encode(hashlib.sha384(path.read_bytes()).digest()).decode()
        for path in VENDOR.iterdir()
        if path.suffix in {".css", ".js", ".svg"}
    }
    assert listed == actual


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_a_template_has_no_inline_code_or_style(path: Path) -> None:
    text = path.read_text()
    assert not re.search(
        r"\sstyle\s*=|<style|\son\w+\s*=\s*[\"']|javascript:|hx-on|hx-vals\s*=\s*[\"']js:", text
    )
    assert not re.search(r"<script(?![^>]*\ssrc=)", text)
    assert not re.search(r"(src|href)\s*=\s*[\"'](https?:)?//", text), "nothing comes from elsewhere"


def test_every_icon_in_a_template_is_in_the_sprite() -> None:
    names = set(re.findall(r'<symbol id="([^"]+)"', (VENDOR / "tabler-icons.svg").read_text()))
    used = {
        name
        for path in TEMPLATES
        for name in re.findall(r'{% icon "([^"]+)"', path.read_text())
        + re.findall(r'{% empty_state "([^"]+)"', path.read_text())
    }
    assert used
    assert used <= names


def test_every_template_compiles() -> None:
    for path in TEMPLATES:
        assert get_template(str(path.relative_to(settings.BASE_DIR / "templates")))


@pytest.mark.django_db
def test_the_page_carries_a_strict_policy(client: Client, admin: User) -> None:
    policy = client.get(reverse("sign-in")).headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


@pytest.mark.django_db
def test_an_unknown_address_is_answered_in_the_same_look(client_of: ClientOf, admin: User) -> None:
    response = client_of(admin).get("/no/such/page/")
    assert response.status_code == 404
    assert "There is nothing here" in response.content.decode()


def test_the_error_pages_need_neither_user_nor_database(rf: RequestFactory) -> None:
    request = rf.get("/")
    assert b"Something broke" in defaults.server_error(request).content
    assert b"open for too long" in csrf_failure(request).content


@pytest.mark.django_db
def test_a_refusal_shows_its_reason(rf: RequestFactory) -> None:
    request = rf.get("/")
    response = defaults.permission_denied(request, PermissionDenied("Only on Sundays."))
    assert b"Only on Sundays." in response.content


def test_a_field_ties_help_and_errors_to_its_input() -> None:
    form = ProjectForm({"name": "", "time_zone": "UTC"})
    html = render_to_string("projects/_project_fields.html", {"form": form})
    assert re.search(r'<input[^>]*name="name"[^>]*aria-invalid="true"[^>]*', html)
    described = re.search(r'<input[^>]*name="name"[^>]*aria-describedby="([^"]+)"', html)
    assert described
    for target in described[1].split():
        assert f'id="{target}"' in html


def test_a_group_of_choices_is_tied_to_its_errors_and_a_pages_own_hint_to_its_field() -> None:
    form = MemberForm({"email": "x@example.com"})
    html = Template('{% field form.roles %}{% field form.name hint="As on the badge." %}').render(
        Context({"form": form})
    )
    assert '<fieldset aria-describedby="id_roles_error">' in html
    assert 'id="id_roles_error"' in html
    assert 'aria-describedby="id_name_helptext"' in html
    assert '<div class="form-hint" id="id_name_helptext">As on the badge.</div>' in html
