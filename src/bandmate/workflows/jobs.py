"""Jobs: what a workflow tells while it works.

A listener gets plain dictionaries with an "event" name: "heard", "progress", "first_note", "take", "notice", "file".
The command line turns them into a progress line or into JSON lines; Python callers may ignore them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

Listener = Callable[[dict[str, Any]], None]

PROCESS_START = time.perf_counter()
_TOO_EARLY = 0.04  # a guess of the time left from less than this share of the work is noise


def since_start() -> float:
    """Seconds since this module was first imported, which the command line does first of all."""
    return time.perf_counter() - PROCESS_START


class Job:
    """One run of a workflow, with stages of known weight.

    Args:
        listener: gets every event; None = nobody listens.
        weights: expected share of the time of each stage, in any unit.
    """

    def __init__(self, listener: Listener | None = None, weights: Mapping[str, float] | None = None) -> None:
        self._listener = listener
        self._weights = dict(weights or {})
        self._done = dict.fromkeys(self._weights, 0.0)
        self._started = time.perf_counter()
        self._sounded = False

    @property
    def listener(self) -> Listener | None:
        """Who listens: for a workflow that is part of this one."""
        return self._listener

    def tell(self, event: str, **facts: Any) -> None:
        """Send one event."""
        if self._listener is not None:
            self._listener({"event": event, **facts})

    def first_note(self) -> None:
        """Say, once, that the first note is there, with the seconds since the start of the process."""
        if not self._sounded:
            self._sounded = True
            self.tell("first_note", seconds=round(since_start(), 3))

    def progress(self, stage: str, share: float) -> None:
        """Say that a share (0..1) of a stage is done."""
        self._done[stage] = min(1.0, max(0.0, share))
        self.tell("progress", stage=stage, done=round(self.done, 4), seconds_left=self.seconds_left)

    @property
    def done(self) -> float:
        """Share of the whole work that is done, 0..1."""
        total = sum(self._weights.values())
        return sum(self._weights.get(name, 0.0) * share for name, share in self._done.items()) / total if total else 0.0

    @property
    def seconds_left(self) -> float | None:
        """Guess of the time left from the pace so far; None while it is too early to guess."""
        if self.done < _TOO_EARLY:
            return None
        elapsed_sec = time.perf_counter() - self._started
        return round(elapsed_sec * (1.0 - self.done) / self.done, 1)
