"""Every word of the console is there in both languages, and the compiled catalog is today's."""

from __future__ import annotations

import subprocess
import sys

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import translation

from accounts.models import User
from smsconsole.lib.countries import country_name


def test_nothing_is_untranslated_and_no_placeholder_is_lost() -> None:
    """What `make check` runs; its output names each message."""
    done = subprocess.run(
        [sys.executable, "bin/messages.py", "check"], cwd=settings.BASE_DIR, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]


@pytest.mark.django_db
def test_a_page_speaks_chinese(admin: User) -> None:
    page = Client().get(reverse("sign-in"), headers={"accept-language": "zh-CN"}).content.decode()
    assert '<html lang="zh-hans"' in page
    assert "登录" in page
    assert ">Sign in<" not in page


def test_countries_are_named_in_the_language_of_the_page() -> None:
    with translation.override("zh-hans"):
        assert country_name("DE") == "德国"
        assert country_name("XK") == "科索沃"
    with translation.override("en"):
        assert country_name("DE") == "Germany"
