"""A notation bar by bar, voice by voice, as writers of text need it: chords and rests in order, gaps as gaps."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import pairwise
from operator import attrgetter, itemgetter
from typing import Any

import numpy as np

from bandmate.score.model import Score, Track
from bandmate.score.notate import notated
from bandmate.score.notation import BAR_REST, SIGNS, STEPS, Lyric, TrackNotation
from bandmate.score.spelling import spell
from bandmate.score.timeline import bar_grid

_VALUES = sorted(
    (
        (Fraction(4) / Fraction(2) ** value * (2 - Fraction(1, 2**dots)), value, dots)
        for value in range(-1, 9)
        for dots in range(3)
    ),
    reverse=True,
)


_ONSET = attrgetter("onset_ticks")


def plain_values(quarters: Fraction) -> list[tuple[Fraction, int, int]]:
    """Notes that are tied to last so long: (quarters, value, dots) of each, longest first; finer ones are left out."""
    out = []
    while quarters > 0:
        found = next((one for one in _VALUES if one[0] <= quarters), None)
        if found is None or len(out) > 300:
            break
        out.append(found)
        quarters -= found[0]
    return out


def in_order(rows: Iterable[tuple[int, str]]) -> list[tuple[int, str]]:
    """Texts with their places in the order of time, those of one place as they came."""
    return sorted(rows, key=itemgetter(0))


def texts_between(rows: list[tuple[int, str]], start: int, until: int) -> str:
    """The texts of `in_order` that stand from a place on, before another."""
    found = rows[bisect_left(rows, start, key=itemgetter(0)) : bisect_left(rows, until, key=itemgetter(0))]
    return "".join(text for _, text in found)


@dataclass(frozen=True, slots=True)
class Pitch:
    """A written note of a chord: letter, accidental in semitones, octave, whether it is tied to what follows."""

    step: str
    alter: int
    octave: int
    tied: bool


@dataclass(slots=True)
class Chord:
    """Notes that are written together, or a rest (no pitches), or a gap that is not written at all.

    Attributes:
        onset_ticks; quarters: as it sounds, 0 for a grace note; value, dots, actual, normal: as WRITTEN has them.
        signs: names of SIGNS; lyrics, slurs: of its first note; is_gap: nothing is written here.
    """

    onset_ticks: int
    quarters: Fraction
    pitches: list[Pitch] = field(default_factory=list)
    value: int = 2
    dots: int = 0
    actual: int = 1
    normal: int = 1
    grace: int = 0
    signs: set[str] = field(default_factory=set)
    lyrics: list[Lyric] = field(default_factory=list)
    slurs_opened: int = 0
    slurs_closed: int = 0
    is_gap: bool = False

    @property
    def written(self) -> Fraction:
        """Quarters as printed, in a tuplet more than it sounds."""
        return self.quarters * self.actual / self.normal

    @property
    def is_rest(self) -> bool:
        """Whether it is a rest or a gap."""
        return not self.pitches

    @property
    def fills_bar(self) -> bool:
        """Whether it is the rest of a whole bar."""
        return self.value == BAR_REST


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar: its place, its meter, and the voices in it, each filled from its start to its end."""

    start_ticks: int
    end_ticks: int
    numerator: int
    denominator: int
    voices: dict[int, list[Chord]]


@dataclass(frozen=True, slots=True)
class WrittenTrack:
    """A track with its notation and its bars; voices: all that occur, lowest first."""

    track: Track
    notation: TrackNotation
    bars: list[Bar]
    voices: tuple[int, ...]


