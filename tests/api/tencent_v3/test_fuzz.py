"""Whatever a program sends: an envelope, with data or with a code of the table, and nothing of another project."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from accounts.models import Role
from api.tencent_v3.actions import ACTIONS
from delivery.statuses import MessageStatus
from templates_app.models import BodyTemplate, BodyTemplateRevision, Signature, SignatureRevision
from templates_app.statuses import RevisionStatus
from tests.api.sending.offers import ABROAD, HOME, Shop, home_number, number_abroad
from tests.api.tencent_v3.calling import NEW, OLD, Program, code_of
from tests.api.tencent_v3.test_codes import HOW
from tests.api.tencent_v3.test_texts import SIGN, TEMPLATE
from tests.api.tencent_v5.happened import answered, settled
from tests.campaigns.making import body, signature
from tests.factories import ProjectFactory, SecretKeyFactory, member

pytestmark = pytest.mark.django_db

# What no answer to the shop's program may hold.
STRANGE = "别家秘密"
STRANGE_NUMBER = "+8613977777777"
QUIET = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]

_TEXTS = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        [
            "",
            "0",
            "+86",
            "+8613788888888",
            "\u202e",
            "{1}",
            "【演示商城】",
            "9" * 400,
            "2026010100",
            "\0",
            "\ud800",
        ]
    ),
)
_NUMBERS = st.one_of(
    st.integers(),
    st.integers(-2, 205),
    st.floats(),
    st.sampled_from([2**31, 2**63, -(2**63), 10**400, 2026010100, 2026022930]),
)
_JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), _NUMBERS, _TEXTS),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(_TEXTS, inner, max_size=4),
        st.lists(inner, min_size=1, max_size=1).map(lambda one: one * 250),
    ),
    max_leaves=6,
)


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    """As often as it likes, and a text more than may be."""
    rate = type("Rate", (), {"is_exceeded": False})
    monkeypatch.setattr("api.tencent_v3.entry.take", lambda *_a, **_n: rate)
    monkeypatch.setattr("api.tencent_v3.requests.take", lambda *_a, **_n: rate)


@pytest.fixture
def shop() -> Shop:
    return Shop(pulls_status=True, pulls_replies=True)


@pytest.fixture
def stranger(shop: Shop, program: Program) -> Program:
    """Another project of the same organization, which has one of everything."""
    project = ProjectFactory(
        organization=shop.project.organization, default_country="CN", pulls_status=True, pulls_replies=True
    )
    author = member(project.organization, Role.OPERATOR)
    other = Program(SecretKeyFactory(project=project, created_by=author, secret="c" * 32))
    signature(project, STRANGE, region=HOME)
    template = body(project, f"{STRANGE}：您的包裹{{1}}已到。", region=HOME, name=STRANGE)
    body(project, f"{STRANGE} {{1}} abroad.", region=ABROAD, name=f"{STRANGE} abroad")
    answer = other(
        "SendSms",
        PhoneNumberSet=[STRANGE_NUMBER],
        SmsSdkAppId=str(project.sdk_app_id),
        TemplateId=str(template.body_template_id),
        SignName=STRANGE,
        TemplateParamSet=["7"],
        SessionContext=STRANGE,
    )
    serial = answer["SendStatusSet"][0]["SerialNo"]
    settled(project, serial, MessageStatus.DELIVERED)
    answered(project, serial, STRANGE)
    other.serial = serial  # type: ignore[attr-defined]
    return other


def good(action: str, shop: Shop, stranger: Any) -> dict[str, Any]:
    """What a careful program sends; ids are those of all projects."""
    signs = list(Signature.objects.values_list("pk", flat=True))
    templates = list(BodyTemplate.objects.values_list("pk", flat=True))
    now = int(time.time())
    app = {"SmsSdkAppId": str(shop.project.sdk_app_id)}
    page = {"Limit": 10, "Offset": 0}
    span = {"BeginTime": now - 3600, "EndTime": now + 60, "PhoneNumber": STRANGE_NUMBER, **page, **app}
    hours = {"BeginTime": "2026010100", "EndTime": "2026010123", **page, **app}
    template = str(shop.notice.body_template_id)
    info = {"PhoneNumber": number_abroad(), "TemplateId": template, "TemplateParamSet": ["A1", "SF2"]}
    return {
        "SendSms": {
            "PhoneNumberSet": [home_number(), home_number(1)],
            "TemplateId": template,
            "SignName": "演示商城",
            "TemplateParamSet": ["A1", "SF2"],
            "ExtendCode": "",
            "SessionContext": "x",
            "SenderId": "",
            **app,
        },
        "SendMultiGlobalSms": {"MultiSmsInfoSet": [info, {**info, "SenderId": "x"}], **app},
        "AddSmsSign": {**SIGN, "ProofImage": "", "Remark": "x"},
        "ModifySmsSign": {"SignId": signs[-1], **SIGN},
        "DeleteSmsSign": {"SignId": signs[-1]},
        "DescribeSmsSignList": {"SignIdSet": signs, "International": 0, **page},
        "AddSmsTemplate": {**TEMPLATE, "Remark": "x"},
        "ModifySmsTemplate": {"TemplateId": templates[-1], **TEMPLATE},
        "DeleteSmsTemplate": {"TemplateId": templates[-1]},
        "DescribeSmsTemplateList": {"TemplateIdSet": templates, "International": 0, **page},
        "PullSmsSendStatus": {"Limit": 10, **app},
        "PullSmsReplyStatus": {"Limit": 10, **app},
        "PullSmsSendStatusByPhoneNumber": span,
        "PullSmsReplyStatusByPhoneNumber": span,
        "SendStatusStatistics": hours,
        "CallbackStatusStatistics": hours,
        "SmsPackagesStatistics": hours,
        "DescribePhoneNumberInfo": {"PhoneNumberSet": [home_number(), "x"]},
        "ReportConversion": {"SerialNo": stranger.serial, "ConversionTime": now, **app},
    }[action]


def in_version(action: str, parameters: dict[str, Any], version: str) -> dict[str, Any]:
    spelled = {field.name: field.spelled(version) for field in ACTIONS[action].fields}
    return {spelled.get(name, name): value for name, value in parameters.items()}


def check(answer: dict[str, Any]) -> None:
    code = code_of(answer)
    event(f"code {code}")
    assert not code or code in HOW, answer
    # Never a failure of our own.
    assert not code.startswith("InternalError"), answer
    told = json.dumps(answer, ensure_ascii=False)
    assert STRANGE not in told
    if not code and "PhoneNumberInfoSet" not in answer:
        assert STRANGE_NUMBER not in told or "SendStatusSet" in told
    approved = RevisionStatus.APPROVED
    assert SignatureRevision.objects.filter(text=STRANGE, status=approved).count() == 1
    assert BodyTemplateRevision.objects.filter(text__startswith=STRANGE, status=approved).count() == 2


@pytest.mark.parametrize("action", ACTIONS)
@settings(max_examples=25, deadline=None, suppress_health_check=QUIET)
@given(data=st.data())
def test_any_parameter_may_be_anything(shop, program, stranger, action, data):
    parameters = good(action, shop, stranger)
    changed = data.draw(st.lists(st.sampled_from(sorted(parameters)), max_size=3, unique=True))
    parameters |= {name: data.draw(_JSON, label=name) for name in changed}
    parameters |= data.draw(st.dictionaries(_TEXTS, _JSON, max_size=1), label="unknown")
    program.version = data.draw(st.sampled_from([NEW, NEW, OLD]))
    check(program(action, **in_version(action, parameters, program.version)))


_TEXT = st.one_of(
    st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=20),
    st.sampled_from(
        ["【演示商城】", "[x]", "{1}", "${a}", "%s", "彩票", "https://x.example", "a" * 600, "\u202e\n\r"]
    ),
)


@pytest.mark.parametrize(
    "action", ["SendSms", "SendMultiGlobalSms", "AddSmsSign", "ModifySmsSign", "AddSmsTemplate"]
)
@settings(max_examples=30, deadline=None, suppress_health_check=QUIET)
@given(data=st.data())
def test_any_text_may_stand_where_texts_do(shop, program, stranger, action, data):
    """Of the right type everywhere, so that it gets far."""
    parameters = good(action, shop, stranger)
    numbers = st.one_of(_TEXT, st.from_regex(r"\+861[3-9][0-9]{9}", fullmatch=True), st.just(number_abroad()))
    drawn: dict[str, Any] = {
        "SignName": st.one_of(_TEXT, st.just("演示商城")),
        "TemplateParamSet": st.lists(_TEXT, max_size=3),
        "ExtendCode": _TEXT,
        "SessionContext": _TEXT,
        "SenderId": _TEXT,
        "TemplateContent": _TEXT,
        "TemplateName": _TEXT,
        "Remark": _TEXT,
        "ProofImage": _TEXT,
        "PhoneNumberSet": st.lists(numbers, max_size=203),
        "MultiSmsInfoSet": st.lists(
            st.fixed_dictionaries(
                {
                    "PhoneNumber": numbers,
                    "TemplateId": st.sampled_from([str(shop.notice.body_template_id), "1"]),
                },
                optional={"TemplateParamSet": st.lists(_TEXT, max_size=2), "SenderId": _TEXT},
            ),
            max_size=4,
        ),
    }
    chosen = data.draw(st.lists(st.sampled_from([name for name in drawn if name in parameters]), max_size=2))
    parameters |= {name: data.draw(drawn[name], label=name) for name in chosen}
    check(program(action, **parameters))


@settings(max_examples=60, deadline=None, suppress_health_check=QUIET)
@given(
    action=st.one_of(st.sampled_from(sorted(ACTIONS)), st.from_regex(r"[ -~]{1,20}", fullmatch=True)),
    raw=st.one_of(
        st.binary(max_size=60),
        _JSON.map(lambda value: json.dumps(value).encode()),
        st.sampled_from(
            [b"", b"[" * 5_000, b'{"a":' * 5_000, b"1" * 5_000, b'{"Limit": NaN}', b"\xef\xbb\xbf{}"]
        ),
    ),
)
def test_any_bytes_may_be_the_body(shop, program, stranger, action, raw):
    check(program.post(action, raw))


@settings(max_examples=60, deadline=None, suppress_health_check=QUIET)
@given(data=st.data())
def test_a_form_may_hold_anything(shop, program, stranger, data):
    action = data.draw(st.sampled_from(sorted(ACTIONS)))
    names = st.one_of(
        st.sampled_from(
            [
                "PhoneNumberSet.0",
                "PhoneNumberSet.x",
                "MultiSmsInfoSet.0.PhoneNumber",
                "Limit",
                ".",
                "a.b.c.d.e.f",
            ]
        ),
        st.text(st.characters(exclude_categories=("Cs",)), max_size=8),
    )
    texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
    reserved = {"Action", "Version", "Timestamp", "Nonce", "SecretId", "SignatureMethod", "Signature"}
    extra = data.draw(
        st.dictionaries(
            names.filter(lambda name: name not in reserved and "_" not in name), texts, max_size=4
        )
    )
    method = data.draw(st.sampled_from(["GET", "POST"]))
    check(program.form(action, method=method, **{**good(action, shop, stranger), **extra}))


@settings(max_examples=60, deadline=None, suppress_health_check=QUIET)
@given(
    headers=st.dictionaries(
        st.sampled_from(
            ["Authorization", "X-TC-Action", "X-TC-Version", "X-TC-Timestamp", "X-TC-Content-SHA256", "Host"]
        ),
        st.text(st.characters(min_codepoint=1, max_codepoint=255, exclude_characters="\r\n"), max_size=60),
        max_size=3,
    ),
    query=st.text("Action=&SecretId%Signature0.", max_size=40),
)
def test_headers_and_queries_may_hold_anything(shop, program, stranger, headers, query):
    signed = program.headers("PullSmsSendStatus", b"{}")
    answer = program.send(b"{}", signed | headers, path=f"/tencent/?{query}")
    check(answer)
    if headers.keys() - {"X-TC-Content-SHA256"} or query:
        assert "PullSmsSendStatusSet" not in answer
