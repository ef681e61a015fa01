"""A shop abroad whose program may send, one of another project, and one with a sandbox key."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from accounts.models import Role
from projects.models import ApiKey, Project
from smsconsole.lib.types import Region
from templates_app.models import BodyTemplateRevision, SignatureRevision
from tests.api.native.calling import Program
from tests.campaigns.making import body, gateway, signature
from tests.factories import ApiKeyFactory, ProjectFactory, lift_limits, member


class Shop:
    """A project with an approved signature and text for numbers abroad."""

    def __init__(self) -> None:
        self.project: Project = ProjectFactory(default_country="DE", time_zone="Europe/Berlin")
        self.author = member(self.project.organization, Role.OPERATOR, Role.ADMIN)
        self.sign: SignatureRevision = signature(self.project)
        self.text: BodyTemplateRevision = body(self.project)
        lift_limits(self.project)

    def key(self, **fields: object) -> ApiKey:
        key: ApiKey = ApiKeyFactory(project=self.project, created_by=self.author, **fields)
        return key

    def message(self, to: str = "+4915123000001", **fields: object) -> dict[str, object]:
        """The body of a message that can be sent."""
        return {
            "to": to,
            "template_id": str(self.text.body_template.uuid),
            "parameters": ["Ada", "Berlin"],
            "signature": self.sign.text,
            **fields,
        }

    def domestic(self) -> tuple[str, str]:
        """An approved signature and text at home: the signature's text, the template's id."""
        sign = signature(self.project, "演示商城", region=Region.DOMESTIC)
        text = body(self.project, "您的订单{1}已发货。", region=Region.DOMESTIC, name="Home")
        return sign.text, str(text.body_template.uuid)


@pytest.fixture
def shop(db: None) -> Shop:
    gateway()
    return Shop()


@pytest.fixture
def program(shop: Shop) -> Program:
    return Program(shop.key())


@pytest.fixture
def stranger(shop: Shop) -> Program:
    """With all rights in another project."""
    return Program(Shop().key())


@pytest.fixture
def sandbox(shop: Shop) -> Program:
    return Program(shop.key(is_sandbox=True))


@pytest.fixture(autouse=True)
def no_hurry(settings: Any, tmp_path: Path) -> None:
    """Tests ask faster than programs, and keep their files to themselves."""
    settings.API_REQUESTS_PER_SECOND = 100_000
    settings.MEDIA_ROOT = tmp_path
