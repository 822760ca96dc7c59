"""Notes as MusPy's event numbers, velocities with them, and back; time in ticks of whatever resolution.

0-127 note on    128-255 note off    256-355 wait 1 to 100 ticks    356-387 velocity, in 32 bins
"""

from __future__ import annotations

from collections import defaultdict, deque
from typing import Any

import numpy as np
from numpy.typing import NDArray

NOTE_ON, NOTE_OFF, WAIT, VELOCITY, END = 0, 128, 256, 356, 388
_LONGEST_WAIT = 100
_BIN = 4  # velocities in a bin


def to_codes(notes: NDArray[Any]) -> NDArray[np.int64]:
    """Event numbers of notes: at one tick in the order of their notes, ends of earlier ones first."""
    rows = np.lexsort([notes[name] for name in ("velocity", "duration_ticks", "pitch", "onset_ticks")])
    start, pitch = notes["onset_ticks"][rows], notes["pitch"][rows].astype(np.int64)
    end, level = start + notes["duration_ticks"][rows], notes["velocity"][rows].astype(np.int64) // _BIN
    ticks = np.stack([start, start, end], axis=1).reshape(-1)
    codes = np.stack([VELOCITY + level, NOTE_ON + pitch, NOTE_OFF + pitch], axis=1).reshape(-1)
    order = np.argsort(ticks, kind="stable")
    ticks, codes = ticks[order], codes[order]
    out: list[NDArray[np.int64]] = []
    waits = np.diff(ticks, prepend=0)
    begin = 0
    for place in np.flatnonzero(waits):
        whole, rest = divmod(int(waits[place]), _LONGEST_WAIT)
        out += [codes[begin:place], np.full(whole, VELOCITY - 1, np.int64)]
        out.append(np.array([WAIT + rest - 1] if rest else [], np.int64))
        begin = int(place)
    return np.concatenate([np.empty(0, np.int64), *out, codes[begin:]])


def notes_of_codes(codes: NDArray[Any]) -> NDArray[np.int64]:
    """Notes of event numbers: int (4, n) onset, pitch, duration, velocity.

    Of two notes of one pitch the earlier one ends first; an end without a beginning and a number beyond 387 are passed
    over; a note without an end lasts to the last event.
    """
    now, velocity = 0, 64
    sounding: dict[int, deque[list[int]]] = defaultdict(deque)
    notes: list[list[int]] = []
    for code in codes.tolist():
        if NOTE_ON <= code < NOTE_OFF:
            notes.append([now, code, -1, velocity])
            sounding[code].append(notes[-1])
        elif NOTE_OFF <= code < WAIT:
            waiting = sounding[code - NOTE_OFF]
            if waiting:
                note = waiting.popleft()
                note[2] = now - note[0]
        elif WAIT <= code < VELOCITY:
            now += code - WAIT + 1
        elif VELOCITY <= code < END:
            velocity = max(1, (code - VELOCITY) * _BIN)
    for waiting in sounding.values():
        for note in waiting:
            note[2] = now - note[0]
    return np.array(notes, np.int64).reshape(-1, 4).T