def written_tracks(score: Score) -> tuple[Score, list[WrittenTrack]]:
    """The score with a notation (`score.notate.notated` makes what is missing) and its tracks with notes, bar by bar.

    Raises:
        ScoreError: there would be more bars than any score has.
    """
    score = notated(score)
    bars = bar_grid(score)
    out = []
    # a piece may end within its last bar, where a repeat sign sends back to a pickup
    rows = [track.notation.rows for track in score.tracks if track.notation is not None]
    ends = [int((row["onset_ticks"] + row["duration_ticks"]).max(initial=0)) for row in rows]
    last = max([score.last_ticks, *ends, int(bars["start_ticks"][-1]) + 1])
    bars["length_ticks"][-1] = min(int(bars["length_ticks"][-1]), last - int(bars["start_ticks"][-1]))
    for track in score.tracks:
        if track.notation is not None and len(track.notation.rows):
            by_voice = _chords(track, track.notation, score.ticks_per_quarter)
            voices = tuple(sorted(by_voice))
            ticks = score.ticks_per_quarter
            cut = {voice: sorted(_cut_at_bars(line, bars, ticks), key=_ONSET) for voice, line in by_voice.items()}
            made = [_bar(row, cut, score.ticks_per_quarter) for row in bars]
            out.append(WrittenTrack(track, track.notation, made, voices))
    return score, out


def _chords(track: Track, notation: TrackNotation, ticks: int) -> dict[int, list[Chord]]:
    rows = notation.rows
    last = np.full(len(track.notes), -1, np.int64)
    told = rows["note"] >= 0
    last[rows["note"][told]] = np.flatnonzero(told)
    seen: set[int] = set()
    lyrics: dict[int, list[Lyric]] = defaultdict(list)
    for lyric in notation.lyrics:
        lyrics[lyric.note].append(lyric)
    opened, closed = defaultdict(int), defaultdict(int)
    for slur in notation.slurs:
        opened[slur.first] += 1
        closed[slur.last] += 1
    by_voice: dict[int, list[Chord]] = defaultdict(list)
    # where a drum stands on a staff is no pitch: its key is spelt as one
    drums = _spelt(track) if track.is_drum else []
    for place, row in enumerate(rows):
        line = by_voice[int(row["voice"])]
        note = int(row["note"])
        chord = line[-1] if line and note >= 0 and _together(line[-1], row, rows, place) else None
        if chord is None:
            chord = Chord(
                int(row["onset_ticks"]), Fraction(int(row["duration_ticks"]), ticks), value=int(row["value"]),
                dots=int(row["dots"]), actual=int(row["actual"]), normal=int(row["normal"]), grace=int(row["grace"]),
            )  # fmt: skip
            line.append(chord)
        chord.signs |= {name for bit, name in enumerate(SIGNS) if int(row["signs"]) >> bit & 1}
        if note < 0:
            continue
        tied = bool(place != last[note])
        chord.pitches.append(Pitch(*(drums[note] if drums else _name(row)), tied))
        if note not in seen:
            seen.add(note)
            chord.lyrics += lyrics[note]
            chord.slurs_opened += opened[note]
        if not tied:
            chord.slurs_closed += closed[note]
    return by_voice


def _name(row: Any) -> tuple[str, int, int]:
    return STEPS[int(row["step"])], int(row["alter"]), int(row["octave"])


def _spelt(track: Track) -> list[tuple[str, int, int]]:
    pitch = track.notes["pitch"].astype(np.int64)
    columns = spell(pitch, np.zeros_like(pitch))
    return [(STEPS[int(step)], int(alter), int(octave)) for step, alter, octave in zip(*columns, strict=True)]


def _together(chord: Chord, row: Any, rows: Any, place: int) -> bool:
    same = chord.onset_ticks == int(row["onset_ticks"]) and chord.grace == int(row["grace"]) and chord.pitches
    if not same or chord.grace:  # grace notes follow each other
        return False
    return chord.quarters > 0 and int(rows["duration_ticks"][place]) > 0 and chord.value == int(row["value"])


