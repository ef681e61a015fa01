"""Which methods there are."""

from __future__ import annotations

from typing import Final

from api.tencent_v5 import body_templates, packages, pulling, queries, sending, signs, statistics
from api.tencent_v5.calls import Method

METHODS: Final[dict[str, Method]] = {
    "sendsms": sending.send_to_one,
    "sendmultisms2": sending.send_to_many,
    "sendisms": sending.send_abroad,
    "pullstatus": pulling.pull_queue,
    "pullstatus4mobile": pulling.pull_of_number,
    "querysms4mobile": queries.query_number,
    "pullsendstatus": statistics.sent,
    "pullcallbackstatus": statistics.called_back,
    "getsmspackages": packages.get_packages,
    "add_sign": signs.add,
    "mod_sign": signs.change,
    "del_sign": signs.remove,
    "get_sign": signs.get,
    "add_template": body_templates.add,
    "mod_template": body_templates.change,
    "del_template": body_templates.remove,
    "get_template": body_templates.get,
}

# These echo `ext`.
SENDING_METHODS: Final = frozenset({"sendsms", "sendmultisms2", "sendisms"})
# These carry a certificate.
LARGE_METHODS: Final = frozenset({"add_sign", "mod_sign"})
# At Tencent's second address, where a client asks for calls.
VOICE_METHODS: Final = frozenset(
    {"sendvoiceprompt", "sendcvoice", "sendtvoice", "sendfvoice", "uploadvoicefile"}
)
