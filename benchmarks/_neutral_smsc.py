"""A fast SMSC to measure against: takes everything, counts, sends a receipt for each.

It frames in bulk and answers a read with one write, so that it costs a few microseconds a message. A request with
the command `STATS` is answered with what it counted, as JSON.
"""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import sys
import time
from collections import Counter

HEADER = struct.Struct(">IIII")
SUBMIT, DELIVER, UNBIND, ENQUIRE, RESPONSE = 4, 5, 6, 0x15, 0x80000000
BINDS = (1, 2, 9)
STATS = 0x00010001
FIRST_ID = 1_000_000_000


class Counts:
    def __init__(self) -> None:
        self.destinations: Counter[bytes] = Counter()
        self.n_taken = self.n_acknowledged = 0
        self.last_id = FIRST_ID
        self.first_at = self.last_at = 0.0

    def as_json(self) -> bytes:
        doubles = sum(n - 1 for n in self.destinations.values())
        seconds = self.last_at - self.first_at
        return json.dumps(
            {
                "taken": self.n_taken,
                "doubles": doubles,
                "acknowledged": self.n_acknowledged,
                "rate": (self.n_taken - 1) / seconds if seconds else 0.0,
            }
        ).encode()

    def reset(self) -> None:
        last_id = self.last_id
        self.__init__()  # type: ignore[misc]
        self.last_id = last_id


class Peer(asyncio.Protocol):
    def __init__(self, counts: Counts) -> None:
        self.counts = counts
        self.unread = b""
        self.sequence = 0
        self.receives = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def data_received(self, data: bytes) -> None:
        buffer, start, octets, receipts = self.unread + data, 0, [], []
        counts, pack = self.counts, HEADER.pack
        while len(buffer) - start >= 16:
            length, command, _status, sequence = HEADER.unpack_from(buffer, start)
            if len(buffer) - start < length:
                break
            if command == SUBMIT:
                source_at = buffer.index(0, start + 16) + 1
                source_end = buffer.index(0, source_at + 2)
                destination_end = buffer.index(0, source_end + 3)
                counts.destinations[buffer[source_end + 3 : destination_end]] += 1
                counts.n_taken += 1
                counts.last_id += 1
                message_id = b"%d" % counts.last_id
                octets.append(pack(17 + len(message_id), SUBMIT | RESPONSE, 0, sequence) + message_id + b"\0")
                if self.receives:
                    receipts.append(
                        (
                            message_id,
                            buffer[source_at : source_end + 1],
                            buffer[source_end + 1 : destination_end + 1],
                        )
                    )
            else:
                octets.append(self.answer(command, sequence))
            start += length
        self.unread = buffer[start:]
        if octets:
            self.transport.write(b"".join(octets))
        if receipts:
            counts.last_at = time.monotonic()
            counts.first_at = counts.first_at or counts.last_at
            asyncio.get_running_loop().call_soon(self.report, receipts)

    def answer(self, command: int, sequence: int) -> bytes:
        if command == DELIVER | RESPONSE:
            self.counts.n_acknowledged += 1
            return b""
        if command in BINDS:
            self.receives = command != 2
            return HEADER.pack(21, command | RESPONSE, 0, sequence) + b"SMSC\0"
        if command == STATS:
            stats = self.counts.as_json()
            self.counts.reset()
            return HEADER.pack(16 + len(stats), STATS | RESPONSE, 0, sequence) + stats
        if command in (ENQUIRE, UNBIND):
            return HEADER.pack(16, command | RESPONSE, 0, sequence)
        return b""

    def report(self, receipts: list[tuple[bytes, bytes, bytes]]) -> None:
        stamp, octets = time.strftime("%y%m%d%H%M", time.gmtime()).encode(), []
        for message_id, source, destination in receipts:
            self.sequence = self.sequence % 0x7FFFFFFF + 1
            text = b"id:%s sub:001 dlvrd:001 submit date:%s done date:%s stat:DELIVRD err:000 text:" % (
                message_id,
                stamp,
                stamp,
            )
            body = b"\0" + destination + source + b"\x04" + bytes(8) + bytes((len(text),)) + text
            octets.append(HEADER.pack(16 + len(body), DELIVER, 0, self.sequence) + body)
        self.transport.write(b"".join(octets))


async def main(port: int) -> None:
    counts = Counts()
    server = await asyncio.get_running_loop().create_server(lambda: Peer(counts), "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
