"""Company: as which genre a piece is accompanied where nobody says it, and how sure that is.

Drums tell a genre, and so does a band that sounds like one clearly enough. A song with piano, a quartet or a guitar
alone tells none, or a wrong one: it is accompanied acoustically, and no louder than it is itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from bandmate.score.model import Score, Track
from bandmate.score.timeline import bar_grid

_SURE = 0.5  # from here on a genre is taken, and below it of drums alone the next two are named, too
_BY_METER = {(3, 4): "waltz"}  # what acoustic music is accompanied as; else:
_FOLK = "folk"  # upright bass, steel or nylon strings, brushes
_LIKE = {"folk": "folk", "waltz": "a waltz"}
_QUIET = (_FOLK, *_BY_METER.values(), "chorale", "string_quartet")
_CURE = "--genre says it better"
_USUAL_VELOCITY = 80.0
_SOFTEST, _LOUDEST = 0.6, 1.0
_PIANO = frozenset({0, 1, 3})
# Pianos, mallets, church organ, accordion, guitars, strings, voices, brass and winds.
_UNPLUGGED = frozenset(
    {*_PIANO, 6, *range(8, 16), 19, 20, 21, 22, 23, 24, 25, 32, *range(40, 50), 52, 53, 56, 57, 58, 59, 60, 61,
     *range(64, 80), *range(104, 112)}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Company:
    """How a piece is accompanied.

    Attributes:
        genre: of what is added, "" = nobody knows it, and the piece says more; players: whose instruments play it.
        said: what is said of a guess, "" where there is none.
        velocity: factor on that of what is added; moods: it has, where nobody asks for others.
    """

    genre: str
    said: str = ""
    velocity: float = 1.0
    players: str = ""
    moods: tuple[str, ...] = ()


def company_of(score: Score, stated: str) -> Company:
    """As which genre a piece is accompanied.

    Args:
        score: the piece.
        stated: its genre where somebody said it, "" if nobody did.
    """
    if stated:
        return Company(stated)
    from bandmate.evaluation.genres import recognise

    sounding = [track for track in score.tracks if len(track.notes)]
    ranked = recognise(score)
    name, chance = ranked[0]
    if all(track.is_drum for track in sounding):
        doubt = "" if chance >= _SURE else f", or {' or '.join(_spoken(other) for other, _ in ranked[1:3])}"
        return Company(name, f"; {_spoken(name)} is guessed from the drums ({chance:.0%} sure{doubt}; {_CURE})")
    if chance >= _SURE:
        return Company(name, f"; it sounds like {_spoken(name)} ({chance:.0%} sure; {_CURE})", _touch(sounding, name))
    likely = " or ".join(f"{_spoken(other)} {share:.0%}" for other, share in ranked[:2])
    if _is_acoustic(sounding):
        bars = bar_grid(score)
        genre = _BY_METER.get((int(bars["numerator"][0]), int(bars["denominator"][0])), _FOLK)
        plain = f"; no genre is clear ({likely}) and nothing in it is electric, so this is acoustic and light"
        said = f"{plain}, as in {_LIKE[genre]} ({_CURE})"
        return Company(genre, said, _touch(sounding, genre), players=_FOLK, moods=("calm",))
    return Company("", f"; no genre is clear ({likely}), so the instruments are those of pop ({_CURE})")


def alone(score: Score, tracks: Sequence[int]) -> Score:
    """The piece, as long as it is, in which only some tracks sound."""
    silent = (replace(track, notes=track.notes[:0]) for track in score.tracks)
    kept = tuple(
        track if i in tracks else rest for i, (track, rest) in enumerate(zip(score.tracks, silent, strict=True))
    )
    return replace(score, tracks=kept, end_ticks=score.last_ticks)


def _is_acoustic(tracks: list[Track]) -> bool:
    """Whether nothing in a piece is drums or electric; a piano that no file states may be anything."""
    if any(track.is_drum or track.program not in _UNPLUGGED for track in tracks):
        return False
    return any(track.program not in _PIANO or _states_program(track) for track in tracks)


def _states_program(track: Track) -> bool:
    return bool((track.events["status"] == 0xC0).any())


def _touch(tracks: list[Track], genre: str) -> float:
    """How loud acoustic company is: as the piece, where that is soft."""
    if genre not in _QUIET:
        return 1.0
    level = float(np.mean(np.concatenate([track.notes["velocity"] for track in tracks])))
    return float(np.clip(level / _USUAL_VELOCITY, _SOFTEST, _LOUDEST))


def _spoken(genre: str) -> str:
    return genre.replace("_", " ")
