"""Sketch to song: a few bars laid out as a form: who plays where, fills, build-ups, variation and an ending.

Every section goes round in the sketch's own bars, each in its own meter, so its chords stay. What changes is who plays,
how loud, what the drums do where sections meet, and small turns in the melody when something comes back.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.analysis.harmony import estimate_key
from bandmate.analysis.meter import place as placed
from bandmate.analysis.meter import score_bars
from bandmate.analysis.sections import find_sections
from bandmate.errors import BriefError
from bandmate.groovebook.dice import Dice
from bandmate.groovebook.form import kind_of
from bandmate.groovebook.sketch_drums import CRASH, KICK, Drummer
from bandmate.groovebook.sketch_lines import BarLines, Piece
from bandmate.limits import BARS
from bandmate.score.cut import window
from bandmate.score.model import EVENT, MADE, NO_NOTES, NOTE, Marker, Score, Track, make_notes
from bandmate.score.pitch import Key
from bandmate.score.plan import PlannedSection

_LABELS = ("intro", "verse", "prechorus", "chorus", "drop", "build", "bridge", "break", "breakdown", "solo", "outro",
           "hook", "theme", "coda", "interlude", "head", "a", "b", "c", "d")  # fmt: skip
_BY_LETTER = _LABELS.index("a")  # from here on sections are letters, which say nothing of their kind
_BAND = 0.75  # of those who play a chorus must play a verse, too: an intro of one track is none
_ALIASES = {"pre-chorus": "prechorus", "refrain": "chorus", "middle": "bridge", "middle8": "bridge", "ending": "outro"}
_ENERGY = {"intro": 2, "low": 3, "build": 3, "high": 5, "break": 2, "outro": 2}
_LOUD = {1: 0.8, 2: 0.86, 3: 0.93, 4: 1.0, 5: 1.06}
_HARMONY = ("chords", "pad", "arp", "strings")
_SUNG = ("melody", "vox")
_EXTRA = ("pad", "strings", "lead", "brass", "arp", "fx", "perc")  # what comes in when something is to grow


@dataclass(frozen=True, slots=True)
class FormPart:
    """One section that is asked for: its label and how many bars."""

    label: str
    bars: int


def parse_form(text: str) -> tuple[FormPart, ...]:
    """Read `intro 4, verse 8, chorus 8`.

    Raises:
        BriefError: a section is not understood, or there are too many bars; the message names it.
    """
    parts = []
    for word in filter(None, (piece.strip() for piece in re.split(r"[,;|]", text))):
        match = re.fullmatch(r"([A-Za-z][A-Za-z -]*?)\s*(?:\d(?=\s+\d))?\s*(\d{1,4})(?:\s*bars?)?", word)
        label = _ALIASES.get(match[1].lower().replace(" ", ""), match[1].lower().replace(" ", "")) if match else ""
        if not match or label not in _LABELS:
            raise BriefError(
                f"section '{word}' of the form is not understood; write it like 'verse 8', "
                f"with one of {', '.join(_LABELS[:11])}"
            )
        parts.append(FormPart(label, int(BARS.check(int(match[2])))))
    if not parts:
        raise BriefError('the form is empty; write it like "intro 4, verse 8, chorus 8, outro 4"')
    BARS.check(sum(part.bars for part in parts))
    return tuple(parts)


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
    pools, bars = _pools(score), score_bars(score)
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
    _end(pieces, roles, score, int(lines.starts[-2]), end - int(lines.starts[-2]))
    tracks = tuple(_joined(piece, end) for piece in pieces)
    song = replace(
        score, tracks=tracks, tempos=score.tempos[:1], keys=score.keys[:1], end_ticks=end,
        meters=lines.meters if len(score.meters) > 1 else score.meters,
        markers=tuple(Marker(int(lines.starts[s.start_bar]), s.label) for s in sections),
        header=None if score.header is None else replace(score.header, type=1),
    )  # fmt: skip
    return Arranged(song, tuple(sections))


def _pools(score: Score) -> dict[str, tuple[int, int]]:
    """For each kind of section which bars of the sketch it goes round in: (first, how many).

    A sketch whose markers name its sections lends a verse to verses and a chorus to choruses. One that has sections
    without names lends its fullest to choruses and another one, in which most of the band plays, to the rest.
    """
    bars = score_bars(score)
    return _heard_pools(score, bars) | _named_pools(score, bars)


def _named_pools(score: Score, bars: NDArray[Any]) -> dict[str, tuple[int, int]]:
    """The longest section of each kind among those that markers name; ways in and out are made of verses."""
    edges = [*placed(np.array([m.ticks for m in score.markers], np.int64), bars).bar.tolist(), len(bars)]
    filled = placed(np.concatenate([track.notes["onset_ticks"] for track in score.tracks]), bars).bar
    pools: dict[str, tuple[int, int]] = {}
    for marker, (first, after) in zip(score.markers, pairwise(edges), strict=True):
        label = re.sub(r"[^a-z]", "", marker.text.lower())
        kind, many = kind_of(label), int(after - first) if ((filled >= first) & (filled < after)).any() else 0
        if label in _LABELS[:_BY_LETTER] and kind in ("low", "high", "break") and many > pools.get(kind, (0, 1))[1]:
            pools[kind] = (int(first), many)
    return pools


def _heard_pools(score: Score, bars: NDArray[Any]) -> dict[str, tuple[int, int]]:
    onsets = np.concatenate([track.notes["onset_ticks"] for track in score.tracks])
    filled = np.unique(placed(onsets, bars).bar)
    first, count = int(filled[0]), int(filled[-1] - filled[0]) + 1  # empty bars at its ends are no music
    found = [s for s in find_sections(score) if s.bars >= 4] if count >= 16 else []
    if len({s.label[0] for s in found}) < 2:
        return {"low": (first, count)}
    full = max(found, key=lambda s: (s.energy, s.start_bar))
    others = [s for s in found if s.label[0] != full.label[0]]
    calm = next((s for s in others if s.roles_playing >= _BAND * full.roles_playing), full)
    pools = {"high": (full.start_bar, full.bars), "low": (calm.start_bar, calm.bars)}
    third = [s for s in others if s.label[0] != calm.label[0]]
    return pools | ({"break": (third[0].start_bar, third[0].bars)} if third else {})


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
    at, early = 0, _early(score)
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


def _early(score: Score) -> int:
    """Ticks: a note so little before a bar line belongs behind it."""
    return score.ticks_per_quarter // 8


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


def _end(pieces: Sequence[Piece], roles: Sequence[str], score: Score, start: int, bar_ticks: int) -> None:
    """The last bar: everybody on the tonic, held; the drums strike once."""
    key = estimate_key(score).key or Key(0)
    third = 3 if key.is_minor else 4
    tones = {(key.tonic + step) % 12 for step in (0, third, 7)}
    for piece, role in zip(pieces, roles, strict=True):
        last = None
        for place, notes in enumerate(piece.notes):
            before = notes[notes["onset_ticks"] < start - _early(score)].copy()
            over = before["onset_ticks"] + before["duration_ticks"] > start
            before["duration_ticks"][over] = start - before["onset_ticks"][over]
            before["off_order"][over] = MADE
            piece.notes[place] = before
            last = before if len(before) else last
        if last is None or not role:
            continue
        if piece.track.is_drum:
            if role == "drums":
                rows = make_notes([start, start], bar_ticks // 4, [KICK, CRASH], [104, 110], channel=9)
                piece.notes.append(rows)
            continue
        chord = last[last["onset_ticks"] >= int(last["onset_ticks"].max()) - bar_ticks // 48]
        lowered = 4 if role == "bass" else 0  # a bass rather falls home
        classes = {key.tonic} if role == "bass" else tones
        held = sorted({_near(int(p) - lowered, classes) for p in chord["pitch"].tolist()})
        loud = int(np.median(chord["velocity"]))
        piece.notes.append(make_notes(
            np.full(len(held), start), round(bar_ticks * 0.96), held, loud, channel=piece.track.channel
        ))  # fmt: skip


def _near(pitch: int, classes: set[int]) -> int:
    return min((p for p in range(max(0, pitch - 6), min(127, pitch + 6) + 1) if p % 12 in classes),
               key=lambda p: (abs(p - pitch), p))  # fmt: skip


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
