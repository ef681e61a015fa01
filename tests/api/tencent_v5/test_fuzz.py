"""Whatever a program sends to whichever method: an answer of the table, and nothing of another project."""

from __future__ import annotations

import json
import time
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from accounts.models import Role
from api.tencent_v5.errors import Code
from api.tencent_v5.methods import METHODS
from delivery.statuses import MessageStatus
from templates_app.models import BodyTemplate, BodyTemplateRevision, Signature, SignatureRevision
from templates_app.statuses import RevisionStatus
from tests.api.sending.offers import ABROAD, HOME, Shop
from tests.api.tencent_v5.calling import Program, phone
from tests.api.tencent_v5.happened import answered, settled
from tests.campaigns.making import body, signature
from tests.factories import AppKeyFactory, ProjectFactory, member
from tests.timing import measures_time

pytestmark = pytest.mark.django_db

CODES = set(map(int, Code))
# What no answer to the seller may hold.
STRANGE = "别家秘密"
STRANGE_NUMBER = "13977777777"

# With these the whole body is refused, so they are rare.
_HOSTILE = ["\0", "\ud800", "x\udfff"]
_TEXTS = st.one_of(
    st.text(max_size=12),
    st.text(max_size=12),
    st.sampled_from(
        ["", "0", "86", "+86", "13788888888", "\u202e", "{1}", "【演示商城】", "9" * 400, *_HOSTILE]
    ),
)
_NUMBERS = st.one_of(
    st.integers(),
    st.integers(-2, 205),
    st.floats(),
    st.sampled_from([2**31, 2**63, -(2**63), 10**400, 2026010100, 2026022930]),
)
_PLAIN = st.one_of(st.none(), st.booleans(), _NUMBERS, _TEXTS)
_PHONES = st.fixed_dictionaries(
    {"nationcode": st.sampled_from(["86", "49", "1", "", "999", 86]), "mobile": st.one_of(_TEXTS, _NUMBERS)}
)
_JSON = st.recursive(
    st.one_of(_PLAIN, _PHONES),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(_TEXTS, inner, max_size=4),
        st.lists(inner, min_size=1, max_size=1).map(lambda one: one * 250),
    ),
    max_leaves=6,
)


@pytest.fixture
def shop() -> Shop:
    return Shop(pulls_status=True, pulls_replies=True)


@pytest.fixture
def stranger(shop: Shop, seller: Program) -> Program:
    """Another project of the same organization, which has one of everything."""
    project = ProjectFactory(
        organization=shop.project.organization, default_country="CN", pulls_status=True, pulls_replies=True
    )
    author = member(project.organization, Role.OPERATOR)
    program = Program(AppKeyFactory(project=project, created_by=author, secret="c" * 32))
    signature(project, STRANGE, region=HOME)
    template = body(project, f"{STRANGE}：您的包裹{{1}}已到。", region=HOME, name=STRANGE)
    body(project, f"{STRANGE} {{1}} abroad.", region=ABROAD, name=f"{STRANGE} abroad")
    members = {"tel": phone(STRANGE_NUMBER), "sign": STRANGE, "tpl_id": template.body_template_id}
    sid = program.call("sendsms", {**members, "params": ["7"], "ext": STRANGE})["sid"]
    settled(project, sid, MessageStatus.DELIVERED)
    answered(project, sid, STRANGE)
    return program


def good(method: str, shop: Shop) -> dict[str, Any]:
    """What a careful client sends to each method; ids are those of all projects."""
    signs = list(Signature.objects.values_list("pk", flat=True))
    templates = list(BodyTemplate.objects.values_list("pk", flat=True))
    now = int(time.time())
    text = "您的订单A1已打包发送，快递单号SF2，请注意查收。"
    template = {"tpl_id": shop.notice.body_template_id, "params": ["A1", "SF2"], "sign": "演示商城"}
    sending = {**template, "extend": "", "ext": "x"}
    span = {"begin_time": now - 3600, "end_time": now + 60}
    hours = {"begin_date": 2026010100, "end_date": 2026013123}
    return {
        "sendsms": {"tel": phone(), **sending, "type": 0, "msg": text},
        "sendmultisms2": {"tel": [phone(), phone("13788888889")], **sending},
        "sendisms": {"tel": "+8613788888888", **sending},
        "pullstatus": {"type": 0, "max": 10},
        "pullstatus4mobile": {"type": 0, "max": 10, **span, **phone(STRANGE_NUMBER)},
        "querysms4mobile": {**span, **phone(STRANGE_NUMBER)},
        "pullsendstatus": hours,
        "pullcallbackstatus": hours,
        "getsmspackages": {"offset": 0, "length": 10},
        "add_sign": {"text": "商城", "pic": "", "remark": "x", "international": 0},
        "mod_sign": {"sign_id": signs[-1], "text": "商城", "pic": "", "remark": "x"},
        "del_sign": {"sign_id": signs},
        "get_sign": {"sign_id": signs},
        "add_template": {"text": text, "type": 0, "title": "x", "remark": "x", "international": 0},
        "mod_template": {"tpl_id": templates[-1], "text": text, "type": 0, "title": "x"},
        "del_template": {"tpl_id": templates},
        "get_template": {"tpl_id": templates, "tpl_page": {"offset": 0, "max": 50}},
    }[method]


