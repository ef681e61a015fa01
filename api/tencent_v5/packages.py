"""Packages of messages bought ahead: nobody sells any here yet."""

from __future__ import annotations

from api.tencent_v5.calls import Answer, Call, success


def get_packages(call: Call) -> Answer:
    call.fields.whole("offset", default=0)
    call.fields.whole("length", least=1, default=10)
    return success(total=0, data=[])
