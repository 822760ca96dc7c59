"""Harmonise: chords under a melody, by the likeliest path through a hidden Markov model.

The states are degrees of the key with one of four kinds of chord. How a melody lies on each kind, and which chord
follows which inside a bar and over its line, was counted in `data/changes.json` by `scripts/fit_changes.py` (POP909,
MIT); a genre adds the changes of its own progressions. The melody does not choose the key: that is heard first.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.analysis.genres import genre, load_table
from bandmate.analysis.harmony import estimate_key, signature_fifths
from bandmate.analysis.meter import half_bar_edges, score_bars
from bandmate.errors import ScoreError
from bandmate.groovebook.harmony import mode_family, slots, spelt_out
from bandmate.score.model import Score
from bandmate.score.pitch import Chord, Key

Floats = NDArray[np.float64]

KINDS = ("maj", "min", "7", "dim")
_KIND_OF = {
    "maj": 0, "maj7": 0, "6": 0, "add9": 0, "maj9": 0, "sus4": 0, "sus2": 0, "5": 0, "aug": 0, "min": 1, "min7": 1,
    "min6": 1, "min9": 1, "mM7": 1, "7": 2, "9": 2, "7sus4": 2, "dim": 3, "m7b5": 3, "dim7": 3,
}  # fmt: skip
STATES = 12 * len(KINDS)
STRONG, WEAK = 0, 1
_BLUE_TONIC = 2  # the state of I7
# Fitted with benchmarks/harmonise.py on songs that were not counted.
MELODY_WORTH = 1.0  # of a quarter of melody against a change
_SMOOTH = 8.0  # changes as good as seen for what follows from root motion alone
_GENRE_SHARE = 0.5  # of the changes are the genre's
_LONGEST = 2.0  # quarters that one note counts
MOVES = 1.0  # nats for a change over the bar line: the likeliest path alone would rest too long
_HOME = 2.5  # nats for ending on the tonic
_SIGNATURE = 6.0  # times as likely is the key that the file states
_OPENS = 1.0  # nats for beginning on it


def kind_of(chord: Chord) -> int:
    """Row of KINDS that a chord belongs to."""
    return _KIND_OF[chord.quality]


def state_of(chord: Chord, tonic: int) -> int:
    """A chord as seen from a tonic."""
    return (chord.root - tonic) % 12 * len(KINDS) + kind_of(chord)


@dataclass(frozen=True, slots=True, eq=False)
class Sung:
    """What a melody sings in each slot (half bar): quarters of each pitch class, on strong and on weak places.

    Attributes:
        weight: float (slots, 2, 12).
    """

    weight: Floats


def sung(notes: NDArray[Any], edges: NDArray[np.int64], ticks_per_quarter: float) -> Sung:
    """Gather a melody by slots; a note held over an edge counts on both sides, and is strong on a beat.

    Args:
        notes: NOTE array, sorted by onset.
        edges: where slots begin, and the end of the last; ticks, ascending.
        ticks_per_quarter: of the score.
    """
    weight = np.zeros((len(edges) - 1, 2, 12))
    slack = ticks_per_quarter / 12
    for onset, length, pitch in zip(
        notes["onset_ticks"].tolist(), notes["duration_ticks"].tolist(), notes["pitch"].tolist(), strict=True
    ):
        first = max(0, int(np.searchsorted(edges, onset + slack, side="right")) - 1)
        last = max(first, int(np.searchsorted(edges, onset + length - slack, side="left")) - 1)
        for slot in range(first, min(last, len(weight) - 1) + 1):
            inside = min(onset + length, edges[slot + 1]) - max(onset, edges[slot])
            quarters = min(_LONGEST, max(inside / ticks_per_quarter, 0.125))
            off = (onset - edges[slot] + slack) % ticks_per_quarter
            place = STRONG if onset < edges[slot] or off <= 2 * slack else WEAK
            weight[slot, place, pitch % 12] += quarters
    return Sung(weight)


@cache
def _table() -> dict[str, Any]:
    return load_table("changes")


@cache
def _lies() -> Floats:
    """Log-likelihood of each interval above the root, by kind, strong and weak; float (kinds, 2, 12)."""
    counts = np.array(_table()["melody"], np.float64) + 0.5
    return np.log(counts / counts.sum(2, keepdims=True))


def _counted(rows: dict[str, list[list[float]]], mode: str) -> Floats:
    """Counts of changes inside a bar and over the line; float (2, states, states)."""
    out = np.zeros((2, STATES, STATES))
    for where, before, after, count in rows[mode]:
        out[int(where), int(before), int(after)] = count
    return out


def _likely(counts: Floats) -> Floats:
    """Rows of log-probabilities; what was never seen follows from the root motion and the kinds alone."""
    motion = np.full((len(KINDS), 12, len(KINDS)), 0.02)
    popular = counts.sum(0)[..., :].sum(0) + 0.05
    before, after = np.arange(STATES)[:, None], np.arange(STATES)[None]
    step = (after // len(KINDS) - before // len(KINDS)) % 12
    keys = (before % len(KINDS), step, after % len(KINDS))
    np.add.at(motion, np.broadcast_arrays(*keys), counts.sum(0) * (before != after))
    guess = motion[keys] * popular[None] * (before != after)
    guess /= guess.sum(1, keepdims=True)
    out = np.empty_like(counts)
    for where, rows in enumerate(counts):
        stay = (np.trace(rows) + 1) / (rows.sum() + 2)
        prior = (1 - stay) * guess + stay * np.eye(STATES)
        out[where] = (rows + _SMOOTH * prior) / (rows.sum(1, keepdims=True) + _SMOOTH)
    return np.log(out)


def _genre_counts(name: str, mode: str) -> Floats:
    """Changes of a genre's progressions, each gone round twice."""
    out = np.zeros((2, STATES, STATES))
    rows = [row for row in genre(name)["harmony"]["progressions"] if mode_family(row[0]) == mode]
    cycles = [slots(spelt_out(row[1], mode == "minor"), 0, int(row[2])) for row in rows]
    # a blues stays a blues only where there is nothing else: elsewhere the tonic is at rest
    cycles = [c for c in cycles if all(state_of(chord, 0) != _BLUE_TONIC for chord in c)] or cycles
    for cycle in (c * 2 for c in cycles):
        for at, (one, two) in enumerate(itertools.pairwise(cycle), 1):
            out[int(at % 2 == 0), state_of(one, 0), state_of(two, 0)] += 1
    return out


