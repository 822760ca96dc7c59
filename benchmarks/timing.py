"""The time of a piece of work, for benchmarks that compare two: its best of several rounds."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any


def best_seconds(work: Callable[[], Any], rounds: int) -> float:
    """The least of the times that some work took, in seconds."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)
