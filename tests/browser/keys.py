"""Keys of programs for the pages to show: one of each kind and state."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from accounts.models import User
from api.tencent_v3 import signing
from projects import services as projects
from projects.models import ApiKey, Project, SecretKey
from projects.services import ApiKeyTerms
from tests.factories import UserFactory


@dataclass(frozen=True)
class Keys:
    api_key: ApiKey
    pair: SecretKey


def make_keys(project: Project, person: User) -> Keys:
    now = timezone.now()
    wanted = [
        (ApiKeyTerms("Till in the shop", ["messages:send"], expires_at=now - timedelta(days=3)), False),
        (ApiKeyTerms("Trials", ["messages:send", "messages:read"]), True),
        (
            ApiKeyTerms(
                "Newsletter service",
                ["campaigns:write", "campaigns:send", "texts:read", "numbers:write"],
                ["203.0.113.7", "198.51.100.0/24", "2001:db8:85a3::/48", "192.0.2.10", "192.0.2.11"],
                now + timedelta(days=9),
            ),
            False,
        ),
        (
            ApiKeyTerms(
                "Order service", ["messages:send", "messages:read"], ["203.0.113.7"], now + timedelta(days=80)
            ),
            False,
        ),
    ]
    for terms, is_sandbox in wanted:
        ahead = terms._replace(expires_at=now + timedelta(days=1)) if terms.expires_at else terms
        made = projects.add_api_key(
            project=project, terms=ahead, is_sandbox=is_sandbox, confirmed_at=now, by=person
        ).api_key
        ApiKey.objects.filter(pk=made.pk).update(expires_at=terms.expires_at)
    # Whoever made the first one left.
    ApiKey.objects.filter(project=project, name="Till in the shop").update(
        created_by=UserFactory(name="Gerd Gone")
    )
    used = {"last_used_at": now - timedelta(minutes=2), "last_used_from": "203.0.113.7"}
    ApiKey.objects.filter(pk=made.pk).update(**used)
    gone = projects.add_api_key(
        project=project,
        terms=ApiKeyTerms("Old shop", ["messages:send"]),
        confirmed_at=now,
        by=person,
    )
    projects.retire_key(key=gone.api_key, by=person)
    pair = projects.add_secret_key(
        project=project,
        name="Orders, Tencent’s SDK",
        addresses=["203.0.113.0/24"],
        confirmed_at=now,
        by=person,
    )
    if not project.app_keys.exists():
        projects.add_app_key(project=project, by=person)
    project.app_keys.update(
        last_used_at=now - timedelta(hours=5), last_used_from="2001:db8:85a3::8a2e:370:7334"
    )
    return Keys(made, pair)


def badly_signed(project: Project, pair: SecretKey) -> str:
    """A request of API 3.0 whose program signs another Content-Type than it sends."""
    body = (
        f'{{"SmsSdkAppId": "{project.sdk_app_id}", "PhoneNumberSet": ["+8613800138000"], "TemplateId": "12"}}'
    )
    now = int(time.time()) - 20
    day = signing.utc_date(now)
    canonical = signing.canonical_request(
        method="POST",
        query="",
        headers={"content-type": "application/json", "host": "sms.example.com"},
        signed_headers=("content-type", "host"),
        body=body.encode(),
    )
    to_sign = signing.string_to_sign(timestamp=now, date=day, service="sms", canonical=canonical)
    signature = signing.signature(secret_key=pair.secret, date=day, service="sms", to_sign=to_sign)
    return (
        "POST / HTTP/1.1\n"
        "Host: sms.example.com\n"
        "Content-Type: application/json; charset=utf-8\n"
        "X-TC-Action: SendSms\n"
        "X-TC-Version: 2021-01-11\n"
        f"X-TC-Timestamp: {now}\n"
        f"Authorization: TC3-HMAC-SHA256 Credential={pair.secret_id}/{day}/sms/tc3_request, "
        f"SignedHeaders=content-type;host, Signature={signature}\n\n{body}"
    )
