"""The style that a song gets: a genre, or what a reference has that a song in its own meter can take."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bandmate.analysis.genres import genre
from bandmate.analysis.meter import beat_quarters, score_bars
from bandmate.groovebook.backing import mean_tempo, swing_heard
from bandmate.score.brief import ROLES, TrackAsk
from bandmate.score.gm import is_bass_program
from bandmate.score.model import Score
from bandmate.workflows.given import genre_named, read_given

_SURE = 0.5  # of a genre that is heard; below it the doubt is said
_ROLES_OF_A_BAND = ("drums", "bass", "chords", "pad", "arp", "strings", "brass", "lead")


@dataclass(frozen=True, slots=True)
class Style:
    """What the new style is: a genre, and, from a reference, its tempo, swing and instruments.

    `said` tells what a song in its own meter cannot have of it, "" where it can have everything.
    """

    genre: str
    tempo: float | None = None
    swing: float | None = None
    tracks: tuple[TrackAsk, ...] = ()
    said: str = ""


def style_named(text: str, meter: tuple[int, int]) -> Style:
    """A genre for a song in a meter.

    Raises:
        BriefError: no genre is called so.
    """
    name = genre_named(text)
    usual = [each for each in genre(name)["meter"] if "/" in each]
    at_home = not usual or _spelt(meter) in usual
    said = (
        "" if at_home else f"{_spoken(name)} is at home in {' or '.join(usual)}, but the song stays in {_spelt(meter)}"
    )
    return Style(name, said=said)


def style_of(path: Path, meter: tuple[int, int]) -> Style:
    """The style of a reference for a song in a meter: the genre it sounds like, its tempo, swing and instruments.

    A beat of another length has another tempo and other off-beats, so those are left to the song and the genre.
    """
    score = read_given(path)
    (name, chance), own = _recognised(score), main_meter(score)
    doubt = "" if chance >= _SURE else f"it is only {chance:.0%} sure that this is its genre; --to says it better"
    if own == meter:
        return Style(name, mean_tempo(score), swing_heard(score), _band(score), doubt)
    same_beat = beat_quarters(*own) == beat_quarters(*meter)
    taken, left = ("genre, tempo, swing and instruments", "meter")
    if not same_beat:
        taken, left = ("genre and instruments", "meter, tempo and swing")
    said = f"{path.name} is in {_spelt(own)}, but the song stays in {_spelt(meter)}: taken are {taken}, not {left}"
    said += f"; {doubt}" if doubt else ""
    if not same_beat:
        return Style(name, tracks=_band(score), said=said)
    return Style(name, mean_tempo(score), swing_heard(score), _band(score), said)


def genre_heard(path: Path) -> tuple[str, float]:
    """The genre that a file sounds like, and how sure that is, 0..1."""
    return _recognised(read_given(path))


def _recognised(score: Score) -> tuple[str, float]:
    from bandmate.evaluation.genres import recognise

    return recognise(score)[0]


def _band(score: Score) -> tuple[TrackAsk, ...]:
    """The instruments of a band, one for each role that it has."""
    asks: dict[str, TrackAsk] = {}
    # a bass that is played by a bass speaks before other low parts
    for track in sorted(score.tracks, key=lambda t: not is_bass_program(t.program)):
        if len(track.notes) and track.role in _ROLES_OF_A_BAND and track.role in ROLES:
            ask = TrackAsk(track.role, kit=track.program) if track.is_drum else TrackAsk(track.role, track.program)
            asks.setdefault(track.role, ask)
    return tuple(asks.values())


def main_meter(score: Score) -> tuple[int, int]:
    """The meter in which most of a piece is."""
    bars = score_bars(score)
    meters, which = np.unique(np.stack([bars["numerator"], bars["denominator"]]), axis=1, return_inverse=True)
    most = int(np.argmax(np.bincount(which.ravel(), weights=bars["length_ticks"])))
    return int(meters[0, most]), int(meters[1, most])


def _spelt(meter: tuple[int, int]) -> str:
    return f"{meter[0]}/{meter[1]}"


def _spoken(name: str) -> str:
    return name.replace("_", " ")
