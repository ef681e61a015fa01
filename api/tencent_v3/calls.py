"""One call of an action, and how actions are known."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from accounts.models import User
from api.access import Caller, NoActor, actor_of
from api.sending.answers import Replay
from api.tencent_v3.errors import NEW_VERSION, OLD_VERSION, ApiError
from api.tencent_v3.fields import Field, Kind
from projects.models import Project

BOTH_VERSIONS = frozenset({NEW_VERSION, OLD_VERSION})
APP_ID = Field("SmsSdkAppId", Kind.TEXT, old="SmsSdkAppid")


@dataclass(frozen=True, slots=True)
class Call:
    """A proved request. `values` are its parameters by their newer names.

    `has_nonce`: the same bytes are the same request, and not another one of the same second.
    """

    caller: Caller
    version: str
    values: Mapping[str, Any]
    replay: Replay
    request_id: str
    has_nonce: bool

    @property
    def project(self) -> Project:
        return self.caller.project

    @property
    def is_old(self) -> bool:
        return self.version == OLD_VERSION

    def by_version(self, *, new: str, old: str) -> str:
        """The name of a parameter in this version."""
        return old if self.is_old else new

    def actor(self) -> User:
        """The person for whom the key changes things. Raises `ApiError` when nobody stands behind it any more."""
        try:
            return actor_of(self.caller.key)
        except NoActor:
            raise ApiError(
                "UnauthorizedOperation.RequestPermissionDeny",
                "Who made this key has left, or may not change texts any more. Let an admin make a new key.",
            ) from None


@dataclass(frozen=True, slots=True)
class Action:
    """What programs may ask for. `run` answers with the fields of the reply.

    `is_kept`: the answer is kept in the transaction of what was done, and the same request gets it again. An action
    that sends keeps its answers itself. `per_second`: beside the limit that all actions of a key share.
    """

    name: str
    run: Callable[[Call], Mapping[str, object]]
    fields: tuple[Field, ...]
    versions: frozenset[str] = BOTH_VERSIONS
    is_kept: bool = False
    per_second: float | None = None


def require_own_app(call: Call) -> None:
    """The SDK AppID that a request names is that of the key's project, and the project is not disabled."""
    app_id = call.values.get(APP_ID.name)
    name = APP_ID.spelled(call.version)
    if app_id is not None:
        if not (app_id.isascii() and app_id.isdecimal()):
            raise ApiError(
                "InvalidParameterValue.SdkAppIdNotExist",
                f"{name} is the number that stands on the page Application information.",
            )
        if app_id != str(call.project.sdk_app_id):
            raise ApiError(
                "UnauthorizedOperation.SmsSdkAppIdVerifyFail", f"{name} is not that of this key's project."
            )
        if call.project.is_disabled:
            raise ApiError(
                "UnauthorizedOperation.SdkAppIdIsDisabled",
                "The project is disabled. An admin can enable it on its page Settings.",
            )
