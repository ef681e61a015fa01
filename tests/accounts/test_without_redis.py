"""Redis is away: people sign in all the same, and nothing that keeps strangers out gets weaker unseen."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.core.cache import caches
from django.core.cache.backends.base import BaseCache
from django.test import Client
from django.urls import reverse

from accounts.models import User
from smsconsole.lib.cache import ForgetfulCache
from tests.accounts.codes import code_of, give_two_factor
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db

NOBODY_LISTENS = "redis://127.0.0.1:1/0"


@pytest.fixture
def no_redis() -> Any:
    """The cache of this thread asks a Redis that is not there."""
    before: BaseCache = caches["default"]
    caches["default"] = ForgetfulCache(NOBODY_LISTENS, {})
    yield
    caches["default"] = before


def sign_in(email: str, password: str = PASSWORD) -> Client:
    client = Client()
    client.post(reverse("sign-in"), {"login": email, "password": password})
    return client


def test_the_password_lets_in_without_long_waiting(no_redis: None, operator: User) -> None:
    start = time.monotonic()
    client = sign_in(operator.email)
    assert client.get(reverse("account")).status_code == 200
    assert time.monotonic() - start < 5


def test_codes_work_and_stay_single_use(no_redis: None, operator: User) -> None:
    give_two_factor(operator)
    code = code_of(operator)
    outcomes = []
    for _n in range(2):
        client = sign_in(operator.email)
        client.post(reverse("mfa_authenticate"), {"code": code})
        outcomes.append(client.get(reverse("account")).status_code)
    assert outcomes == [200, 302]


def test_five_failures_still_lock_out(no_redis: None, operator: User) -> None:
    wrong = {"login": operator.email, "password": "wrong"}
    statuses = [Client().post(reverse("sign-in"), wrong).status_code for _n in range(5)]
    assert statuses == [200, 200, 200, 200, 429]


def test_wrong_codes_still_lock_out(no_redis: None, operator: User) -> None:
    give_two_factor(operator)
    client = sign_in(operator.email)
    statuses = [client.post(reverse("mfa_authenticate"), {"code": "000000"}).status_code for _n in range(5)]
    assert statuses == [200, 200, 200, 200, 429]


def test_it_is_asked_again_after_a_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    cache = ForgetfulCache(NOBODY_LISTENS, {})
    assert cache.add("key", 1) is True
    assert cache.get("key", "nothing") == "nothing"
    cache.set("key", 1)
    assert cache.delete("key") is False
    assert cache._away_until > time.monotonic()
    monkeypatch.setattr(cache, "_away_until", 0.0)
    cache.get("key")
    assert cache._away_until > time.monotonic()


def test_it_never_empties_the_redis_it_shares_with_the_queues() -> None:
    with pytest.raises(NotImplementedError):
        caches["default"].clear()
