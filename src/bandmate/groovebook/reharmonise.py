"""Reharmonise: other chords under the same melody, by the substitutions that players know.

Each stretch of one chord may stay, or become its relative, its tritone substitute, its pair of ii and V, what the
parallel mode has in its place, or make way in its second half for a dominant (or its tritone substitute, or a
diminished chord) that leads on. A path through all stretches weighs how a style likes each, how the roots move, and
how much is to change; what the melody does not bear is never chosen.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from bandmate.analysis.genres import genre
from bandmate.groovebook.colours import carries, coloured_all, usual_qualities
from bandmate.groovebook.dice import Dice
from bandmate.groovebook.harmonise import KINDS, kind_of
from bandmate.score.pitch import QUALITIES, Chord, Key

Floats = NDArray[np.float64]
# How much each family of styles likes each substitution, in nats above leaving the chord.
_LIKES: dict[str, dict[str, float]] = {
    "jazz": {"relative": 0.6, "tritone": 1.2, "two_five": 1.6, "secondary": 1.1, "secondary_tritone": 1.0,
             "interchange": 0.7, "diminished": 0.8},
    "soul": {"relative": 1.0, "tritone": 0.7, "two_five": 1.3, "secondary": 1.0, "secondary_tritone": 0.5,
             "interchange": 1.1, "diminished": 0.8},
    "latin": {"relative": 0.8, "tritone": 1.1, "two_five": 1.4, "secondary": 1.0, "secondary_tritone": 0.9,
              "interchange": 0.8, "diminished": 0.9},
    "classical": {"relative": 1.1, "tritone": -2.0, "two_five": 0.5, "secondary": 1.2, "secondary_tritone": -2.0,
                  "interchange": 0.6, "diminished": 1.1},
    "pop": {"relative": 1.3, "tritone": -1.5, "two_five": 0.4, "secondary": 0.8, "secondary_tritone": -1.5,
            "interchange": 1.2, "diminished": 0.1},
}  # fmt: skip
_FAMILY = {"jazz": "jazz", "blues": "jazz", "soul": "soul", "funk": "soul", "hip_hop": "soul", "latin": "latin",
           "classical": "classical", "orchestral": "classical"}  # fmt: skip
# Cost of a root motion in semitones up: down a fifth is free, a tritone dear.
_MOTION = (0.5, 0.6, 0.5, 0.6, 0.6, 0.0, 1.6, 0.4, 0.6, 0.5, 0.5, 0.2)
_NOISE = 0.5
_DEAR = 3.2  # what any change costs at strength 0
_LONG = 0.15  # for each half bar past two bars on one new chord
_VAGUE = ("sus4", "sus2", "5")  # spellings that dodge the melody
_DIMINISHED_FROM = 2  # half bars of a stretch from which it may be split


@dataclass(frozen=True, slots=True)
class Stretch:
    """One chord as long as it lasts: first half bar, how many, the chord, and the one after (itself at the end)."""

    start: int
    halves: int
    chord: Chord
    after: Chord


@dataclass(frozen=True, slots=True)
class Substitute:
    """What a stretch becomes: the rule's name and one chord a half bar."""

    rule: str
    chords: tuple[Chord, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Reharmonised:
    """The new chords, two a bar, and the rule that made each; "" where the chord is the old one or a colour of it."""

    chords: tuple[Chord, ...]
    rules: tuple[str, ...]


def stretches(chords: tuple[Chord, ...]) -> list[Stretch]:
    """Runs of one root and kind; a bass or a colour that changes does not end one."""
    out: list[Stretch] = []
    starts = [0] + [i for i in range(1, len(chords)) if _plain(chords[i]) != _plain(chords[i - 1])]
    for start, stop in zip(starts, [*starts[1:], len(chords)], strict=True):
        after = chords[stop] if stop < len(chords) else chords[start]
        out.append(Stretch(start, stop - start, _plain(chords[start]), _plain(after)))
    return out


def _plain(chord: Chord) -> Chord:
    return Chord(chord.root, ("maj", "min", "7", "dim")[kind_of(chord)])


def _whole(*chords: Chord) -> Callable[[int], tuple[Chord, ...]]:
    """Chords that share a stretch evenly, the longer part first."""

    def laid(halves: int) -> tuple[Chord, ...]:
        tail = min(halves // len(chords) or 1, 2 if halves > 4 else 1) * (len(chords) - 1)
        each = tail // max(1, len(chords) - 1)
        return (chords[0],) * (halves - tail) + tuple(c for c in chords[1:] for _ in range(each))

    return laid


def substitutes(stretch: Stretch, key: Key) -> list[Substitute]:
    """Every substitution that the theory allows for a stretch, the chord itself first."""
    chord, after, halves = stretch.chord, stretch.after, stretch.halves
    found: list[tuple[str, tuple[Chord, ...]]] = [("", (chord,) * halves)]
    root, kind, degree = chord.root, KINDS[kind_of(chord)], (chord.root - key.tonic) % 12

    def add(rule: str, *chords: Chord) -> None:
        if halves >= len(chords):
            found.append((rule, _whole(*chords)(halves)))

    if kind == "maj":
        add("relative", Chord((root - 3) % 12, "min"))
        if degree in (0, 7):
            add("relative", Chord((root + 4) % 12, "min"))
    if kind == "min":
        add("relative", Chord((root + 3) % 12, "maj"))
        add("relative", Chord((root - 4) % 12, "maj"))
    leads_home = (after.root - root) % 12 == 5
    if (kind in ("7", "maj") and leads_home) or (kind == "7"):
        add("tritone", Chord((root + 6) % 12, "7"))
        two = Chord((root + 7) % 12, "dim" if kind_of(after) == 1 else "min")
        add("two_five", two, Chord(root, "7"))
    for swapped in _interchange(degree, kind, key):
        add("interchange", swapped)
    if after != chord and halves >= _DIMINISHED_FROM:
        five = Chord((after.root + 7) % 12, "7")
        if five.root != root:
            add("secondary", chord, five)
            add("secondary_tritone", chord, Chord((after.root + 1) % 12, "7"))
        if (after.root - root) % 12 == 2:
            add("diminished", chord, Chord((root + 1) % 12, "dim"))
    if after != chord and halves >= 4:
        two = Chord((after.root + 2) % 12, "dim" if kind_of(after) == 1 else "min")
        add("two_five", chord, two, Chord((after.root + 7) % 12, "7"))
    home = key.lock
    return [
        Substitute(rule, chords) for rule, chords in found
        if rule != "relative" or chords[0].pitch_classes <= home
    ]  # fmt: skip


def _interchange(degree: int, kind: str, key: Key) -> list[Chord]:
    """What the parallel mode has in place of a degree."""
    t = key.tonic
    if key.is_minor:
        table = {(5, "min"): [(5, "maj")], (0, "min"): [], (8, "maj"): [(9, "dim")], (7, "min"): [(7, "7")]}
    else:
        table = {
            (5, "maj"): [(5, "min"), (10, "maj")], (9, "min"): [(8, "maj")], (7, "maj"): [(10, "maj"), (5, "min")],
            (2, "min"): [(2, "dim"), (8, "maj")], (4, "min"): [(3, "maj")],
        }  # fmt: skip
    return [Chord((t + step) % 12, quality) for step, quality in table.get((degree, kind), [])]


def reharmonise(
    chords: tuple[Chord, ...], weights: Floats, key: Key, genre_name: str, strength: float = 0.7, seed: int = 0
) -> Reharmonised:
    """New chords for old ones.

    Args:
        chords: two a bar, without gaps.
        weights: what the melody sings in each half bar, `Sung.weight`; float (halves, 2, 12).
        key: of the piece.
        genre_name: whose taste and spelling is wanted.
        strength: 0 = the old chords, in the genre's spelling where the melody bears it; 1 = change what can be changed.
        seed: breaks ties; stretches that come back come back alike.
    """
    likes = _LIKES[_FAMILY.get(genre(genre_name)["family"], "pop")]
    spans = stretches(chords)
    options = [_options(span, i, len(spans), chords, weights, key, genre_name) for i, span in enumerate(spans)]
    price = [
        np.array([_price(s, span, likes, strength, seed) for s in found])
        for span, found in zip(spans, options, strict=True)
    ]
    best, back = price[0], []
    for at in range(1, len(spans)):
        moves = np.array([[_move(a.chords[-1], b.chords[0]) for b in options[at]] for a in options[at - 1]])
        ways = best[:, None] + moves
        back.append(ways.argmin(0))
        best = ways.min(0) + price[at]
    path = [int(best.argmin())]
    for rows in reversed(back):
        path.append(int(rows[path[-1]]))
    chosen = [options[i][choice] for i, choice in enumerate(reversed(path))]
    made = [(chord, each.rule) for each in chosen for chord in each.chords]
    return Reharmonised(tuple(chord for chord, _ in made), tuple(rule for _, rule in made))


def _options(
    span: Stretch,
    index: int,
    count: int,
    chords: tuple[Chord, ...],
    weights: Floats,
    key: Key,
    genre_name: str,
) -> list[Substitute]:
    """Substitutes in the genre's spelling that carry the melody; the first and the last stretch keep their chord."""
    found = substitutes(span, key)
    if index in (0, count - 1):
        found = found[:1]
    here = weights[span.start : span.start + span.halves]
    old = chords[span.start : span.start + span.halves]
    out = [Substitute("", _kept(old, coloured_all(found[0].chords, key, genre_name, here), here, genre_name))]
    for each in found[1:]:
        spelt = coloured_all(each.chords, key, genre_name, here)
        clear = all(carries(chord, row) for chord, row in zip(spelt, here, strict=True))
        if clear and not any(chord.quality in _VAGUE for chord in spelt):
            out.append(Substitute(each.rule, spelt))
    return out


def _kept(old: tuple[Chord, ...], spelt: tuple[Chord, ...], here: Floats, genre_name: str) -> tuple[Chord, ...]:
    """Chords that stay: in the genre's colours where it has any and the melody bears them, else as they were."""
    if usual_qualities(genre_name)[0] == "maj" or any(chord.quality in _VAGUE for chord in spelt):
        return old
    clear = all(carries(chord, row) for chord, row in zip(spelt, here, strict=True))
    return spelt if clear else old


def _price(each: Substitute, span: Stretch, likes: dict[str, float], strength: float, seed: int) -> float:
    if not each.rule:
        return 0.0
    names = (span.chord.root, span.chord.quality, span.after.root, span.after.quality, each.rule)
    first = each.chords[0]
    wobble = Dice(seed, "reharmonise", *names, first.root, first.quality).roll() - 0.5
    same = max(len(list(run)) for _, run in groupby(each.chords))
    inside = sum(_move(a, b) for a, b in zip(each.chords, each.chords[1:], strict=False) if a != b)
    return _DEAR * (1 - strength) + _LONG * max(0, same - 4) - likes[each.rule] - _NOISE * 2 * wobble + 0.5 * inside


def _move(before: Chord, after: Chord) -> float:
    if before == after:
        return 0.0
    step = (after.root - before.root) % 12
    cost = _MOTION[step]
    if 10 in QUALITIES[before.quality] and 4 in QUALITIES[before.quality] and step not in (5, 11, 0):
        cost += 1.2  # a dominant wants to go where it leads
    return cost
