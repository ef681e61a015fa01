"""One authenticated request of the v5 API, and what a method makes of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from accounts.models import User
from api.access import NoActor, actor_of
from api.sending.answers import Replay, answered_once
from api.tencent_v5.errors import Code, Refused
from api.tencent_v5.requests import Fields
from projects.models import AppKey, Project

Answer = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Call:
    """Who calls which method with what. `raw` is the body as it came."""

    project: Project
    key: AppKey
    method: str
    sig: str
    fields: Fields
    raw: bytes

    @property
    def replay(self) -> Replay:
        """The same signature is the same request; with another body it is somebody else's, who recorded it."""
        body_hash = hashlib.sha256(self.method.encode() + b"\0" + self.raw).digest()
        return Replay(f"v5:{self.method}:{self.sig.lower()}", body_hash)

    def author(self) -> User:
        """For whom this call changes signatures and templates; refused when nobody is left."""
        try:
            return actor_of(self.key)
        except NoActor:
            raise Refused(
                Code.NOT_PERMITTED,
                "Whoever made this AppKey is no admin or operator any more. Ask an admin for a new AppKey.",
            ) from None

    def once(self, make: Callable[[], Answer]) -> Answer:
        """What `make` answers; the same request that comes again gets it again, and changes nothing."""
        _status, text, _is_repeated = answered_once(
            self.project, self.replay, lambda: (200, json.dumps(make()))
        )
        answer: Answer = json.loads(text)
        return answer


Method = Callable[[Call], Answer]


def success(**members: Any) -> Answer:
    return {"result": int(Code.OK), "errmsg": "OK", **members}
