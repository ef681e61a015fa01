"""The same request many times at the same moment, to a running console: one message, one answer."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from api.models import Answer
from delivery.models import Message
from tests.api.sending.offers import Shop
from tests.api.tencent_v5.calling import Program, phone

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_impatient_client_sends_one_message(console: str, shop: Shop, seller: Program) -> None:
    members = {
        "tel": [phone("13788888801"), phone("13788888802")],
        "tpl_id": shop.notice.body_template_id,
        "params": ["A1", "SF2"],
        "time": int(time.time()),
    }
    body = json.dumps({**members, "sig": seller.sign("sendmultisms2", members, "7")})
    url = f"{console}/v5/tlssmssvr/sendmultisms2?sdkappid={shop.project.sdk_app_id}&random=7"
    with ThreadPoolExecutor(8) as pool:
        answers = set(pool.map(lambda _n: httpx.post(url, content=body, timeout=30).text, range(24)))
    (answer,) = answers
    assert [told["result"] for told in json.loads(answer)["detail"]] == [0, 0]
    assert Message.objects.count() == 2
    assert Answer.objects.count() == 1
