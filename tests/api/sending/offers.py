"""Projects that may send, and orders to them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from api.sending.orders import Order, Recipient
from projects.models import Project
from smsconsole.lib.types import Region
from templates_app.models import BodyTemplateRevision, SignatureRevision
from templates_app.statuses import TextKind
from tests.campaigns.making import body, gateway, signature
from tests.factories import ProjectFactory

HOME, ABROAD = Region.DOMESTIC, Region.INTERNATIONAL
CODE_TEXT = "{1}为您的登录验证码，请于{2}分钟内填写，如非本人操作，请忽略本短信。"
NOTICE_TEXT = "您的订单{1}已打包发送，快递单号{2}，请注意查收。"
SALE_TEXT = "会员您好，{1}新品到店，欢迎选购，拒收请回复R"


def home_number(n: int = 0) -> str:
    return f"+86138{n:08d}"


def number_abroad(n: int = 0) -> str:
    return f"+{4915123000000 + n}"


class Shop:
    """A project with one approved signature and three approved texts at home, and a gateway."""

    def __init__(self, **project: Any) -> None:
        gateway()
        self.project: Project = ProjectFactory(default_country="CN", **project)
        self.sign: SignatureRevision = signature(self.project, "演示商城", region=HOME)
        self.code = self.template(CODE_TEXT, TextKind.VERIFICATION)
        self.notice = self.template(NOTICE_TEXT, TextKind.NOTIFICATION)
        self.sale = self.template(SALE_TEXT, TextKind.MARKETING)

    def template(
        self, text: str, kind: TextKind = TextKind.NOTIFICATION, region: Region = HOME
    ) -> BodyTemplateRevision:
        return body(self.project, text, region=region, kind=kind, name=f"Text {text[:10]}")

    def order(
        self,
        template: BodyTemplateRevision | None = None,
        numbers: Sequence[str] = (),
        parameters: Sequence[str] = ("1234", "5"),
        **fields: Any,
    ) -> Order:
        """An order of the notice to one number, unless something else is asked."""
        template = template or self.notice
        context = fields.pop("context", "")
        recipients = [Recipient(number, parameters, context) for number in numbers or [home_number()]]
        values: dict[str, Any] = {"template_id": str(template.body_template_id), "signature": "演示商城"}
        return Order(recipients, **{**values, **fields})

    def raw(self, text: str, numbers: Sequence[str] = (), **fields: Any) -> Order:
        """An order of a whole text."""
        recipients = [Recipient(number) for number in numbers or [home_number()]]
        return Order(recipients, text=text, **fields)
