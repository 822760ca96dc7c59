"""Voicing: which notes of a chord sound, and the smallest way from one chord to the next."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import pairwise

from bandmate.score.pitch import QUALITIES, Chord

LOW_THIRD = 48  # no thirds below C3
LOW_SECOND = 53  # no seconds below F3


def tones_of(chord: Chord, kind: str, count: int, rootless: bool, scale: frozenset[int]) -> tuple[int, ...]:
    """Pitch classes of a voicing, the most needed first.

    Args:
        chord: the harmony.
        kind: the genre's voicing type: "triad", "7th", "9th", "add9", "power", "sus".
        count: most voices wanted.
        rootless: a bass has the root, so that it may be left out where colours need the voice.
        scale: pitch classes that added tones may come from.
    """
    steps = QUALITIES[chord.quality]
    root = chord.root
    if kind == "power" or chord.quality == "5":
        return (root, (root + (7 if 7 in steps else steps[2] if len(steps) > 2 else 7)) % 12)
    third = steps[1]
    fifth = next((s for s in (7, 6, 8) if s in steps), 7)
    seventh = next((s for s in (10, 11, 9) if s in steps[2:] and s != fifth), None)
    ninth = 2 if 2 in steps or (kind in ("9th", "add9") and (root + 2) % 12 in scale and third in (3, 4)) else None
    if kind == "9th" and seventh is not None and ninth is not None and rootless:
        order = [third, seventh, ninth, fifth, 0]
    elif seventh is not None and (kind != "triad" or count >= 4 or chord.quality == "7"):
        order = [third, seventh, *((fifth, ninth) if ninth else (0, fifth)), 0]
        if not rootless:
            order = [third, seventh, 0, fifth]
    else:
        order = [third, 0, fifth] + ([ninth] if ninth and count >= 4 else [])
    picked = list(dict.fromkeys(step for step in order if step is not None))[: max(1, count)]
    return tuple((root + step) % 12 for step in picked)


def _clear(voices: Sequence[int]) -> bool:
    """Whether low intervals are wide enough to be heard apart."""
    return all(
        not (low < LOW_SECOND and high - low <= 2) and not (low < LOW_THIRD and high - low <= 4)
        for low, high in pairwise(voices)
    )


@cache
def _rub(voices: tuple[int, ...]) -> float:
    """How much a voicing grates: semitones inside it, most of all at its bottom."""
    gaps = [high - low for low, high in pairwise(voices)]
    return 5.5 * gaps.count(1) + (3.0 if gaps and gaps[0] == 1 else 1.0 if gaps and gaps[0] == 2 else 0.0)


@cache
def candidates(tones: tuple[int, ...], low: int, high: int, count: int, drop: bool) -> tuple[tuple[int, ...], ...]:
    """Every close voicing of the tones in a range (and its drop-2), doubled or thinned to `count` voices."""
    found: set[tuple[int, ...]] = set()
    size = len(tones)
    for bottom in range(low, high + 1):
        if bottom % 12 not in tones:
            continue
        ladder = [p for p in range(bottom, min(high, bottom + 24) + 1) if p % 12 in tones]
        voices = tuple(ladder[:count]) if len(ladder) >= count else tuple(ladder)
        if not voices or len({p % 12 for p in voices}) < min(size, count):
            continue
        found.add(voices)
        if drop and len(voices) >= 4 and voices[-2] - 12 >= low:
            found.add(tuple(sorted((*voices[:-2], voices[-2] - 12, voices[-1]))))
    clear = [voices for voices in found if _clear(voices)]
    if clear or found:
        return tuple(sorted(clear or found))
    spare = [p for p in range(low, high + 1) if p % 12 in tones][:count]  # a range too narrow for the chord
    return (tuple(spare),) if spare else ()


def lead(
    before: tuple[int, ...] | None, options: Sequence[tuple[int, ...]], centre: float, parallel: bool = False
) -> tuple[int, ...]:
    """The option nearest to the voicing before: little movement, a top voice that steps or stays.

    Args:
        before: pitches sounding before, low to high, or None.
        options: voicings to choose from.
        centre: where the middle of the chord should lie.
        parallel: keep the shape; only the height decides.
    """
    if not options:
        return ()
    if before is None or parallel:
        return min(options, key=lambda v: (abs(sum(v) / len(v) - centre) + _rub(v), v))

    def cost(voices: tuple[int, ...]) -> float:
        if len(voices) == len(before):
            moved = sum(abs(a - b) for a, b in zip(before, voices, strict=True)) / len(voices)
        else:
            moved = sum(min(abs(a - b) for b in before) for a in voices) / len(voices) + 1.0
        top = abs(voices[-1] - before[-1])
        moved += _rub(voices)
        return moved + (0.5 * (top - 2) if top > 2 else 0) + 0.12 * abs(sum(voices) / len(voices) - centre)

    return min(options, key=lambda v: (cost(v), v))
