"""Programs that send requests over connections kept open, as fast as they are answered; counts what was taken.

A process of its own, with raw sockets: what it costs is taken from the console, so it does as little as it can.
"""

from __future__ import annotations

import json
import socket
import sys
import threading
import time
from pathlib import Path
from queue import Empty, SimpleQueue


def main(port: int, n_connections: int, requests_file: str, marker: str) -> None:
    """Read requests (JSON list of strings) from the file, send them all, print seconds, taken, and milliseconds."""
    requests: SimpleQueue[bytes] = SimpleQueue()
    for request in json.loads(Path(requests_file).read_text()):
        requests.put(request.encode())
    took: list[float] = []
    n_taken = [0]
    barrier = threading.Barrier(n_connections + 1)
    threads = [
        threading.Thread(target=_ask, args=(port, requests, marker.encode(), barrier, took, n_taken))
        for _ in range(n_connections)
    ]
    for thread in threads:
        thread.start()
    barrier.wait()
    began = time.perf_counter()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - began
    took.sort()
    middle, high = (took[int(share * (len(took) - 1))] * 1000 for share in (0.5, 0.99))
    sys.stdout.write(
        json.dumps({"seconds": seconds, "n": len(took), "taken": n_taken[0], "p50": middle, "p99": high})
    )


def _ask(
    port: int,
    requests: SimpleQueue[bytes],
    marker: bytes,
    barrier: threading.Barrier,
    took: list[float],
    n_taken: list[int],
) -> None:
    line = socket.create_connection(("127.0.0.1", port))
    barrier.wait()
    while True:
        try:
            request = requests.get_nowait()
        except Empty:
            return
        began = time.perf_counter()
        try:
            line.sendall(request)
            answer = _read(line)
        except OSError:
            answer = b""
        if not answer:
            # The server closed the line between two requests: once more on a new one.
            line = socket.create_connection(("127.0.0.1", port))
            line.sendall(request)
            answer = _read(line)
        took.append(time.perf_counter() - began)
        n_taken[0] += answer.count(marker)


def _read(line: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        more = line.recv(65536)
        if not more:
            return b""
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])
    while len(body) < length:
        body += line.recv(65536)
    return body


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4])
