"""Banned topics are found by their words, and harmless texts that only look alike are left alone."""

from __future__ import annotations

from datetime import date

import pytest

from smsconsole.lib.types import Region
from templates_app.rules import BodyDraft, check_body
from templates_app.rules.occasions import OCCASIONS
from templates_app.rules.topics import TOPICS

HOME, ABROAD = Region.DOMESTIC, Region.INTERNATIONAL
SCENARIO = "Sent to people who know us already, on their request."


def topics_in(text: str, *, kind: str = "notification", region: Region = HOME) -> dict[str, bool]:
    found = check_body(BodyDraft(text, kind, region, SCENARIO))
    return {one.rule_id: one.hard for one in found if one.rule_id.startswith("topic-")}


@pytest.mark.parametrize(
    "text",
    [
        "请阅读以下注意事项，谢谢配合。",  # 下注
        "您的快递签收号码为{1}，请查收。",  # 收号
        "您的红包过期提醒，请及时查看。",  # 包过
        "您已更改运单地址，请核对信息。",  # 改运
        "消毒品牌服务已完成，感谢支持。",  # 毒品
        "不好意思给您添了大麻烦，请谅解。",  # 大麻
        "新疆独特风味餐厅营业时间变更。",  # 疆独
        "您收藏独家内容已更新，请查看。",  # 藏独
        "已为您开通一台独立服务器，请登录。",  # 台独
        "现代考古展览今日开放，欢迎参观。",  # 代考
        "水枪支持七天内退货，请放心。",  # 枪支
        "办证大厅周一至周五开放办理。",  # 办证
        "每日结算账单已生成，请查看。",  # 日结
        "商品已入货架A货架，请取货。",  # A货
        "The adventure game evening dates back to 1990; candidates meet methodically.",
        "Your betterment plan, loaned book and raffled ticket are noted.",
        "Your alcohol-free order in Sussex County has been shipped today.",
    ],
)
def test_texts_that_only_look_like_a_topic_are_left_alone(text: str) -> None:
    for region in Region:
        assert topics_in(text, region=region) == {}


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.key)
def test_a_topic_is_refused_or_warned_of_where_its_table_says(topic: object) -> None:
    for region in Region:
        found = topics_in(topic.refused, region=region)  # type: ignore[attr-defined]
        assert found[f"topic-{topic.key}"] == (region in topic.hard_in)  # type: ignore[attr-defined]


def test_finance_real_estate_and_education_may_send_verification_codes() -> None:
    for text in (
        "贷款账户验证码{1}，请勿泄露。",
        "楼盘预约验证码{1}，请勿泄露。",
        "招生系统验证码{1}，请勿泄露。",
    ):
        assert topics_in(text, kind="verification") == {}
        assert True in topics_in(text, kind="marketing").values()


def test_english_topics_are_whole_words() -> None:
    assert topics_in("Win at our casino tonight!", region=ABROAD) == {"topic-gambling": False}
    assert topics_in("Casinoesque lights in the lobby.", region=ABROAD) == {}
    assert topics_in("WE ARE HIRING drivers.", region=ABROAD) == {"topic-recruiting": False}


def expired(text: str, on: date) -> list[str]:
    found = check_body(BodyDraft(text, "notification", ABROAD, SCENARIO, on=on))
    return [one.message for one in found if one.rule_id == "expired-occasion"]


@pytest.mark.parametrize(
    ("text", "on", "n"),
    [
        ("Merry Christmas from all of us here.", date(2026, 12, 20), 0),
        ("Merry Christmas from all of us here.", date(2026, 12, 30), 0),  # a week later it may still arrive
        ("Merry Christmas from all of us here.", date(2027, 2, 1), 1),
        ("Merry Christmas from all of us here.", date(2026, 10, 1), 0),  # 85 days ahead
        ("春节快乐，祝您万事如意。", date(2026, 2, 10), 0),
        ("春节快乐，祝您万事如意。", date(2026, 5, 10), 1),
        ("The plan of 2025-03-01 has changed for you.", date(2026, 5, 10), 1),
        ("The plan of 2026-03-01 has changed for you.", date(2026, 5, 10), 0),
        ("Order 20251234 has been shipped to you.", date(2026, 5, 10), 0),
        ("Easter greetings from all of us here.", date(2026, 4, 1), 0),
        ("Easter greetings from all of us here.", date(2026, 6, 1), 1),
    ],
)
def test_a_holiday_that_is_over_is_said_with_its_dates(text: str, on: date, n: int) -> None:
    assert len(expired(text, on)) == n


def test_the_days_of_holidays_are_right() -> None:
    days = {occasion.words.pattern.split("|")[0]: occasion for occasion in OCCASIONS}
    assert days["复活节"].day_of(2026) == date(2026, 4, 5)
    assert days["复活节"].day_of(2027) == date(2027, 3, 28)
    assert days["母亲节"].day_of(2026) == date(2026, 5, 10)
    assert days["感恩节"].day_of(2026) == date(2026, 11, 26)
    assert days["元宵"].day_of(2026) == date(2026, 3, 3)
    assert days["中秋"].day_of(2099) is None
