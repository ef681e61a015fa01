"""Bodies of programs' requests: read up to a limit, however they are sent."""

from __future__ import annotations

from django.http import HttpRequest


class BodyTooLarge(Exception):
    """More bytes came than this address takes."""

    def __init__(self, most: int) -> None:
        super().__init__(most)
        self.most = most


def read_body(request: HttpRequest, *, most: int) -> bytes:
    """The whole body, of at most so many bytes; raises `BodyTooLarge`.

    Node's clients send theirs in chunks and without a length, which Django takes for none: the server's own stream is
    read then, where the server says that it ends with the body.
    """
    environ = request.META
    length = str(environ.get("CONTENT_LENGTH") or "")
    if length.isdecimal() and int(length) > most:
        raise BodyTooLarge(most)
    in_chunks = not length and "chunked" in str(environ.get("HTTP_TRANSFER_ENCODING", "")).lower()
    if in_chunks and environ.get("wsgi.input_terminated"):
        body = bytes(environ["wsgi.input"].read(most + 1))
    else:
        body = request.read(most + 1)
    if len(body) > most:
        raise BodyTooLarge(most)
    return body
