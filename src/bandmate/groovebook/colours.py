"""Colours: plain chords dressed for a genre, and whether a melody can live on them.

A note that is sung on a strong place must be a tone of its chord or a tension of it: no tone that grates a semitone
above a chord tone. On a dominant the flat ninth and thirteenth are tensions too.
"""

from __future__ import annotations

from collections import Counter
from functools import cache

import numpy as np
from numpy.typing import NDArray

from bandmate.analysis.genres import genre
from bandmate.groovebook.harmonise import KINDS, STRONG, kind_of, state_of
from bandmate.groovebook.harmony import mode_family, slots, spelt_out
from bandmate.score.pitch import QUALITIES, Chord, Key

Floats = NDArray[np.float64]
STRONG_ENOUGH = 0.4  # quarters on strong places from which a note binds the chord
_DOMINANT = ("7", "9", "7sus4")
# Richer first: what a kind may be where the genre says nothing of the degree.
_SEVENTHS = ("maj7", "min7", "7", "m7b5")
_NINTHS = ("maj9", "min9", "9", "m7b5")
_PLAIN = ("maj", "min", "7", "dim")
_RESTING = (0, 1, 3, 5, 8, 10)  # degrees whose major chords have a major seventh, if any
_PLAINER = {
    "maj9": ("maj7", "6", "add9", "maj"), "maj7": ("6", "add9", "maj"), "6": ("maj",), "add9": ("maj",),
    "9": ("7", "7sus4"), "7": ("7sus4", "maj"), "min9": ("min7", "min"), "min7": ("min6", "min"), "min6": ("min",),
    "mM7": ("min",), "m7b5": ("dim", "min7"), "dim7": ("dim",), "maj": ("sus4", "5"), "min": ("sus2", "5"),
}  # fmt: skip


def tensions(chord: Chord) -> frozenset[int]:
    """Pitch classes that may be held over a chord: its tones, and what lies a whole tone or more above each of them."""
    tones = {(chord.root + step) % 12 for step in QUALITIES[chord.quality]}
    free = {pc for pc in range(12) if (pc - 1) % 12 not in tones and not _clashing_seventh(chord, pc)}
    if chord.quality in _DOMINANT:
        free |= {(chord.root + 1) % 12, (chord.root + 8) % 12} - (
            {(chord.root + 8) % 12} if chord.quality == "9" else set()
        )
    return frozenset(tones | free)


def _clashing_seventh(chord: Chord, pc: int) -> bool:
    """A major seventh over a chord with a minor one, and the other way round; a third against the other third."""
    step = (pc - chord.root) % 12
    steps = QUALITIES[chord.quality]
    against = {10: 11, 11: 10, 3: 4}
    return step in against and against[step] in steps and not (step == 3 and chord.quality in _DOMINANT)


def bound(weight: Floats) -> frozenset[int]:
    """Pitch classes that the melody of one slot holds on strong places; `weight` is a row of `Sung.weight`."""
    return frozenset(np.flatnonzero(weight[STRONG] >= STRONG_ENOUGH).tolist())


def carries(chord: Chord, weight: Floats) -> bool:
    """Whether a chord carries what the melody holds over it."""
    return bound(weight) <= tensions(chord)


@cache
def degree_qualities(genre_name: str, mode: str) -> dict[int, str]:
    """The quality that a genre's progressions give each degree and kind, by state (see `harmonise.state_of`)."""
    found: dict[int, Counter[str]] = {}
    for row in genre(genre_name)["harmony"]["progressions"]:
        if mode_family(row[0]) == mode:
            for chord in slots(spelt_out(row[1], mode == "minor"), 0, int(row[2])):
                found.setdefault(state_of(chord, 0), Counter())[chord.quality] += 1
    return {state: max(sorted(qualities), key=lambda q: qualities[q]) for state, qualities in found.items()}


def usual_qualities(genre_name: str) -> tuple[str, ...]:
    """One quality a kind, as rich as the genre voices its chords."""
    kind = genre(genre_name)["harmony"]["voicing"]["type"]
    return _NINTHS if kind == "9th" else _SEVENTHS if kind == "7th" else _PLAIN


def _wanted(state: int, mode: str, genre_name: str) -> str:
    """The genre's quality of a state; a major chord that only the dominant has (V, II, III ...) gets its seventh."""
    known, usual = degree_qualities(genre_name, mode), usual_qualities(genre_name)
    degree, kind = divmod(state, len(KINDS))
    if state in known:
        return known[state]
    if kind == 0 and usual[0] != "maj" and degree not in _RESTING:
        return known.get(state + 2, usual[2])
    return usual[kind]


def coloured(chord: Chord, key: Key, genre_name: str, weight: Floats | None = None) -> Chord:
    """A plain chord as a genre would spell it, plainer again where the melody does not bear it.

    Args:
        chord: of any quality; its kind counts.
        key: of the piece.
        genre_name: id in the table of genres.
        weight: what is sung over it, a row of `Sung.weight`; None = nothing.
    """
    wanted = _wanted(state_of(chord, key.tonic), mode_family(key.mode), genre_name)
    options = [wanted, *_PLAINER.get(wanted, ()), _PLAIN[kind_of(chord)]]
    for quality in options:
        made = Chord(chord.root, quality)
        if weight is None or carries(made, weight):
            return made
    return Chord(chord.root, _PLAIN[kind_of(chord)])


def coloured_all(chords: tuple[Chord, ...], key: Key, genre_name: str, weights: Floats) -> tuple[Chord, ...]:
    """`coloured` for chords two a bar; one that lasts is spelt once for all its half bars."""
    out: list[Chord] = []
    at = 0
    while at < len(chords):
        stop = at + 1
        while stop < len(chords) and chords[stop] == chords[at]:
            stop += 1
        out += [coloured(chords[at], key, genre_name, weights[at:stop].sum(0))] * (stop - at)
        at = stop
    return tuple(out)
