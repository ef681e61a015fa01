"""What a test measures in seconds."""

from __future__ import annotations

import pytest

# Somebody else may have had the machine at that moment: the bound must hold once in three tries.
measures_time = pytest.mark.flaky(reruns=2, reruns_delay=1)
# So it is with a browser that waits for a page, and with processes that are started and ended. Not with fault trials:
# one that does not come to its end may have lost somebody.
waits_for_others = pytest.mark.flaky(reruns=1, reruns_delay=1)
