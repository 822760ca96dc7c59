"""Sketch to song: a few bars laid out as a form: who plays where, fills, build-ups, variation and an ending.

Every section goes round in the sketch's own bars, each in its own meter, so its chords stay. What changes is who plays,
how loud, what the drums do where sections meet, and small turns in the melody when something comes back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.analysis.harmony import estimate_key
from bandmate.analysis.meter import score_bars
from bandmate.groovebook.dice import Dice
from bandmate.groovebook.form import kind_of
from bandmate.groovebook.sketch_drums import Drummer
from bandmate.groovebook.sketch_ending import close, early_ticks, reopened
from bandmate.groovebook.sketch_form import FormPart, pools_of
from bandmate.groovebook.sketch_lines import BarLines, Piece
from bandmate.score.cut import window
from bandmate.score.model import EVENT, MADE, NO_NOTES, NOTE, Marker, Score, Track, make_notes
from bandmate.score.pitch import Key
from bandmate.score.plan import PlannedSection

_ENERGY = {"intro": 2, "low": 3, "build": 3, "high": 5, "break": 2, "outro": 2}
_LOUD = {1: 0.8, 2: 0.86, 3: 0.93, 4: 1.0, 5: 1.06}
_HARMONY = ("chords", "pad", "arp", "strings")
_SUNG = ("melody", "vox")
_EXTRA = ("pad", "strings", "lead", "brass", "arp", "fx", "perc")  # what comes in when something is to grow


@dataclass(frozen=True, slots=True, eq=False)
class Arranged:
    """The song, its sections, and sentences: what was done where."""

    score: Score
    sections: tuple[PlannedSection, ...]


def arrange_sketch(score: Score, parts: Sequence[FormPart], style: str, seed: int = 0) -> Arranged:
    """Lay a sketch out as a song.

    Args:
        score: the sketch, with roles on its tracks.
        parts: the form, in order.
        style: genre id, whose fills the drums play.
        seed: of fills and turns.
    """
    score = reopened(score)
    pools, bars = pools_of(score), score_bars(score)
    rounds = [pools.get(kind_of(part.label), pools["low"]) for part in parts]
    lines = BarLines.of(bars[[first + at % count for part, (first, count) in zip(parts, rounds, strict=True)
                              for at in range(part.bars)]], score.ticks_per_quarter)  # fmt: skip
    pieces = [Piece(track, [], []) for track in score.tracks]
    roles = [track.role if len(track.notes) else "" for track in score.tracks]
    drummer = Drummer(style, lines, seed)
    start, seen, sections = 0, dict[str, int](), []
    for number, part in enumerate(parts):
        kind, nth = kind_of(part.label), seen.get(part.label, 0)
        seen[part.label] = nth + 1
        after = kind_of(parts[number + 1].label) if number + 1 < len(parts) else ""
        energy = min(5, _ENERGY[kind] + (1 if nth and kind == "low" else 0))
        plays = _who_plays(kind, nth, part.bars, roles)
        for index, piece in enumerate(pieces):
            if roles[index]:
                _lay(piece, score, bars, rounds[number], part.bars, int(lines.starts[start]), plays[index])
        span = (start, start + part.bars)
        _louder(pieces, span, lines, energy, rising=after == "high" and kind in ("build", "break", "low"))
        if nth:
            _turned(pieces, roles, span, lines, estimate_key(score).key or Key(0), Dice(seed, part.label, nth))
        drummer.meet(pieces, roles, span, kind, after, opens=number > 0)
        sections.append(PlannedSection(part.label, start, part.bars, energy))
        start += part.bars
    end = int(lines.starts[-1])
    close(pieces, roles, score, int(lines.starts[-2]), end - int(lines.starts[-2]))
    tracks = tuple(_joined(piece, end) for piece in pieces)
    song = replace(
        score, tracks=tracks, tempos=score.tempos[:1], keys=score.keys[:1], end_ticks=end,
        meters=lines.meters if len(score.meters) > 1 else score.meters,
        markers=tuple(Marker(int(lines.starts[s.start_bar]), s.label) for s in sections),
        header=None if score.header is None else replace(score.header, type=1),
    )  # fmt: skip
    return Arranged(song, tuple(sections))


def _who_plays(kind: str, nth: int, bars: int, roles: Sequence[str]) -> list[NDArray[np.bool_]]:
    """For each track in which bars of a section it plays; never nobody."""
    half = max(1, bars // 2)
    every, late, early = np.ones(bars, bool), np.arange(bars) >= half, np.arange(bars) < half
    never = np.zeros(bars, bool)
    quiet = any(role in _HARMONY for role in roles)
    table: list[NDArray[np.bool_]] = []
    for role in roles:
        sung = role in _SUNG or role == "lead"
        if not role:
            on = never
        elif kind == "intro":
            on = never if sung or role in ("brass", "fx") else every if role in _HARMONY or not quiet else late
        elif kind == "low":
            needed = role not in _EXTRA or (role in _HARMONY and "chords" not in roles)
            on = every if needed or (nth and role != "brass") else never
        elif kind == "break":
            on = late if role in ("drums", "bass", "perc") else every if role not in ("brass", "lead") else never
        elif kind == "outro":
            on = early if sung or role in _EXTRA else every
        else:
            on = every
        table.append(on)
    filled = [i for i, role in enumerate(roles) if role]
    silent = ~np.any([table[i] for i in filled], axis=0)
    if silent.any():  # a sketch of drums or of a tune alone
        table[filled[0]] = table[filled[0]] | silent
    return table


def _lay(
    piece: Piece, score: Score, bars: NDArray[Any], pool: tuple[int, int], many: int, start: int,
    plays: NDArray[np.bool_],
) -> None:  # fmt: skip
    """The sketch's bars, round and round, where the track plays."""
    first, count = pool
    lines = np.append(bars["start_ticks"], bars["start_ticks"][-1] + bars["length_ticks"][-1])
    at, early = 0, early_ticks(score)
    while at < many:
        take = min(count, many - at)
        begin, end = int(lines[first]), int(lines[first + take])
        if plays[at : at + take].any():
            alone = replace(score, tracks=(piece.track,))
            cut = window(alone, begin, end).tracks[0]
            notes = window(alone, begin - early, end - early).tracks[0].notes
            bar = np.searchsorted(lines[first : first + take] - begin, notes["onset_ticks"], side="right") - 1
            notes = notes[plays[at + bar]].copy()
            notes["onset_ticks"] = np.maximum(0, notes["onset_ticks"].astype(np.int64) + start - early)
            events = cut.events[(cut.events["status"] != 0xFF) | (not piece.events)].copy()
            events["ticks"] += start
            piece.notes.append(notes)
            piece.events.append(events)
        at, start = at + take, start + end - begin


