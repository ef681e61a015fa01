"""The client library aiosmpplib by itself: no database, nothing stored, receipts dropped. Prints messages/s."""

from __future__ import annotations

import asyncio
import sys
import time
from typing import Any

from aiosmpplib import ESME, PhoneNumber, SubmitSm
from aiosmpplib.broker import AbstractBroker
from aiosmpplib.correlator import AbstractCorrelator
from aiosmpplib.hook import AbstractHook


class Broker(AbstractBroker):
    """Hands out messages while fewer than the window wait for their answer."""

    def __init__(self, n: int, window: int) -> None:
        self.left = n
        self.room = asyncio.Semaphore(window)

    async def enqueue(self, message: Any) -> None: ...

    async def dequeue(self) -> Any:
        if not self.left:
            await asyncio.Event().wait()
        await self.room.acquire()
        self.left -= 1
        return SubmitSm(
            short_message="Trial message",
            source=PhoneNumber("12345"),
            destination=PhoneNumber(f"86138{self.left:08d}"),
            log_id=str(self.left),
            registered_delivery=1,
        )


class Correlator(AbstractCorrelator):
    """By sequence number, in memory; the library's own one is quadratic."""

    def __init__(self) -> None:
        self.requests: dict[int, Any] = {}

    async def put(self, request: Any) -> None:
        self.requests[request.sequence_num] = request

    async def get(self, response: Any) -> Any:
        return self.requests.pop(response.sequence_num, None)

    async def put_delivery(self, *arguments: Any) -> None: ...

    async def get_delivery(self, *arguments: Any) -> Any:
        return None

    async def get_segmented(self, *arguments: Any, **named: Any) -> Any:
        return None, 0

    async def put_delivery_segmented(self, receipt: Any) -> Any:
        return None

    async def expired(self, message: Any) -> None: ...

    def get_cumulated_status(self, reference: int) -> int:
        return 0


class Hook(AbstractHook):
    def __init__(self, broker: Broker, n: int) -> None:
        self.broker = broker
        self.n_left = n
        self.done = asyncio.Event()
        self.first_at = 0.0

    async def sending(self, *arguments: Any) -> None:
        self.first_at = self.first_at or time.monotonic()

    async def received(self, message: Any, *arguments: Any) -> None:
        if type(message).__name__ == "SubmitSmResp":
            self.broker.room.release()
            self.n_left -= 1
            if not self.n_left:
                self.done.set()

    async def send_error(self, *arguments: Any) -> None: ...


async def main(host: str, port: int, n: int, window: int) -> None:
    broker = Broker(n, window)
    hook = Hook(broker, n)
    client = ESME(
        smsc_host=host,
        smsc_port=port,
        system_id="bare",
        password="bare",  # noqa: S106
        broker=broker,
        correlator=Correlator(),
        hook=hook,
        log_level="ERROR",
    )
    running = asyncio.create_task(client.start())
    await asyncio.wait_for(hook.done.wait(), 120)
    print(n / (time.monotonic() - hook.first_at))
    running.cancel()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])))
