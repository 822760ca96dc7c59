"""How music that was played would be written: values, ties over bar lines, voices, staves, spelling by the key.

    notes ──grid of 24ths──> chords ──voices──> stretches ──bars, beats──> rows of WRITTEN

What sounds stays as it is: the written rows lie on the grid, the notes where they were played.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import gcd
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bandmate.score.gm import family
from bandmate.score.model import Score, Track
from bandmate.score.notation import (
    BAR_REST,
    REST,
    SIGN_BITS,
    WRITTEN,
    Clef,
    Lyric,
    ScoreNotation,
    TempoWord,
    TrackNotation,
)
from bandmate.score.spelling import concert_key, spell
from bandmate.score.timeline import bar_grid
from bandmate.score.warp import MOST_TICKS_PER_QUARTER, resample

PARTS = 24  # of a quarter: the grid, which holds 32nds (3) and triplets of eighths (8) and sixteenths (4)
_MOST_VOICES = 4  # on a staff
_MIDDLE_C = 60
_FILLS = 0.6  # a note that lasts so much of the way to the next is written up to it
_VALUES = {
    96: (0, 0), 72: (1, 1), 48: (1, 0), 36: (2, 1), 24: (2, 0), 18: (3, 1), 12: (3, 0), 9: (4, 1), 6: (4, 0), 3: (5, 0),
}  # fmt: skip
_TRIPLETS = {16: (2, 0), 12: (3, 1), 8: (3, 0), 4: (4, 0)}
_LYRIC = 0x05
# Where drums stand: step, octave, and whether the head is a cross; others stand in the middle.
_DRUM_PLACES = {
    35: (2, 4, 0), 36: (3, 4, 0), 37: (0, 5, 1), 38: (0, 5, 0), 39: (0, 5, 0), 40: (0, 5, 0), 41: (4, 4, 0),
    42: (4, 5, 1), 43: (5, 4, 0), 44: (1, 4, 1), 45: (6, 4, 0), 46: (4, 5, 1), 47: (1, 5, 0), 48: (2, 5, 0),
    49: (5, 5, 1), 50: (2, 5, 0), 51: (3, 5, 1), 52: (0, 6, 1), 53: (3, 5, 1), 55: (6, 5, 1), 57: (6, 5, 1),
    59: (3, 5, 1),
}  # fmt: skip


class _Chord(NamedTuple):
    """Notes that begin and end together on the grid."""

    start: int
    end: int
    notes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Bar:
    start: int
    end: int
    beat: int


def notated(score: Score) -> Score:
    """The score with a notation for every track that has notes and none yet, at a resolution that holds triplets.

    Raises:
        ScoreError: there would be more bars than any score has.
    """
    grid = score.ticks_per_quarter
    missing = any(track.notation is None and len(track.notes) for track in score.tracks)
    if missing and grid % PARTS:
        finer = grid * PARTS // gcd(grid, PARTS)
        score = resample(score, finer if finer <= MOST_TICKS_PER_QUARTER else 960)
    bars = _bars(score)
    tracks = tuple(
        replace(track, notation=_written(score, track, bars)) if track.notation is None and len(track.notes) else track
        for track in score.tracks
    )
    start = TempoWord(0, per_minute=round(score.bpm, 2))
    made = ScoreNotation(score.ticks_per_quarter, score.meters, tempo_words=(start,))
    return replace(score, tracks=tracks, notation=score.notation or made)


def _bars(score: Score) -> list[_Bar]:
    found, unit = [], score.ticks_per_quarter / PARTS
    for bar in bar_grid(score):
        compound = bar["denominator"] >= 8 and bar["numerator"] % 3 == 0 and bar["numerator"] > 3
        beat = 4 * PARTS // int(bar["denominator"]) * (3 if compound else 1)
        start = round(int(bar["start_ticks"]) / unit)
        found.append(_Bar(start, round(int(bar["start_ticks"] + bar["length_ticks"]) / unit), max(beat, 12)))
    return found


def _written(score: Score, track: Track, bars: list[_Bar]) -> TrackNotation:
    unit = score.ticks_per_quarter // PARTS
    starts, ends, is_triplet = _on_grid(track.notes, score.ticks_per_quarter, bars[-1].end)
    chords: dict[int, list[_Chord]] = defaultdict(list)
    split = _has_two_staves(track)
    together: dict[tuple[int, int, int], list[int]] = defaultdict(list)
    for number in range(len(track.notes)):
        staff = 2 if split and track.notes["pitch"][number] < _MIDDLE_C else 1
        together[staff, int(starts[number]), int(ends[number])].append(number)
    for (staff, start, end), members in sorted(together.items()):
        chords[staff].append(_Chord(start, end, tuple(members)))
    if split:
        chords |= {staff: chords.get(staff, []) for staff in (1, 2)}
    rows: list[tuple[int, ...]] = []
    for staff, of_staff in sorted(chords.items()):
        for voice, line in enumerate(_voices(of_staff, track.is_drum)):
            rows += _line(line, bars, is_triplet, voice + 1 + _MOST_VOICES * (staff - 1), staff, fill=voice == 0)
    table = np.array(rows, WRITTEN)
    table["onset_ticks"] *= unit
    table["duration_ticks"] *= unit
    _spelled(table, track, score)
    clefs = [Clef(0, staff, *_clef(track, split, staff)) for staff in range(1, 3 if split else 2)]
    order = np.argsort(table["onset_ticks"], kind="stable")
    return TrackNotation(track.notes, table[order], 2 if split else 1, clefs=tuple(clefs), lyrics=_lyrics(track))


def _on_grid(
    notes: NDArray[Any], ticks_per_quarter: int, last: int
) -> tuple[NDArray[Any], NDArray[Any], frozenset[int]]:
    """Beginnings and ends on the grid, and which quarters count in triplets: where onsets lie nearer to them.

    A note that begins in the last moment of the last bar stays in it.
    """
    at = notes["onset_ticks"] * PARTS / ticks_per_quarter
    ends = (notes["onset_ticks"] + notes["duration_ticks"]) * PARTS / ticks_per_quarter
    straight, triple = np.rint(at / 3) * 3, np.rint(at / 4) * 4
    errors: dict[int, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for quarter, one, two in zip(
        (at // PARTS).astype(int).tolist(), np.abs(straight - at), np.abs(triple - at), strict=True
    ):
        errors[quarter][0] += one
        errors[quarter][1] += two
    triplets = frozenset(quarter for quarter, (one, two) in errors.items() if two + 0.5 < one)
    marked = np.array([quarter in triplets for quarter in (at // PARTS).astype(int).tolist()], bool)
    starts = np.minimum(np.where(marked, triple, straight), np.where(marked, last - 4, last - 3)).astype(np.int64)
    starts = np.maximum(starts, 0)
    ended = np.array([quarter in triplets for quarter in ((ends - 1e-6) // PARTS).astype(int).tolist()], bool)
    ends = np.where(ended, np.rint(ends / 4) * 4, np.rint(ends / 3) * 3).astype(np.int64)
    shortest = np.where(np.isin(starts // PARTS, list(triplets)), 4, 3)
    ends = np.minimum(np.maximum(ends, starts + shortest), last)
    return starts, _up_to_the_next(starts, ends), triplets


def _up_to_the_next(starts: NDArray[Any], ends: NDArray[Any]) -> NDArray[Any]:
    """Notes that are played a little short are written as long as the way to the next."""
    later = np.unique(starts)
    place = np.searchsorted(later, starts, side="right")
    following = np.where(place < len(later), later[np.minimum(place, len(later) - 1)], ends)
    way = following - starts
    short = (ends < following) & (ends - starts >= _FILLS * way) & (way <= 2 * PARTS)
    return np.where(short, following, ends)


def _voices(chords: list[_Chord], is_drum: bool) -> list[list[_Chord]]:
    """Chords on lines that do not overlap; past the last line a chord is cut where the next begins."""
    if is_drum:  # strokes have no length worth a voice
        joined: dict[int, list[_Chord]] = defaultdict(list)
        for chord in chords:
            joined[chord.start].append(chord)
        chords = [
            _Chord(start, min(chord.end for chord in group), tuple(n for chord in group for n in chord.notes))
            for start, group in sorted(joined.items())
        ]
    lines: list[list[_Chord]] = []
    for chord in sorted(chords, key=lambda one: (one.start, -one.end)):
        free = next((line for line in lines if line[-1].end <= chord.start), None)
        if free is not None:
            free.append(chord)
        elif len(lines) < (1 if is_drum else _MOST_VOICES):
            lines.append([chord])
        else:
            line = next((line for line in lines if line[-1].start < chord.start), lines[-1])
            last = line[-1]
            if last.start < chord.start:
                line[-1] = _Chord(last.start, chord.start, last.notes)
                line.append(chord)
            else:
                line[-1] = _Chord(last.start, min(last.end, chord.end), last.notes + chord.notes)
    return lines or [[]]


def _line(
    line: list[_Chord], bars: list[_Bar], triplets: frozenset[int], voice: int, staff: int, *, fill: bool
) -> list[tuple[int, ...]]:
    """The rows of a voice; rests fill the bars in which it sounds, or all bars."""
    rows: list[tuple[int, ...]] = []
    place = 0
    for bar in bars:
        while place < len(line) and line[place].end <= bar.start:
            place += 1
        inside, at = [], bar.start
        for chord in line[place:]:
            if chord.start >= bar.end:
                break
            start, end = max(chord.start, bar.start), min(chord.end, bar.end)
            if start > at:
                inside.append((at, start, ()))
            inside.append((start, end, chord.notes))
            at = end
        if not inside:
            if fill:
                rows.append(_row(REST, bar.start, bar.end, voice, staff, BAR_REST, 0, 1, 0))
            continue
        if at < bar.end:
            inside.append((at, bar.end, ()))
        pieces = [
            (a, b, notes) for start, end, notes in inside for a, b in _pieces(start, end, bar, triplets)
        ]  # fmt: skip
        rows += _bar_rows(pieces, bar, voice, staff)
    return rows


def _pieces(start: int, end: int, bar: _Bar, triplets: frozenset[int]) -> Iterator[tuple[int, int]]:
    """A stretch within a bar, cut into values that notes have, at beats where it is not plain."""
    while start < end:
        stop = _reach(start, end, bar, triplets)
        yield start, stop
        start = stop


def _reach(start: int, end: int, bar: _Bar, triplets: frozenset[int]) -> int:
    quarter = start // PARTS
    if quarter in triplets:
        stop = min(end, (quarter + 1) * PARTS)
        if stop - start == PARTS:
            return stop
        return start + next((length for length in _TRIPLETS if length <= stop - start), stop - start)
    for other in range(quarter + 1, -(-end // PARTS)):
        if other in triplets:
            end = other * PARTS
            break
    here, length = start - bar.start, end - start
    on_beat = here % bar.beat == 0
    if length in _VALUES and (on_beat or here // bar.beat == (here + length - 1) // bar.beat
                              or (here % (bar.beat // 2) == 0 and length <= 2 * bar.beat)):  # fmt: skip
        return end
    to_beat = bar.beat - here % bar.beat
    most = length if on_beat else min(length, to_beat)
    return start + next((value for value in _VALUES if value <= most), most)


def _bar_rows(
    pieces: list[tuple[int, int, tuple[int, ...]]], bar: _Bar, voice: int, staff: int
) -> list[tuple[int, ...]]:
    rows = []
    if len(pieces) == 1 and not pieces[0][2]:
        return [_row(REST, bar.start, bar.end, voice, staff, BAR_REST, 0, 1, 0)]
    group = -1  # the quarter whose triplet is open
    for place, (start, end, notes) in enumerate(pieces):
        length = end - start
        is_triplet = (length in _TRIPLETS) and (length not in _VALUES or start % 3 != 0 or _in_triplet(pieces, place))
        signs = 0
        if is_triplet:
            quarter = start // PARTS
            if quarter != group:
                signs, group = SIGN_BITS["tuplet-start"], quarter
            if end % PARTS == 0:
                signs, group = signs | SIGN_BITS["tuplet-stop"], -1
        value, dots = (_TRIPLETS if is_triplet else _VALUES).get(length, (5, 0))
        for number, note in enumerate(notes or (REST,)):
            rows.append(
                _row(note, start, end, voice, staff, value, dots, 3 if is_triplet else 1, 0 if number else signs)
            )
    return rows


def _in_triplet(pieces: list[tuple[int, int, tuple[int, ...]]], place: int) -> bool:
    """Whether a piece shares its quarter with one that only a triplet holds."""
    quarter = pieces[place][0] // PARTS
    return any(start // PARTS == quarter and (start % 3 or (end - start) not in _VALUES)
               for start, end, _ in pieces[max(0, place - 6) : place + 7])  # fmt: skip


def _row(
    note: int, start: int, end: int, voice: int, staff: int, value: int, dots: int, actual: int, signs: int
) -> tuple[int, ...]:
    normal = 2 if actual == 3 else 1
    return (note, start, end - start, 0, 0, 0, voice, staff, value, dots, actual, normal, 0, 0, signs)


def _spelled(rows: NDArray[Any], track: Track, score: Score) -> None:
    sounding = rows["note"] >= 0
    notes = track.notes[rows["note"][sounding]]
    if track.is_drum:
        places = [_DRUM_PLACES.get(int(pitch), (0, 5, 0)) for pitch in notes["pitch"]]
        rows["step"][sounding] = [place[0] for place in places]
        rows["octave"][sounding] = [place[1] for place in places]
        rows["signs"][sounding] |= np.array([place[2] * SIGN_BITS["cross-head"] for place in places], np.uint32)
        return
    keys = concert_key(score.keys, notes["onset_ticks"])
    rows["step"][sounding], rows["alter"][sounding], rows["octave"][sounding] = spell(notes["pitch"], keys)


def _has_two_staves(track: Track) -> bool:
    pitch = track.notes["pitch"]
    keyboard = not track.is_drum and family(track.program) in ("piano", "organ", "chromatic percussion")
    return keyboard and bool(len(pitch)) and int(pitch.min()) < _MIDDLE_C - 5 and int(pitch.max()) > _MIDDLE_C + 5


def _clef(track: Track, split: bool, staff: int) -> tuple[str, int]:
    if track.is_drum:
        return "percussion", 3
    low = staff == 2 if split else float(np.median(track.notes["pitch"])) < _MIDDLE_C - 3
    return ("F", 4) if low else ("G", 2)


def _lyrics(track: Track) -> tuple[Lyric, ...]:
    """Words of a MIDI file's lyric events, each under the note that begins there."""
    out, follows = [], False
    events = track.events[(track.events["status"] == 0xFF) & (track.events["data1"] == _LYRIC)]
    for event in events:
        place = int(np.searchsorted(track.notes["onset_ticks"], event["ticks"]))
        text = track.blobs[event["blob"]].decode("utf-8", errors="replace")
        word = text.strip(" \r\n/\\")
        if place < len(track.notes) and track.notes["onset_ticks"][place] == event["ticks"] and word.strip("-"):
            joined = word.endswith("-")
            out.append(Lyric(place, 1, word.rstrip("-"), joined, follows))
            follows = joined
    return tuple(out)