@cache
def changes(mode: str, genre_name: str | None = None) -> Floats:
    """Log-probability of the next slot's state, inside a bar (0) and over its line (1); float (2, states, states)."""
    counts = _counted(_table()["changes"], mode)
    if genre_name is not None:
        own = _genre_counts(genre_name, mode)
        if own.sum():
            counts = counts * (1 - _GENRE_SHARE) + own * (_GENRE_SHARE * counts.sum() / own.sum())
    return _likely(counts)


def melody_scores(melody: Sung, key: Key) -> Floats:
    """How well the melody of each slot lies on each state, in nats; float (slots, states)."""
    around = (np.arange(12)[None] - (np.arange(STATES) // len(KINDS) + key.tonic)[:, None]) % 12
    lies = _lies()[np.arange(STATES) % len(KINDS)]
    lies = np.take_along_axis(lies, np.broadcast_to(around[:, None, :], lies.shape), 2)
    return MELODY_WORTH * np.einsum("tsp,ksp->tk", melody.weight, lies)


def best_path(melody: Sung, key: Key, over_line: NDArray[np.bool_], genre_name: str | None = None) -> list[int]:
    """The likeliest state of each slot.

    Args:
        melody: by slots.
        key: of the piece.
        over_line: for each slot whether it opens a bar; bool (slots,).
        genre_name: whose progressions count beside those of songs.
    """
    mode = mode_family(key.mode)
    step = changes(mode, genre_name) + MOVES * np.array([0.0, 1.0])[:, None, None] * (1 - np.eye(STATES))
    score = melody_scores(melody, key)
    home = np.full(STATES, 0.0)
    home[1 if mode == "minor" else 0] = 1.0
    best = score[0] + _OPENS * home
    back = np.zeros((len(score), STATES), np.int64)
    for t in range(1, len(score)):
        ways = best[:, None] + step[int(over_line[t])]
        back[t] = ways.argmax(0)
        best = ways.max(0) + score[t]
    best = best + _HOME * home
    path = [int(best.argmax())]
    for t in range(len(score) - 1, 0, -1):
        path.append(int(back[t, path[-1]]))
    return path[::-1]


_PLAIN = ("maj", "min", "7", "dim")


def chord_of(state: int, tonic: int) -> Chord:
    """A state as a plain chord."""
    return Chord((tonic + state // len(KINDS)) % 12, _PLAIN[state % len(KINDS)])


def melody_key(score: Score) -> Key:
    """The key of a piece; C major where nothing sounds. A melody alone says little of it, so a key signature counts."""
    heard = estimate_key(score)
    if heard.key is None or not len(score.keys):
        return heard.key or Key(0)
    stated = int(score.keys["fifths"][0])
    signed = {key: _SIGNATURE if signature_fifths(key) == stated else 1.0 for key, _ in heard.ranked}
    return max(heard.ranked, key=lambda row: row[1] * signed[row[0]])[0]


def harmonise(
    score: Score, melody: int, genre_name: str | None = None, key: Key | None = None, *, halves: bool = True
) -> tuple[Chord, ...]:
    """Chords for a melody, two a bar.

    Args:
        score: holds the melody; its other pitched tracks have a say in the key only.
        melody: index of the track.
        genre_name: whose harmony is wanted, None = songs in general.
        key: where it is known.
        halves: whether a chord may change inside a bar.

    Raises:
        ScoreError: the track has no notes, or is drums.
    """
    track = score.tracks[melody]
    if track.is_drum or not len(track.notes):
        raise ScoreError(f"track {melody + 1} has no notes to harmonise; name the melody with --tracks")
    bars = score_bars(score)
    key = key or melody_key(score)
    edges = half_bar_edges(bars) if halves else np.append(bars["start_ticks"], _end(bars))
    notes = track.notes[np.argsort(track.notes["onset_ticks"], kind="stable")]
    count = len(edges) - 1
    over = np.arange(count) % 2 == 0 if halves else np.ones(count, bool)
    path = best_path(sung(notes, edges, score.ticks_per_quarter), key, over, genre_name)
    chords = [chord_of(state, key.tonic) for state in path]
    return tuple(chords) if halves else tuple(chord for chord in chords for _ in (0, 1))


def _end(bars: NDArray[Any]) -> int:
    return int(bars["start_ticks"][-1] + bars["length_ticks"][-1])
