"""Notes that ring into the asked bars from before: they stay whole, count as voices, and are told if a lock minds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.generation.scene import Harmony, Part
from bandmate.score.locks import TrackLock
from bandmate.score.model import Score
from bandmate.score.selection import Selection, track_words

_TOUCH = 48  # a lap of less than this part of a quarter is touch: the new note waits for its end


def beside_ringing(
    score: Score, selection: Selection, notes: Mapping[int, NDArray[Any]], parts: Mapping[int, Part], harmony: Harmony
) -> tuple[dict[int, NDArray[Any]], list[str]]:
    """New notes beside those that ring in, where a lock binds their track.

    Args:
        score: before the edit.
        selection: the asked cells.
        notes: the new notes, NOTE, by track.
        parts: of the tracks, with their locks.
        harmony: of the piece.

    Returns:
        The new notes, no more at once than the locks allow together with what rings in, and one sentence for each
        track whose locks could not hold over the border.
    """
    start, end = selection.span(score)
    found, said = dict(notes), []
    for index in selection.tracks:
        lock, old = parts[index].lock, score.tracks[index].notes
        ring = old[(old["onset_ticks"] < start) & (old["onset_ticks"] + old["duration_ticks"] > start)]
        if lock is None or parts[index].is_drum or not len(ring) or not len(found[index]):
            continue
        reasons = _outside(ring, lock, harmony, selection.first_bar)
        if lock.most_voices is not None:
            made, left = _limited(found[index], ring, lock, score.ticks_per_quarter)
            found[index] = made[made["onset_ticks"] < end]
            strokes = "a stroke" if left == 1 else f"{left} strokes"
            reasons += [f"more sounds at {strokes} of its rhythm than its polyphony allows"] if left else []
        if reasons:
            name, bar = track_words(score, index), selection.first_bar + 1
            said.append(f"{name}: what rings into bar {bar} from before stays whole, so {' and '.join(reasons)} there")
    return found, said


def _outside(ring: NDArray[Any], lock: TrackLock, harmony: Harmony, bar: int) -> list[str]:
    pitches = sorted(set(ring["pitch"].tolist()))
    chord = harmony.at(bar, 0)
    wrong = [
        p for p in pitches
        if (lock.pitches and p not in lock.pitches) or (lock.low is not None and p < lock.low)
        or (lock.high is not None and p > lock.high)
        or (lock.chord_tones and chord is not None and p % 12 not in chord.pitch_classes)
    ]  # fmt: skip
    return [f"MIDI pitch {', '.join(map(str, wrong))} sounds against its lock"] if wrong else []


def _limited(
    new: NDArray[Any], ring: NDArray[Any], lock: TrackLock, ticks_per_quarter: int
) -> tuple[NDArray[Any], int]:
    """New notes for which there is a voice left, older new ones ending for them; and how many had to stay without."""
    made = new[np.lexsort((new["pitch"], new["onset_ticks"]))].copy()
    over = ring["onset_ticks"] + ring["duration_ticks"]
    keep, sounding, left = np.ones(len(made), bool), list[int](), 0
    most = lock.most_voices or 0
    for at in range(len(made)):
        lap = over[(over > made["onset_ticks"][at]) & (over <= made["onset_ticks"][at] + ticks_per_quarter // _TOUCH)]
        if len(lap) and made["duration_ticks"][at] > 2 * (ticks_per_quarter // _TOUCH):
            wait = int(lap.max() - made["onset_ticks"][at])
            made["onset_ticks"][at] += wait
            made["duration_ticks"][at] -= wait
        onset = int(made["onset_ticks"][at])
        room = most - int((over > onset).sum())
        sounding = [i for i in sounding if made["onset_ticks"][i] + made["duration_ticks"][i] > onset]
        while len(sounding) >= max(1, room) and sounding and made["onset_ticks"][sounding[0]] < onset:
            first = sounding.pop(0)
            made["duration_ticks"][first] = onset - made["onset_ticks"][first]
        if len(sounding) < room:
            sounding.append(at)
        elif lock.rhythm:  # its strokes are locked too, and come first
            left += 1
        else:
            keep[at] = False
    return made[keep], left
