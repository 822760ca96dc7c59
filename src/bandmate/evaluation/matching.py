"""Onsets and notes that were heard against those that were played: matched pairs and F1."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bandmate.score.model import Score
from bandmate.score.timeline import ticks_to_seconds

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Matched:
    """How many were found, wanted, and matched one to one."""

    matched: int = 0
    found: int = 0
    wanted: int = 0

    def __add__(self, other: Matched) -> Matched:
        return Matched(self.matched + other.matched, self.found + other.found, self.wanted + other.wanted)

    @property
    def precision(self) -> float:
        """Share of what was found that is matched; NaN where nothing was."""
        return self.matched / self.found if self.found else np.nan

    @property
    def recall(self) -> float:
        """Share of what was wanted that is matched; NaN where nothing was."""
        return self.matched / self.wanted if self.wanted else np.nan

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall; 1.0 where nothing is wanted and nothing found."""
        total = self.found + self.wanted
        return 2.0 * self.matched / total if total else 1.0


def match_scores(found: Score, wanted: Score, within_sec: float = 0.05) -> Matched:
    """Match the notes of two scores by onset and pitch, drums against drums and all other tracks together.

    Counts as many pairs as mir_eval.transcription does without offsets.
    """
    return match_notes(_rows(found), _rows(wanted), within_sec)


def _rows(score: Score) -> Floats:
    parts = [np.zeros((0, 3))]
    for track in score.tracks:
        onset, key = track.notes["onset_ticks"], track.notes["pitch"] + 128.0 * track.is_drum
        ends = ticks_to_seconds(score, onset + track.notes["duration_ticks"])
        parts.append(np.stack([ticks_to_seconds(score, onset), ends, key], 1))
    return np.concatenate(parts)


def match_times(found: Floats, wanted: Floats, within_sec: float = 0.05) -> Matched:
    """Match times one to one, in order: as many pairs as possible no further apart than `within_sec`."""
    found, wanted = np.sort(found), np.sort(wanted)
    i = j = matched = 0
    while i < len(found) and j < len(wanted):
        if abs(found[i] - wanted[j]) <= within_sec:
            matched, i, j = matched + 1, i + 1, j + 1
        elif found[i] < wanted[j]:
            i += 1
        else:
            j += 1
    return Matched(matched, len(found), len(wanted))


def match_notes(found: Floats, wanted: Floats, within_sec: float = 0.05) -> Matched:
    """Match notes by onset and pitch; rows begin with onset in seconds, end, pitch."""
    total = Matched()
    for pitch in np.union1d(found[:, 2], wanted[:, 2]):
        mine, theirs = found[found[:, 2] == pitch, 0], wanted[wanted[:, 2] == pitch, 0]
        total = total + match_times(mine, theirs, within_sec)
    return total