def check(answer: dict[str, Any]) -> None:
    event(f"result {answer.get('result')}")
    assert answer["result"] in CODES, answer
    assert answer["errmsg"]
    told = json.dumps(answer, ensure_ascii=False)
    assert STRANGE not in told
    if answer["result"] == 0:
        assert STRANGE_NUMBER not in json.dumps(answer.get("data", [])), answer
    approved = RevisionStatus.APPROVED
    assert SignatureRevision.objects.filter(text=STRANGE, status=approved).count() == 1
    assert BodyTemplateRevision.objects.filter(text__startswith=STRANGE, status=approved).count() == 2


@pytest.mark.parametrize("method", METHODS)
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_any_member_may_be_anything(
    shop: Shop, seller: Program, stranger: Program, method: str, data: st.DataObject
) -> None:
    members = good(method, shop)
    changed = data.draw(st.lists(st.sampled_from(sorted(members)), max_size=3, unique=True))
    members |= {name: data.draw(_JSON, label=name) for name in changed}
    members |= data.draw(st.dictionaries(_TEXTS, _JSON, max_size=2), label="unknown")
    check(seller.call(method, members))


_TEXT = st.one_of(
    st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=20),
    st.sampled_from(
        ["【演示商城】", "[x]", "{1}", "${a}", "%s", "彩票", "https://x.example", "a" * 600, "\u202e\n\r"]
    ),
)


@pytest.mark.parametrize(
    "method", ["sendsms", "sendmultisms2", "sendisms", "add_sign", "mod_sign", "add_template"]
)
@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_any_text_may_stand_where_texts_do(
    shop: Shop, seller: Program, stranger: Program, method: str, data: st.DataObject
) -> None:
    """Of the right type everywhere, so that it gets far."""
    members = good(method, shop)
    mobiles = st.one_of(_TEXT, st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True))
    drawn: dict[str, Any] = {
        "sign": st.one_of(_TEXT, st.just("演示商城")),
        "params": st.lists(_TEXT, min_size=1, max_size=3),
        "extend": st.one_of(_TEXT, st.just("12")),
        "ext": _TEXT,
        "msg": _TEXT.map(lambda text: f"【演示商城】您的订单{text}已打包发送，快递单号SF2，请注意查收。"),
        "text": _TEXT,
        "remark": _TEXT,
        "title": _TEXT,
    }
    chosen = data.draw(st.lists(st.sampled_from([name for name in drawn if name in members]), max_size=2))
    members |= {name: data.draw(drawn[name], label=name) for name in chosen}
    if method == "sendsms" and data.draw(st.booleans(), label="as text"):
        del members["tpl_id"]
    if method == "sendmultisms2":
        tels = data.draw(st.lists(mobiles.filter(lambda text: len(text) <= 40), max_size=203), label="tel")
        members["tel"] = [phone(mobile) for mobile in tels]
    elif method == "sendisms":
        members["tel"] = data.draw(mobiles, label="tel")
    check(seller.call(method, members))


@settings(
    max_examples=80,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    method=st.one_of(st.sampled_from(sorted(METHODS)), st.text(min_size=1).filter(lambda t: "/" not in t)),
    raw=st.one_of(
        st.binary(max_size=60),
        _JSON.map(lambda value: json.dumps(value).encode()),
        st.integers(1, 200_000).map(lambda n: b'{"sig":' + b"[" * n),
        st.integers(1, 900).map(lambda n: b'{"sig":"x","time":1,"tel":' + b"[" * n + b"]" * n + b"}"),
    ),
    query=st.dictionaries(st.sampled_from(["sdkappid", "random"]), st.text(max_size=30)),
)
def test_any_bytes_get_an_answer(
    shop: Shop, seller: Program, stranger: Program, method: str, raw: bytes, query: dict[str, str]
) -> None:
    known = {"sdkappid": shop.project.sdk_app_id, "random": "1"}
    check(seller.post(quote(method.encode("utf-8", "replace"), safe=""), raw, {**known, **query}))


@measures_time
def test_a_huge_array_is_refused_quickly(shop: Shop, seller: Program) -> None:
    tels = [phone(str(n)) for n in range(20_000)]
    began = time.monotonic()
    assert seller.call("sendmultisms2", {**good("sendsms", shop), "tel": tels})["result"] == 1046
    assert time.monotonic() - began < 3
