"""The one address of Tencent's API 3.0: what is asked stands in a header or a parameter."""

from __future__ import annotations

import logging
import traceback

import pghistory
from django.contrib.auth.decorators import login_not_required
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.views.decorators.csrf import csrf_exempt

from api.rate import take
from api.sending.answers import AnswerMismatch, answered_once
from api.tencent_v3.actions import ACTIONS
from api.tencent_v3.calls import Action, Call
from api.tencent_v3.envelope import answer_text, as_response, error_text, new_request_id
from api.tencent_v3.errors import ApiError
from api.tencent_v3.fields import read_fields, shown
from api.tencent_v3.requests import Incoming, prove, read_request
from projects.errors import ProjectDisabled

log = logging.getLogger(__name__)

METHODS = ("GET", "POST")


@login_not_required
@csrf_exempt
def answer(request: HttpRequest) -> HttpResponse:
    """Whatever comes in, an envelope goes out, in English; its status is 200 wherever an SDK could have asked."""
    request_id = new_request_id()
    if request.method not in METHODS:
        text = error_text(
            ApiError("UnsupportedProtocol", "Use POST, or GET with signed parameters."), request_id=request_id
        )
        response = as_response(text, status=405)
        response["Allow"] = ", ".join(METHODS)
        return response
    with translation.override("en"):
        try:
            text = _answer(request, request_id)
        except ApiError as error:
            text = error_text(error, request_id=request_id)
        except AnswerMismatch:
            text = error_text(
                ApiError("AuthFailure.SignatureFailure", "This signature came before with another request."),
                request_id=request_id,
            )
        except ProjectDisabled as error:
            text = error_text(
                ApiError("UnauthorizedOperation.SdkAppIdIsDisabled", str(error)), request_id=request_id
            )
        except OperationalError as error:
            log.warning("tencent v3 without the database error=%s", type(error).__name__)
            text = error_text(
                ApiError(
                    "InternalError.Timeout",
                    "The console could not finish in time. Send the same request again.",
                ),
                request_id=request_id,
            )
        except Exception as error:
            # Without the error's own words, which may hold a number or a text.
            where = "".join(traceback.format_tb(error.__traceback__))
            log.error("tencent v3 failed request=%s error=%s\n%s", request_id, type(error).__name__, where)
            text = error_text(
                ApiError("InternalError", "The console failed. Tell its operator the RequestId."),
                request_id=request_id,
            )
    return as_response(text)


def _answer(request: HttpRequest, request_id: str) -> str:
    incoming = read_request(request)
    if not incoming.action:
        name = "Action" if incoming.is_signed_by_parameters else "X-TC-Action"
        raise ApiError("MissingParameter", f"The request is missing a required parameter `{name}`.")
    caller, replay = prove(incoming)
    action = _action(incoming)
    if action.per_second is not None:
        rate = take(caller.key, name=action.name, per_second=action.per_second)
        if rate.is_exceeded:
            raise ApiError(
                "RequestLimitExceeded",
                f"{action.name} may be asked {rate.limit} times a second. Try again in {rate.retry_after} seconds.",
            )
    call = Call(
        caller=caller,
        version=incoming.version,
        values=read_fields(
            action.fields, incoming.given(), version=incoming.version, is_form=incoming.is_form
        ),
        replay=replay,
        request_id=request_id,
        has_nonce=incoming.is_signed_by_parameters,
    )
    if not action.is_kept:
        return answer_text(action.run(call), request_id=request_id)
    # The audit names the person for whom the key acts.
    with pghistory.context(user=call.actor().pk, address=caller.address, request_id=request_id):
        _status, text, _is_repeated = answered_once(
            caller.project, replay, lambda: (200, answer_text(action.run(call), request_id=request_id))
        )
    return text


def _action(incoming: Incoming) -> Action:
    action = ACTIONS.get(incoming.action)
    if action is None or incoming.version not in action.versions:
        raise ApiError(
            "InvalidAction",
            f"The version {incoming.version} has no action `{shown(incoming.action)}`.",
        )
    return action
