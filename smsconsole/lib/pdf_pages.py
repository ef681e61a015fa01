"""The child process that draws a PDF's pages: `python -m smsconsole.lib.pdf_pages PARENT_PID`.

It holds no connection and no secret, and may use little memory and time. The PDF comes on its standard input; each
page leaves on its standard output as four bytes of length and a JPEG. Its exit status is an `Ending`.
"""

from __future__ import annotations

import ctypes
import io
import os
import resource
import signal
import sys
from contextlib import suppress
from enum import IntEnum
from typing import Final

PAGES_MAX: Final = 20
# The longer side: an A4 page is well readable.
PAGE_MAX_PIXELS: Final = 1600
MAX_MEMORY_BYTES: Final = 1 << 30
MAX_CPU_SECONDS: Final = 10
MAX_DRAWN_BYTES: Final = 64 << 20
_JPEG_QUALITY: Final = 82
_PR_SET_PDEATHSIG: Final = 1


class Ending(IntEnum):
    """What the child says by its exit status; anything else means that it died of the file."""

    DRAWN = 0
    UNREADABLE = 3
    TOO_MANY_PAGES = 4


def main() -> None:
    # Only here: the parent reads this module for its limits, and has no use for the library.
    import pypdfium2

    _limit_ourselves(parent_pid=int(sys.argv[1]))
    content = sys.stdin.buffer.read()
    try:
        document = pypdfium2.PdfDocument(content)
        if len(document) > PAGES_MAX:
            os._exit(Ending.TOO_MANY_PAGES)
        for page in document:
            width, height = page.get_size()
            scale = PAGE_MAX_PIXELS / max(width, height, 1.0)
            out = io.BytesIO()
            # Forms stay undrawn: they are what scripts of a PDF work with.
            picture = page.render(scale=scale, may_draw_forms=False).to_pil()
            picture.convert("RGB").save(out, "JPEG", quality=_JPEG_QUALITY)
            _send(out.getvalue())
            page.close()
    except (pypdfium2.PdfiumError, MemoryError, OSError, ValueError):
        os._exit(Ending.UNREADABLE)
    sys.stdout.buffer.flush()
    os._exit(Ending.DRAWN)


def _send(picture: bytes) -> None:
    sys.stdout.buffer.write(len(picture).to_bytes(4, "big") + picture)


def _limit_ourselves(*, parent_pid: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_CPU_SECONDS, MAX_CPU_SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (MAX_DRAWN_BYTES, MAX_DRAWN_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Linux ends us with our parent.
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent_pid:
        sys.exit(1)


if __name__ == "__main__":
    main()
