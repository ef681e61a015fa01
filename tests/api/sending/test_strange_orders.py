"""Whatever a program writes into an order, it is answered or refused with a word, never an error."""

from __future__ import annotations

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.sending.answers import Replay
from api.sending.orders import Order, OrderRefused, Recipient
from api.sending.placing import place
from smsconsole.lib.types import Region
from tests.api.sending.offers import Shop, home_number, number_abroad

pytestmark = pytest.mark.django_db

# Halves of surrogate pairs too: that is what JSON can hold.
texts = st.text(alphabet=st.characters(categories=["L", "N", "P", "S", "Z", "Cc", "Cf", "Cs"]), max_size=40)
numbers = st.one_of(
    texts,
    st.sampled_from([home_number(), number_abroad(), "13800000001", "008613800000001", "10086", "+", ""]),
    st.from_regex(r"\+?[0-9]{1,20}", fullmatch=True),
)
values = st.one_of(texts, st.sampled_from(["1234", "5", "", "【", "http://a.cn", "{1}", "%s", "{2}"]))
recipients = st.builds(Recipient, number=numbers, parameters=st.lists(values, max_size=3), context=texts)


def parts(shop: Shop) -> st.SearchStrategy[Order]:
    ids = [str(t.body_template_id) for t in (shop.code, shop.notice, shop.sale)]
    fronts = ["【演示商城】您的订单A已打包发送，快递单号B，请注意查收。", "您的订单", "【", "[]", "【】"]
    return st.builds(
        Order,
        recipients=st.lists(recipients, max_size=4),
        template_id=st.one_of(st.just(""), st.sampled_from(ids), texts),
        text=st.one_of(st.sampled_from(fronts), texts),
        kind=st.sampled_from(["", "common", "marketing", "no such kind"]),
        signature=st.one_of(st.sampled_from(["", "演示商城"]), texts),
        sender_id=st.one_of(st.just(""), texts),
        extend=st.one_of(st.just(""), texts),
        region=st.sampled_from([None, *Region]),
        default_country=st.sampled_from(["", "CN", "DE", "ZZ", "x"]),
        needs_signature=st.booleans(),
        in_marketing_hours_only=st.booleans(),
        is_sandbox=st.booleans(),
    )


def test_a_strange_order_is_answered_or_refused(shop: Shop) -> None:
    counted = iter(range(1_000_000))
    ends: set[str] = set()

    @settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
    @given(parts(shop))
    def try_it(order: Order) -> None:
        with transaction.atomic():
            try:
                placed = place(shop.project, order, replay=Replay(f"v5:{next(counted)}", b"0" * 32))
            except OrderRefused as refused:
                ends.add(refused.refusal)
                return
        ends.update("placed" if each.refusal is None else each.refusal for each in placed.results)
        assert len(placed.results) == len(order.recipients)
        for recipient, result in zip(order.recipients, placed.results, strict=True):
            assert result.number == recipient.number
            assert (result.refusal is None) <= (result.message_id is not None)
            assert bool(result.words) is (result.refusal is not None)

    try_it()
    # It came past the first door.
    assert len(ends) > 5
