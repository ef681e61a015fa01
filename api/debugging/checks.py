"""Which way of signing a request follows, and the check of it."""

from __future__ import annotations

from typing import NamedTuple

from django.utils.translation import gettext as _

from api.debugging.keys import ProjectSecrets
from api.debugging.parameters import check_parameters
from api.debugging.pasted import Pasted, Unreadable
from api.debugging.report import Report
from api.debugging.tc3 import check_tc3
from api.debugging.v5 import check_v5
from api.tencent_v3 import signing


class TheirStrings(NamedTuple):
    """What the program itself made on the way to its signature, where its author has it."""

    canonical: str = ""
    to_sign: str = ""


def check(pasted: Pasted, *, secrets: ProjectSecrets, theirs: TheirStrings, now: int) -> Report:
    """Sign the request again and compare. Raises `Unreadable` for one that follows no way of signing."""
    if "/v5/" in pasted.path:
        return check_v5(
            pasted,
            sdk_app_id=secrets.sdk_app_id,
            keys=secrets.app_keys,
            now=now,
            their_string=theirs.to_sign,
        )
    authorization = pasted.headers.get("authorization", "")
    if authorization.startswith(signing.ALGORITHM) or "x-tc-action" in pasted.headers:
        return check_tc3(
            pasted,
            keys=secrets.pairs,
            now=now,
            their_canonical=theirs.canonical,
            their_string=theirs.to_sign,
        )
    if {"Signature", "SecretId", "SignatureMethod"} & set(pasted.parameters()):
        return check_parameters(pasted, keys=secrets.pairs, now=now, their_string=theirs.to_sign)
    if authorization.startswith("Bearer "):
        raise Unreadable(_("Requests with a bearer key are not signed: there is nothing to compare."))
    raise Unreadable(
        _(
            "The request is not signed in a way that the console knows: it has no address of v5, no header "
            "Authorization with TC3-HMAC-SHA256, and no parameter Signature."
        )
    )
