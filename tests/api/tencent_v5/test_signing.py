"""The signature of Tencent's API v5, held to the published examples."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.tencent_v5.signing import is_signed, signature, signed_numbers, string_to_sign

APP_KEY = "5f03a35d00ee52a21327ab048186a2c4"
RANDOM = "7226249334"
TIME = 1457336869

PUBLISHED = [
    ("pullstatus", {}, "c13e54f047ed75e821e698730c72d030dc30e5b510b3f8a0fb6fb7605283d7df"),
    (
        "sendsms",
        {"tel": {"nationcode": "86", "mobile": "13788888888"}},
        "ecab4881ee80ad3d76bb1da68387428ca752eb885e52621a3129dcf4d9bc4fd4",
    ),
    (
        "sendmultisms2",
        {"tel": [{"mobile": "13788888888"}, {"mobile": "13788888889"}]},
        "be66bb4aeb54701ed0637d0996a0b75111d5b8eda9b3a71bdc579a3d26f3edfb",
    ),
    (
        "sendisms",
        {"tel": "+8613711112222"},
        "bbdf4a186050258cab2ec766ad77f7d7b959ae12c28d1057baedb537c304f347",
    ),
]


@pytest.mark.parametrize(("method", "body", "sig"), PUBLISHED, ids=[row[0] for row in PUBLISHED])
def test_it_signs_as_the_documents_do(method: str, body: dict[str, object], sig: str) -> None:
    numbers = signed_numbers(method, body)
    assert signature(app_key=APP_KEY, random=RANDOM, time=TIME, numbers=numbers) == sig
    assert is_signed(sig.upper(), app_key=APP_KEY, random=RANDOM, time=TIME, numbers=numbers)


def test_a_query_of_one_number_signs_it() -> None:
    assert signed_numbers("querysms4mobile", {"mobile": 13788888888}) == "&mobile=13788888888"


def test_it_shows_what_it_hashes() -> None:
    text = string_to_sign(app_key="key", random="7", time=9, numbers="&mobile=1,2")
    assert text == "appkey=key&random=7&time=9&mobile=1,2"


@pytest.mark.parametrize(
    "change", [{"app_key": "other"}, {"random": "1"}, {"time": TIME + 1}, {"numbers": "&mobile=1"}]
)
def test_anything_else_has_another_signature(change: dict[str, object]) -> None:
    right = {"app_key": APP_KEY, "random": RANDOM, "time": TIME, "numbers": ""}
    assert not is_signed(PUBLISHED[0][2], **{**right, **change})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("method", "body"),
    [
        ("sendsms", {}),
        ("sendsms", {"tel": "13788888888"}),
        ("sendsms", {"tel": {"mobile": True}}),
        ("sendmultisms2", {"tel": {"mobile": "1"}}),
        ("sendmultisms2", {"tel": ["13788888888"]}),
        ("sendisms", {"tel": {"mobile": "1"}}),
        ("querysms4mobile", {"mobile": None}),
    ],
)
def test_numbers_of_another_shape_are_named(method: str, body: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"^(tel|mobile|tel\.mobile)$"):
        signed_numbers(method, body)


@given(st.text(), st.text(), st.integers())
def test_no_text_breaks_it(sig: str, random: str, time: int) -> None:
    assert not is_signed(sig, app_key=APP_KEY, random=random, time=time)
