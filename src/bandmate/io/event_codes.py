"""The one table of event numbers, MusPy's: notes as beginnings, ends, waits and velocities, and back.

0-127 note on    128-255 note off    256-355 wait 1 to 100 ticks    356-387 velocity, in 32 bins

`.npy` files hold them as they are (`io.arrays`); `tokenizers.stream` and `.event` take their kinds, sizes, bins, waits
and pairs from here. Time is in ticks of whatever resolution.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.errors import ScoreError

EVENTS = {"NOTE_ON": 128, "NOTE_OFF": 128, "TIME_SHIFT": 100, "VELOCITY": 32}  # kind -> how many numbers, in order
FIRST = dict(zip(EVENTS, accumulate([0, *EVENTS.values()]), strict=False))  # kind -> its first number
UNSAID_VELOCITY = 64
Ints = NDArray[np.int64]
MOST_EVENTS = 20_000_000  # of one piece; only damaged times make more


def bins_of(velocity: NDArray[Any], bins: int = EVENTS["VELOCITY"]) -> NDArray[Any]:
    """Velocities as bins: equal shares of 0 to 127."""
    return velocity.astype(np.int64) * bins // 128


def velocities_of(number: NDArray[Any], bins: int = EVENTS["VELOCITY"]) -> NDArray[Any]:
    """The least velocity of each bin."""
    return -(-number * 128 // bins)


def with_waits(
    times: NDArray[Any], codes: NDArray[Any], first: int, longest: int, check: Callable[[int], None]
) -> NDArray[np.int32]:
    """Events with the waits between them: each as many longest ones as fit, then the rest.

    Args:
        times: of the events, ascending from 0.
        codes: their numbers.
        first: the number of a wait of one tick.
        longest: ticks of the longest wait.
        check: is asked whether so many numbers may be made.
    """
    if not len(codes):
        check(0)
        return np.empty(0, np.int32)
    gap = times.copy()
    gap[1:] -= times[:-1]
    full = np.maximum(gap - 1, 0) // longest if int(gap.max()) > longest else None  # longest ones before the rest
    if full is not None:
        gap -= full * longest
    waits = gap > 0
    check(len(codes) + int(np.count_nonzero(waits)) + (0 if full is None else int(full.sum())))
    pairs, written = np.empty((len(codes), 2), np.int32), np.ones((len(codes), 2), bool)  # a wait, and what is awaited
    np.add(gap, first - 1, out=pairs[:, 0], casting="unsafe")
    pairs[:, 1], written[:, 0] = codes, waits
    if full is None:
        return pairs[written]
    rests = np.arange(len(codes)) + np.cumsum(waits) - 1  # where each wait stands
    return np.insert(pairs[written], np.repeat(rests, full), first + longest - 1)


def to_codes(notes: NDArray[Any]) -> Ints:
    """Event numbers of notes: at one tick in the order of their notes, ends of earlier ones first.

    Raises:
        ScoreError: waits would fill more than memory should hold.
    """
    rows = np.lexsort([notes[name] for name in ("velocity", "duration_ticks", "pitch", "onset_ticks")])
    start, pitch = notes["onset_ticks"][rows], notes["pitch"][rows].astype(np.int64)
    end, level = start + notes["duration_ticks"][rows], bins_of(notes["velocity"][rows])
    times = np.stack([start, start, end], axis=1).reshape(-1)
    parts = (FIRST["VELOCITY"] + level, FIRST["NOTE_ON"] + pitch, FIRST["NOTE_OFF"] + pitch)
    codes = np.stack(parts, axis=1).reshape(-1)
    order = np.argsort(times, kind="stable")
    waits = FIRST["TIME_SHIFT"], EVENTS["TIME_SHIFT"]
    return with_waits(times[order], codes[order], *waits, _check_length).astype(np.int64)


def _check_length(count: int) -> None:
    if count > MOST_EVENTS:
        raise ScoreError(f"the score would be {count:,} events, more than {MOST_EVENTS:,}; trim it or mend its times")


def notes_of_codes(codes: NDArray[Any]) -> Ints:
    """Notes of event numbers: int (4, n) onset, pitch, duration, velocity.

    Of two notes of one pitch the earlier one ends first; an end without a beginning and a number beyond 387 are passed
    over; a note without an end lasts to the last event.
    """
    codes = codes.astype(np.int64)
    kind = np.searchsorted([*FIRST.values(), sum(EVENTS.values())], codes, side="right") - 1  # place in EVENTS
    on, off, wait, velocity = range(len(EVENTS))
    time = np.cumsum(np.where(kind == wait, codes - FIRST["TIME_SHIFT"] + 1, 0))
    sounds = np.flatnonzero((kind == on) | (kind == off))
    pitches = codes[sounds] - np.where(kind[sounds] == on, FIRST["NOTE_ON"], FIRST["NOTE_OFF"])
    begins, ends, _ = pairs_by_key(pitches, kind[sounds] == on)
    begins = sounds[begins]
    stop = np.where(ends >= 0, time[sounds[ends]], time[-1]) if len(begins) else ends
    said = np.flatnonzero(kind == velocity)
    last = np.searchsorted(said, begins) - 1
    levels = np.append(np.maximum(velocities_of(codes[said] - FIRST["VELOCITY"]), 1), UNSAID_VELOCITY)
    return np.stack([time[begins], codes[begins], stop - time[begins], levels[last]])


def pairs_by_key(keys: Ints, is_on: NDArray[np.bool_]) -> tuple[Ints, Ints, Ints]:
    """Match beginnings and ends in their order: of each key the end closes what began first.

    Args:
        keys: what begins or ends at each place.
        is_on: whether it begins there.

    Returns:
        Places of the beginnings, in order; the place of each one's end, -1 where it has none; places of the ends that
        close nothing.
    """
    order = np.argsort(keys, kind="stable")
    orphan = _orphans(keys[order], is_on[order])
    orphans = np.sort(order[orphan])
    kept = order[~orphan]
    ons, offs = kept[is_on[kept]], kept[~is_on[kept]]
    # the n-th end of a key closes its n-th beginning
    on_keys, off_keys = keys[ons], keys[offs]
    rank = np.arange(len(offs)) - np.searchsorted(off_keys, off_keys)
    ends = np.full(len(ons), -1, np.int64)
    ends[np.searchsorted(on_keys, off_keys) + rank] = offs
    back = np.argsort(ons, kind="stable")
    return ons[back], ends[back], orphans


def _orphans(keys: Ints, is_on: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Of places sorted by key: which are ends with nothing to end."""
    if not len(keys):
        return np.zeros(0, bool)
    step = np.where(is_on, 1, -1)
    total = np.cumsum(step)
    first = np.searchsorted(keys, keys)  # where the key of each place begins
    level = total - (total[first] - step[first])
    # subtle: an end closes nothing where the level falls to a new low of its key below 0; going down by `span` a key
    # lets one running minimum serve all keys
    span = (np.cumsum(np.append(True, keys[1:] != keys[:-1]))) * (2 * len(keys) + 2)
    low = np.minimum.accumulate(np.minimum(level, 0) - span) + span
    before = np.where(np.arange(len(keys)) > first, np.append(0, low[:-1]), 0)
    return ~is_on & (level < before)
