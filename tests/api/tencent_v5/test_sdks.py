"""Tencent's own clients, unmodified, against a running console: only the address is another one."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from qcloudsms_py import QcloudSms
from qcloudsms_py.httpclient import HTTPClientInterface, HTTPRequest, HTTPResponse

from delivery.models import Message, MessageBody
from tests.api.sending.offers import Shop
from tests.api.tencent_v5.calling import Program
from tests.api.tencent_v5.happened import carried

pytestmark = pytest.mark.django_db(transaction=True)

TEXT = "【演示商城】您的订单{}已打包发送，快递单号SF2，请注意查收。"
V5 = "/v5/tlssmssvr/"
NPM_PACKAGE = "qcloudsms_js@0.1.1"


class _Response(HTTPResponse):  # type: ignore[misc]
    def json(self) -> Any:
        return json.loads(self.body)


class PlainClient(HTTPClientInterface):  # type: ignore[misc]
    """The SDK's own seam for another HTTP client: its built-in one reads JSON in a way that Python gave up."""

    def fetch(self, req: HTTPRequest) -> HTTPResponse:
        response = httpx.request(req.method, req.url, headers=req.headers, content=req.body.encode())
        return _Response(req, response.status_code, response.content)


@pytest.fixture
def shop() -> Shop:
    return Shop(pulls_status=True, pulls_replies=True)


def test_qcloudsms_py_sends_and_pulls(console: str, shop: Shop, seller: Program) -> None:
    key = seller.key
    sms = QcloudSms(key.project.sdk_app_id, key.secret, httpclient=PlainClient())
    one, many = sms.SmsSingleSender(), sms.SmsMultiSender()
    number = shop.notice.body_template_id
    single, multi = f"{console}{V5}sendsms", f"{console}{V5}sendmultisms2"

    template = one.send_with_param(
        86, "13788888801", number, ["A1", "SF2"], sign="演示商城", ext="order 7", url=single
    )
    raw = one.send(0, 86, "13788888802", TEXT.format("A2"), ext="order 8", url=single)
    tels = ["13788888803", "13788888804", "12"]
    both = many.send_with_param(86, tels, number, ["A3", "SF2"], sign="演示商城", url=multi)
    text = many.send(0, 86, tels[:2], TEXT.format("A4"), url=multi)

    assert (template["result"], template["errmsg"], template["ext"], template["fee"]) == (
        0,
        "OK",
        "order 7",
        1,
    )
    assert (raw["result"], raw["ext"]) == (0, "order 8")
    assert [told["result"] for told in both["detail"]] == [0, 0, 1016]
    assert [told["result"] for told in text["detail"]] == [0, 0]
    assert MessageBody.objects.filter(text=TEXT.format("A1")).count() == 1
    assert Message.objects.count() == 6

    sent = {message.msisdn for message in carried()}
    assert sent == {f"+861378888880{n}" for n in range(1, 5)}
    _pull_with_qcloudsms_py(console, sms, template["sid"])


def _pull_with_qcloudsms_py(console: str, sms: QcloudSms, sid: str) -> None:
    queue, of_number = sms.SmsStatusPuller(), sms.SmsMobileStatusPuller()
    pull, mobile = f"{console}{V5}pullstatus", f"{console}{V5}pullstatus4mobile"
    span = (86, "13788888801", int(time.time()) - 3600, int(time.time()) + 60, 10)

    receipts = queue.pull_callback(100, url=pull)["data"]
    assert len(receipts) == len({told["sid"] for told in receipts}) == 6
    assert {(told["report_status"], told["errmsg"]) for told in receipts} == {("SUCCESS", "DELIVRD")}
    assert sid in {told["sid"] for told in receipts}
    assert queue.pull_callback(100, url=pull)["count"] == 0
    (reply,) = queue.pull_reply(10, url=pull)["data"]
    assert (reply["text"], reply["mobile"], reply["sign"]) == ("谢谢", "13788888801", "演示商城")
    assert queue.pull_reply(10, url=pull)["count"] == 0
    assert [told["sid"] for told in of_number.pull_callback(*span, url=mobile)["data"]] == [sid]
    assert [told["sign"] for told in of_number.pull_reply(*span, url=mobile)["data"]] == ["演示商城"]


@pytest.fixture(scope="module")
def qcloudsms_js(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The folder of Tencent's npm package: where `QCLOUDSMS_JS` says, or out of npm's cache."""
    if not shutil.which("node"):
        pytest.skip("node is missing")
    if given := os.environ.get("QCLOUDSMS_JS"):
        return given
    folder = tmp_path_factory.mktemp("npm")
    npm = [
        shutil.which("npm") or "npm",
        "install",
        "--offline",
        "--no-audit",
        "--no-fund",
        "--ignore-scripts",
    ]
    try:
        subprocess.run(
            [*npm, "--prefix", str(folder), NPM_PACKAGE], check=True, capture_output=True, timeout=60
        )
    except (OSError, subprocess.SubprocessError):
        pytest.skip(f"{NPM_PACKAGE} is not in npm's cache; QCLOUDSMS_JS may name its folder")
    return str(folder / "node_modules" / "qcloudsms_js")


def test_qcloudsms_js_sends_and_pulls(console: str, shop: Shop, seller: Program, qcloudsms_js: str) -> None:
    told = _run_node(console, shop, seller, qcloudsms_js, "send")
    assert told["single"]["result"] == 0, told
    assert told["single"]["ext"] == "order 7"
    assert told["raw"]["result"] == 0, told
    assert [each["result"] for each in told["multi"]["detail"]] == [0, 0, 1016]
    assert Message.objects.count() == 4

    sid = told["single"]["sid"]
    carried()
    told = _run_node(console, shop, seller, qcloudsms_js, "pull")
    assert sid in [each["sid"] for each in told["status"]["data"]]
    assert told["status"]["count"] == 4
    assert [each["text"] for each in told["reply"]["data"]] == ["谢谢"]
    assert [each["sid"] for each in told["mobile"]["data"]] == [sid]


def _run_node(console: str, shop: Shop, seller: Program, package: str, what: str) -> dict[str, Any]:
    script = Path(__file__).with_name("qcloudsms.js")
    run = subprocess.run(
        [shutil.which("node") or "node", str(script), what],
        env={
            **os.environ,
            "CONSOLE": console,
            "QCLOUDSMS_JS": package,
            "SDK_APP_ID": str(seller.key.project.sdk_app_id),
            "APP_KEY": seller.key.secret,
            "TEMPLATE": str(shop.notice.body_template_id),
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    told: dict[str, Any] = json.loads(run.stdout)
    return told