def _cut_at_bars(line: list[Chord], bars: Any, ticks: int) -> Iterator[Chord]:
    """Chords that reach over a bar line, as in bars that are longer than their meter, as tied pieces."""
    starts = bars["start_ticks"]
    for chord in line:
        end = chord.onset_ticks + round(chord.quarters * ticks)
        inner = starts[(starts > chord.onset_ticks) & (starts < end)].tolist()
        if not inner or (chord.actual, chord.normal) != (1, 1):
            yield chord
            continue
        edges = [chord.onset_ticks, *inner, end]
        pieces = [
            (at, *piece)
            for low, high in pairwise(edges)
            for at, piece in _placed(low, plain_values(Fraction(high - low, ticks)), ticks)
        ]
        for number, (at, quarters, value, dots) in enumerate(pieces):
            is_first, is_last = number == 0, number + 1 == len(pieces)
            pitches = [replace(pitch, tied=pitch.tied or not is_last) for pitch in chord.pitches]
            if is_first:
                yield replace(
                    chord, quarters=quarters, value=value, dots=dots, pitches=pitches,
                    slurs_closed=chord.slurs_closed if is_last else 0,
                )  # fmt: skip
            else:
                closed = chord.slurs_closed if is_last else 0
                yield Chord(at, quarters, pitches, value, dots, slurs_closed=closed, is_gap=chord.is_gap)


def _placed(start: int, pieces: list[tuple[Fraction, int, int]], ticks: int) -> Iterator[tuple[int, Any]]:
    at = Fraction(start)
    for piece in pieces:
        yield round(at), piece
        at += piece[0] * ticks


def _bar(row: Any, by_voice: dict[int, list[Chord]], ticks: int) -> Bar:
    start = int(row["start_ticks"])
    end = start + int(row["length_ticks"])
    voices = {}
    for voice, line in by_voice.items():
        inside = line[bisect_left(line, start, key=_ONSET) : bisect_left(line, end, key=_ONSET)]
        if inside:
            voices[voice] = list(_filled(_without_covered(inside, ticks), start, end, ticks))
    return Bar(start, end, int(row["numerator"]), int(row["denominator"]), voices)


def _without_covered(chords: list[Chord], ticks: int) -> list[Chord]:
    """No rests where notes of the same voice sound, as some programs write them beneath each other."""
    heard = [(chord.onset_ticks, _end(chord, ticks)) for chord in chords if chord.pitches and not chord.grace]
    return [
        chord for chord in chords
        if chord.pitches or not any(on < _end(chord, ticks) and chord.onset_ticks < off for on, off in heard)
    ]  # fmt: skip


def _end(chord: Chord, ticks: int) -> int:
    return chord.onset_ticks + round(chord.quarters * ticks)


def _filled(chords: list[Chord], start: int, end: int, ticks: int) -> Iterator[Chord]:
    at = start
    for chord in chords:
        if chord.onset_ticks > at:
            yield Chord(at, Fraction(chord.onset_ticks - at, ticks), is_gap=True)
        if chord.onset_ticks < at and not chord.grace:
            continue  # over another chord of its voice: there is no way to write it
        yield chord
        at = max(at, chord.onset_ticks + round(chord.quarters * ticks))
    if at < end:
        yield Chord(at, Fraction(end - at, ticks), is_gap=True)


def tuplet_runs(chords: list[Chord]) -> Iterator[tuple[tuple[int, int], list[Chord]]]:
    """Chords in order, those of one ratio (actual, normal) together; a tuplet's end or begin cuts."""
    run: list[Chord] = []
    for chord in chords:
        ratio = (chord.actual, chord.normal)
        if run and (ratio != (run[-1].actual, run[-1].normal) or (ratio != (1, 1) and _cut(run, chord))):
            yield (run[-1].actual, run[-1].normal), run
            run = []
        run.append(chord)
    if run:
        yield (run[-1].actual, run[-1].normal), run


def _cut(run: list[Chord], chord: Chord) -> bool:
    if "tuplet-stop" in run[-1].signs or "tuplet-start" in chord.signs:
        return True
    # unmarked tuplets end where their notes fill what a plain note fills
    total = sum((one.quarters for one in run), Fraction(0))
    return not any({"tuplet-start", "tuplet-stop"} & one.signs for one in run) and total.denominator == 1
