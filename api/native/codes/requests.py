"""Codes about keys, about the request itself, and about the console."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from api.native.codes.types import CodeGroup, ErrorCode

REQUEST_CODES = (
    ErrorCode(
        "key_missing",
        401,
        CodeGroup.KEY,
        _("The request carries no key"),
        _("There is no Authorization header, or it does not begin with “Bearer”."),
        _("Send the header “Authorization: Bearer” followed by an API key of the project."),
    ),
    ErrorCode(
        "key_unknown",
        401,
        CodeGroup.KEY,
        _("The key is not known"),
        _(
            "No API key of this console reads like that. A character may be missing, or it is a key of another console."
        ),
        _("Copy the whole key, or let an admin make a new one under “API keys”."),
    ),
    ErrorCode(
        "key_retired",
        401,
        CodeGroup.KEY,
        _("The key was retired"),
        _("An admin retired it, so it opens nothing any more."),
        _("Use the key that took its place. An admin can make a new one under “API keys”."),
    ),
    ErrorCode(
        "key_expired",
        401,
        CodeGroup.KEY,
        _("The key has expired"),
        _("Its last day is over."),
        _("Let an admin make a new key under “API keys”, and use it from now on."),
    ),
    ErrorCode(
        "address_not_allowed",
        403,
        CodeGroup.KEY,
        _("The key may not be used from this address"),
        _("The key has a list of addresses, and the one that this request came from is not on it."),
        _("Send from an allowed address, or let an admin add this one to the key."),
    ),
    ErrorCode(
        "scope_missing",
        403,
        CodeGroup.KEY,
        _("The key may not do this"),
        _("Each key has scopes, and the one that this request needs is not among them."),
        _("Use another key, or let an admin give this one the scope that the answer names."),
    ),
    ErrorCode(
        "nobody_behind_key",
        403,
        CodeGroup.KEY,
        _("Nobody stands behind the key any more"),
        _(
            "What a program changes it changes for the person who made its key. That person has left the organization, "
            "or has lost the role that this needs."
        ),
        _("Let an admin make a new key and use it instead."),
    ),
    ErrorCode(
        "sandbox_key",
        403,
        CodeGroup.KEY,
        _("A sandbox key cannot do this"),
        _("Nothing that a sandbox key sends leaves the console, and a campaign cannot be sent that way."),
        _("Prepare and check the campaign with the sandbox key, then start it with a live key."),
    ),
    ErrorCode(
        "rate_limited",
        429,
        CodeGroup.KEY,
        _("Too many requests"),
        _("The key has used up its requests for this moment."),
        _(
            "Wait for as many seconds as the header Retry-After says, then repeat the request. "
            "Send many messages as one batch."
        ),
    ),
    ErrorCode(
        "not_found",
        404,
        CodeGroup.REQUEST,
        _("There is nothing here"),
        _("The address is wrong, the thing was deleted, or it belongs to another project than the key."),
        _("Compare the address with the documentation, and the id with the one that you were given."),
    ),
    ErrorCode(
        "method_not_allowed",
        405,
        CodeGroup.REQUEST,
        _("This address does not know that method"),
        _("The header Allow names the methods that it knows."),
        _("Use one of them. The documentation says what each does."),
    ),
    ErrorCode(
        "body_malformed",
        400,
        CodeGroup.REQUEST,
        _("The body cannot be read"),
        _("It is not valid JSON in UTF-8, it names a member twice, or it is nested too deeply."),
        _("Let a JSON library write the body, and send it in UTF-8."),
    ),
    ErrorCode(
        "content_type_unsupported",
        415,
        CodeGroup.REQUEST,
        _("The body is of a type that is not read here"),
        _("Bodies are JSON; only files of recipients are sent as multipart/form-data."),
        _("Send the header “Content-Type: application/json”."),
    ),
    ErrorCode(
        "body_too_large",
        413,
        CodeGroup.REQUEST,
        _("The body is too large"),
        _("A body may have 1 MB; a file of recipients has a limit of its own."),
        _("Send fewer messages or numbers in one request."),
    ),
    ErrorCode(
        "invalid_input",
        422,
        CodeGroup.REQUEST,
        _("Some of the values cannot be used"),
        _("A field is missing, unknown, of another type, too long, or holds characters that cannot be sent."),
        _(
            "The member “errors” names each field and what is wrong with it. Correct them and repeat the request."
        ),
    ),
    ErrorCode(
        "cursor_invalid",
        400,
        CodeGroup.REQUEST,
        _("The cursor does not belong to this list"),
        _("A cursor goes on with the list that gave it, with the same filters and for the same project."),
        _("Begin again without a cursor, and keep the filters while you follow “next_cursor”."),
    ),
    ErrorCode(
        "idempotency_key_malformed",
        400,
        CodeGroup.REQUEST,
        _("The idempotency key cannot be used"),
        _("An idempotency key has 1 to 128 visible ASCII characters."),
        _("Use a fresh UUID for each thing that you want done once."),
    ),
    ErrorCode(
        "idempotency_key_reused",
        422,
        CodeGroup.REQUEST,
        _("The idempotency key came with another request before"),
        _("A key stands for one request with one body for 72 hours. Nothing was done now."),
        _("Repeat the first request unchanged to get its answer, or use a new key for another request."),
    ),
    ErrorCode(
        "internal_error",
        500,
        CodeGroup.CONSOLE,
        _("The console has failed"),
        _(
            "This is a fault of the console, not of the request. It was written to the log under the request’s id."
        ),
        _(
            "Repeat the request with the same idempotency key. If it fails again, tell who runs the console the id."
        ),
    ),
    ErrorCode(
        "unavailable",
        503,
        CodeGroup.CONSOLE,
        _("The console cannot reach its database"),
        _("It is being started, updated or repaired. Nothing was done."),
        _("Repeat the request after some seconds with the same idempotency key."),
    ),
)
