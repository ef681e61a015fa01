"""A gateway as small companies offer them: JSON in, JSON out, a key in a header."""

from __future__ import annotations

from delivery.gateways.base import OutboundMessage
from tests.carriers.one_by_one import OneByOneCarrier
from tests.carriers.server import Received, Reply

KEY = "k3y-of-the-shop"


class PlainJson(OneByOneCarrier):
    def read(self, request: Received) -> OutboundMessage:
        assert request.method == "POST"
        assert request.path == "/v1/send"
        assert request.headers["authorization"] == f"Bearer {KEY}"
        assert request.headers["content-type"] == "application/json"
        data = request.json()
        assert set(data) == {"to", "from", "text", "ref", "segments"}
        message_id, attempt = map(int, data["ref"].split("-"))
        return OutboundMessage(
            message_id, attempt, f"+{data['to']}", data["from"], data["text"], data["segments"]
        )

    def accept(self, message: OutboundMessage) -> Reply:
        ids = [f"m{message.id}-{n}" for n in range(message.n_segments)]
        return Reply.json({"status": "OK", "data": {"ids": ids}})

    def refuse(self, message: OutboundMessage, *, is_known: bool) -> Reply:
        return Reply.json({"status": "ERROR", "code": 401 if is_known else 4711})

    def throttle(self, message: OutboundMessage) -> Reply:
        return Reply.json({"status": "ERROR", "code": "BUSY"})
