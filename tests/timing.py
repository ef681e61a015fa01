"""What a test measures in seconds."""

from __future__ import annotations

import pytest

# Somebody else may have had the machine at that moment: the bound must hold once in three tries.
measures_time = pytest.mark.flaky(reruns=2, reruns_delay=1)
# So it is with a browser that waits for a page. What a fault trial finds broken is broken; only one that could not come
# to its end in time may begin again.
waits_for_pages = measures_time
waits_for_an_end = pytest.mark.flaky(reruns=1, reruns_delay=1, only_rerun=["not within", "it stands still"])
