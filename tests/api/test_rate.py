"""Rate limits: what a bucket gives, how it refills, and what happens while Redis is away."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest
from pytest_django import Settings
from redis import Redis
from redis.exceptions import ConnectionError as RedisAway

from api import rate
from projects.models import ApiKey
from tests.factories import ApiKeyFactory, AppKeyFactory

# Buckets are in the same Redis for all tests: each test has a key of its own.
NUMBERS = count(1)


@pytest.fixture
def key(settings: Settings) -> Iterator[ApiKey]:
    settings.API_REQUESTS_PER_SECOND = 5
    made = ApiKeyFactory.build(pk=next(NUMBERS))
    Redis.from_url(settings.REDIS_URL).delete(f"rate:apikey:{made.pk}:")
    yield made
    Redis.from_url(settings.REDIS_URL).delete(f"rate:apikey:{made.pk}:")


@pytest.fixture
def redis_away(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Redis does not answer; the list grows by each time it was asked."""
    asked: list[int] = []

    def away(**_arguments: object) -> object:
        asked.append(1)
        raise RedisAway

    monkeypatch.setattr(rate, "_script", lambda url: away)
    monkeypatch.setattr(rate, "_in_redis", rate._RedisBuckets())
    monkeypatch.setattr(rate, "_in_process", rate._ProcessBuckets())
    return asked


def test_a_second_holds_so_many_requests_and_then_says_when(key: ApiKey) -> None:
    answers = [rate.take(key) for _n in range(5)]
    assert [answer.remaining for answer in answers] == [4, 3, 2, 1, 0]
    assert not any(answer.is_exceeded for answer in answers)
    refused = rate.take(key)
    assert refused.is_exceeded
    assert (refused.limit, refused.remaining, refused.retry_after) == (5, 0, 1)
    assert refused.reset_seconds == 1


def test_the_bucket_refills_as_time_goes_by(key: ApiKey, settings: Settings) -> None:
    for _n in range(6):
        refused = rate.take(key)
    assert refused.is_exceeded
    redis = Redis.from_url(settings.REDIS_URL)
    bucket = f"rate:apikey:{key.pk}:"
    # As if 0.4 seconds had passed: two requests more.
    redis.hset(bucket, "at", float(redis.hget(bucket, "at")) - 0.4)
    assert [rate.take(key).is_exceeded for _n in range(3)] == [False, False, True]


def test_an_unused_bucket_leaves_redis(key: ApiKey, settings: Settings) -> None:
    rate.take(key)
    assert 0 < Redis.from_url(settings.REDIS_URL).pttl(f"rate:apikey:{key.pk}:") <= 1300


def test_many_at_once_get_no_more_than_there_are(key: ApiKey, settings: Settings) -> None:
    settings.API_REQUESTS_PER_SECOND = key.rate_per_second = 20
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _n: rate.take(key, n=1, per_second=0.001, name="slow"), range(40)))
    assert sum(not answer.is_exceeded for answer in answers) == 1
    Redis.from_url(settings.REDIS_URL).delete(f"rate:apikey:{key.pk}:slow")


def test_a_key_may_have_less_than_the_console_and_never_more(key: ApiKey) -> None:
    key.rate_per_second = 2
    assert rate.take(key).limit == 2
    key.rate_per_second = 50
    assert rate.take(key).limit == 5


def test_a_named_bucket_is_beside_the_common_one(key: ApiKey, settings: Settings) -> None:
    name = "AddSmsSign"
    assert not rate.take(key, name=name, per_second=1).is_exceeded
    assert rate.take(key, name=name, per_second=1).is_exceeded
    assert rate.take(key).remaining == 4
    Redis.from_url(settings.REDIS_URL).delete(f"rate:apikey:{key.pk}:{name}")


def test_keys_of_two_kinds_with_the_same_number_do_not_share(key: ApiKey, settings: Settings) -> None:
    app_key = AppKeyFactory.build(pk=key.pk, project=key.project)
    for _n in range(5):
        rate.take(key)
    assert rate.take(app_key).remaining == 4
    Redis.from_url(settings.REDIS_URL).delete(f"rate:appkey:{key.pk}:")


def test_more_at_once_than_fit_are_taken_from_a_full_bucket_and_paid_for_later(key: ApiKey) -> None:
    assert not rate.take(key, n=12).is_exceeded
    refused = rate.take(key)
    assert refused.retry_after == 2


def test_each_process_counts_for_itself_while_redis_is_away(key: ApiKey, redis_away: list[int]) -> None:
    answers = [rate.take(key).is_exceeded for _n in range(6)]
    assert answers == [False] * 5 + [True]
    # It is left alone for a while: no request waits for it again.
    assert len(redis_away) == 1


def test_the_process_forgets_buckets_before_they_are_too_many(
    key: ApiKey, redis_away: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rate, "_BUCKETS_MAX", 3)
    for n in range(10):
        assert not rate.take(key, name=str(n), per_second=1).is_exceeded
    assert len(rate._in_process._buckets) <= 3
