"""Rules of what a body template is about: banned topics, and holidays that are over."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from smsconsole.lib.types import Region
from templates_app.rules.body_general import HOME, notice
from templates_app.rules.kit import BODY_BOOK, BodyDraft, Spot, Words
from templates_app.rules.occasions import OCCASIONS
from templates_app.rules.topics import TOPICS, Topic

TOPIC: Final = gettext_lazy("Topics that carriers refuse")
TIME: Final = gettext_lazy("Up to date")

_EXPIRED_AFTER_DAYS: Final = 7
_NEXT_WITHIN_DAYS: Final = 90
_YEAR: Final = re.compile(r"(?<![0-9])(20[0-9]{2})(?=年|[-/.](?:0?[1-9]|1[0-2])[-/.])")


@BODY_BOOK.rule(
    "expired-occasion",
    group=TIME,
    title=gettext_lazy("No holiday that is over"),
    why=gettext_lazy(
        "Texts for a holiday or a year that has passed are sent back; nobody would get them at the right time."
    ),
    source="Tencent Cloud SMS, 常见模板驳回原因: expired holiday content",
    hard=False,
    preset="expired",
    refuses=notice("The plan of 2019-05-01 for your order {1} is ready."),
    allows=notice("The plan for your order {1} is ready."),
)
def occasion_still_ahead(draft: BodyDraft) -> Iterator[Spot]:
    for match in _YEAR.finditer(draft.text):
        if int(match[1]) < draft.on.year:
            message = _("The year %(year)s has passed. Leave it out or correct it.")
            yield Spot(message % {"year": match[1]}, match.start(1), match.end(1))
    for occasion in OCCASIONS:
        last, following = occasion.around(draft.on)
        if last is None or following is None:
            continue
        is_over = (draft.on - last).days > _EXPIRED_AFTER_DAYS
        if not is_over or (following - draft.on).days <= _NEXT_WITHIN_DAYS:
            continue
        for match in occasion.words.finditer(draft.text):
            message = _(
                "“%(holiday)s” was on %(last)s and comes again on %(next)s. Texts of a holiday that is over are sent "
                "back: leave it out, or submit it nearer to the day."
            )
            words = {
                "holiday": match[0],
                "last": date_format(last, "DATE_FORMAT"),
                "next": date_format(following, "DATE_FORMAT"),
            }
            yield Spot(message % words, *match.span())


def _rule_of(topic: Topic) -> None:
    kind = "notification"

    @BODY_BOOK.rule(
        f"topic-{topic.key}",
        group=TOPIC,
        title=topic.name,
        why=_why(topic),
        source="Tencent Cloud SMS, 正文模板审核标准 and 常见模板驳回原因: banned industries",
        hard=False,
        preset=topic.preset,
        refuses=BodyDraft(topic.refused, kind, HOME, "Sent to people who know us already."),
        allows=BodyDraft(topic.allowed, kind, HOME, "Sent to people who know us already."),
    )
    def topic_allowed(draft: BodyDraft) -> Iterator[Spot]:
        if draft.kind not in topic.kinds:
            return
        is_hard = draft.region in topic.hard_in
        for match in topic.pattern.finditer(draft.text):
            message = (
                _("“%(words)s” belongs to a topic that carriers refuse: %(topic)s. Leave it out.")
                if is_hard
                else _(
                    "“%(words)s” may belong to a topic that carriers refuse: %(topic)s. If it means something else, "
                    "say so in the scenario description."
                )
            )
            yield Spot(message % {"words": match[0], "topic": topic.name}, *match.span(), hard=is_hard)


def _why(topic: Topic) -> Words:
    if Region.INTERNATIONAL in topic.hard_in:
        return gettext_lazy("Refused in every text.")
    if topic.hard_in and topic.kinds == frozenset({"notification", "marketing"}):
        return gettext_lazy(
            "Refused in domestic notifications and marketing; verification codes are allowed. Abroad a "
            "reviewer decides."
        )
    if topic.hard_in:
        return gettext_lazy("Refused in domestic texts; abroad a reviewer decides.")
    return gettext_lazy("A reviewer decides: the words may mean something else.")


for _topic in TOPICS:
    _rule_of(_topic)
