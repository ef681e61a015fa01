"""Bodies are read to their limit, with a length or in chunks."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.test import RequestFactory

from smsconsole.lib.request_bodies import BodyTooLarge, read_body


def request_with(body: bytes, **environ: Any) -> Any:
    return RequestFactory().post("/", data=body, content_type="application/json", **environ)


def in_chunks(body: bytes, *, ends: bool = True) -> Any:
    """As gunicorn hands over what came in chunks: no length, and a stream that ends by itself."""
    request = request_with(b"")
    environ = {"HTTP_TRANSFER_ENCODING": "Chunked", "wsgi.input": io.BytesIO(body)}
    request.META = {**request.META, **environ, "wsgi.input_terminated": ends}
    request.META.pop("CONTENT_LENGTH", None)
    return request


@pytest.mark.parametrize("make", [request_with, in_chunks])
def test_it_reads_the_whole_body(make: Any) -> None:
    assert read_body(make(b"0123456789"), most=10) == b"0123456789"


@pytest.mark.parametrize("make", [request_with, in_chunks])
def test_it_refuses_one_byte_too_many(make: Any) -> None:
    with pytest.raises(BodyTooLarge):
        read_body(make(b"0123456789"), most=9)


def test_it_reads_no_stream_that_may_never_end() -> None:
    assert read_body(in_chunks(b"0123456789", ends=False), most=10) == b""


def test_a_length_alone_is_refused_without_reading() -> None:
    request = request_with(b"short", CONTENT_LENGTH="99999999999")
    with pytest.raises(BodyTooLarge):
        read_body(request, most=10)
