from __future__ import annotations

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import FieldError
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from projects.models import AppKey
from smsconsole.lib.encryption import SecretUnreadable, decrypt, encrypt
from tests.factories import AppKeyFactory


@given(st.text())
def test_what_was_sealed_comes_back(text: str) -> None:
    assert decrypt(encrypt(text, keys=("key",)), keys=("key",)) == text


def test_the_same_text_is_never_sealed_twice_alike() -> None:
    assert encrypt("secret", keys=("key",)) != encrypt("secret", keys=("key",))


def test_while_a_key_is_rotated_both_read_and_the_new_one_writes() -> None:
    old = encrypt("secret", keys=("old",))
    assert decrypt(old, keys=("new", "old")) == "secret"
    assert decrypt(encrypt("secret", keys=("new", "old")), keys=("new",)) == "secret"


def test_without_its_key_a_secret_is_unreadable_and_says_so() -> None:
    with pytest.raises(SecretUnreadable, match="ENCRYPTION_KEYS"):
        decrypt(encrypt("secret", keys=("old",)), keys=("new",))


@pytest.mark.parametrize("damaged", ["", "not a token", "ключ", Fernet.generate_key().decode()], ids=range(4))
def test_a_damaged_secret_is_unreadable(damaged: str) -> None:
    with pytest.raises(SecretUnreadable):
        decrypt(damaged, keys=("key",))


@pytest.mark.parametrize("keys", [(), ("",), ("key", "")])
def test_an_empty_key_is_refused(keys: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="ENCRYPTION_KEYS"):
        encrypt("secret", keys=keys)


@pytest.mark.django_db
def test_the_field_writes_with_the_newest_key(settings: Settings) -> None:
    settings.ENCRYPTION_KEYS = ["old"]
    key = AppKeyFactory(secret="sesame")
    settings.ENCRYPTION_KEYS = ["new", "old"]
    key.save(update_fields=["secret"])
    AppKey.objects.filter(pk=key.pk).update(secret="sesame 2")
    settings.ENCRYPTION_KEYS = ["new"]
    assert AppKey.objects.get(pk=key.pk).secret == "sesame 2"
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM projects_appkey")
        assert "sesame" not in cursor.fetchone()[0]


@pytest.mark.django_db
def test_the_field_cannot_be_looked_up() -> None:
    AppKeyFactory(secret="sesame")
    with pytest.raises(FieldError):
        AppKey.objects.filter(secret="sesame").exists()
    assert AppKey.objects.filter(secret__isnull=False).count() == 1