def _louder(pieces: Sequence[Piece], span: tuple[int, int], lines: BarLines, energy: int, *, rising: bool) -> None:
    """Loudness of a section; the two bars before a chorus grow."""
    for piece in pieces:
        for notes in piece.notes:
            here = lines.inside(notes, span)
            factor = np.full(len(notes), _LOUD[energy])
            if rising:
                bar = np.interp(notes["onset_ticks"], lines.starts, np.arange(len(lines.starts)))
                into = (bar - (span[1] - 2)) / 2
                factor = factor * np.where(into > 0, 0.92 + 0.16 * np.clip(into, 0, 1), 1.0)
            loud = np.clip(np.rint(notes["velocity"] * factor), 1, 127)
            notes["velocity"] = np.where(here, loud, notes["velocity"])


def _turned(
    pieces: Sequence[Piece], roles: Sequence[str], span: tuple[int, int], lines: BarLines, key: Key, dice: Dice
) -> None:
    """When a section comes back, some long notes of the melody turn by a neighbour of the key."""
    for piece, role in zip(pieces, roles, strict=True):
        if role not in _SUNG:
            continue
        for place, notes in enumerate(piece.notes):
            bar = np.searchsorted(lines.starts, notes["onset_ticks"], side="right") - 1
            quarter = lines.bars["length_ticks"][np.minimum(bar, len(lines.bars) - 1)] / 4
            long = np.flatnonzero(lines.inside(notes, span) & (notes["duration_ticks"] >= quarter * 0.9))
            made = []
            for index in long.tolist():
                if not dice.chance(0.3):
                    continue
                note = notes[index]
                pitch, length = int(note["pitch"]), int(note["duration_ticks"])
                sides = (1, 2, -1, -2) if dice.chance(0.5) else (-1, -2, 1, 2)
                side = next(pitch + s for s in sides if (pitch + s) % 12 in key.scale)
                third = length // 4
                onset = int(note["onset_ticks"])
                for number, (turn, size) in enumerate(((side, third), (pitch, length - 2 * third))):
                    made.append((onset + third * (number + 1), size, turn, max(1, int(note["velocity"]) - 6)))
                notes["duration_ticks"][index] = third
                notes["off_order"][index] = MADE
            if made:
                new = make_notes(*(np.array(c) for c in zip(*made, strict=True)), channel=piece.track.channel)
                piece.notes[place] = np.concatenate([notes, new])


def _joined(piece: Piece, end: int) -> Track:
    """All that was laid out as one track; one note on a key at a time."""
    notes = np.concatenate([NO_NOTES, *piece.notes]).astype(NOTE)
    if not len(notes):
        setup = piece.track.events[piece.track.events["ticks"] == 0]
        return replace(piece.track, notes=notes, events=setup, end_ticks=end)
    notes["on_order"] = notes["off_order"] = MADE
    notes = notes[np.lexsort((-notes["velocity"].astype(int), notes["onset_ticks"], notes["pitch"], notes["channel"]))]
    same = (np.diff(notes["pitch"].astype(int)) == 0) & (np.diff(notes["channel"].astype(int)) == 0)
    again = np.append(False, same & (np.diff(notes["onset_ticks"]) == 0))
    notes = notes[~again]
    same = (np.diff(notes["pitch"].astype(int)) == 0) & (np.diff(notes["channel"].astype(int)) == 0)
    room = np.diff(notes["onset_ticks"])
    long = np.flatnonzero(same & (notes["duration_ticks"][:-1] > room))
    notes["duration_ticks"][long] = room[long]
    notes["duration_ticks"] = np.minimum(notes["duration_ticks"], end - notes["onset_ticks"])
    events = np.concatenate(piece.events) if piece.events else np.empty(0, EVENT)
    events["order"] = MADE
    events = events[np.argsort(events["ticks"], kind="stable")]
    return replace(
        piece.track, notes=notes[np.lexsort((notes["pitch"], notes["onset_ticks"]))], events=events, end_ticks=end
    )
