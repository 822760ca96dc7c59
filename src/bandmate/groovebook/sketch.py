"""Sketch to song: a few bars laid out as a form: who plays where, fills, build-ups, variation and an ending.

Every section goes round in the sketch's own bars, so its chords stay. What changes is who plays, how loud, what the
drums do where sections meet, and small turns in the melody when something comes back.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.analysis.genres import genre
from bandmate.analysis.harmony import estimate_key
from bandmate.analysis.meter import place as placed
from bandmate.analysis.meter import score_bars
from bandmate.analysis.sections import find_sections
from bandmate.errors import BriefError
from bandmate.groovebook.backing import one_meter
from bandmate.groovebook.cells import TPQ, drum_pattern, grid_of
from bandmate.groovebook.dice import Dice
from bandmate.groovebook.drums import drum_keys
from bandmate.groovebook.fills import FILL_VOICES
from bandmate.groovebook.form import kind_of
from bandmate.limits import BARS
from bandmate.score.cut import window
from bandmate.score.model import EVENT, MADE, NO_NOTES, NOTE, Marker, Score, Track, make_notes
from bandmate.score.pitch import Key
from bandmate.score.plan import PlannedSection

_LABELS = ("intro", "verse", "prechorus", "chorus", "drop", "build", "bridge", "break", "breakdown", "solo", "outro",
           "hook", "theme", "coda", "interlude", "head", "a", "b", "c", "d")  # fmt: skip
_ALIASES = {"pre-chorus": "prechorus", "refrain": "chorus", "middle": "bridge", "middle8": "bridge", "ending": "outro"}
_ENERGY = {"intro": 2, "low": 3, "build": 3, "high": 5, "break": 2, "outro": 2}
_LOUD = {1: 0.8, 2: 0.86, 3: 0.93, 4: 1.0, 5: 1.06}
_HARMONY = ("chords", "pad", "arp", "strings")
_SUNG = ("melody", "vox")
_EXTRA = ("pad", "strings", "lead", "brass", "arp", "fx", "perc")  # what comes in when something is to grow
_KICK, _CRASH, _SNARE = 36, 49, 38


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


@dataclass(slots=True)
class _Piece:
    """What has been laid out so far of one track."""

    track: Track
    notes: list[NDArray[Any]]
    events: list[NDArray[Any]]


def arrange_sketch(score: Score, parts: Sequence[FormPart], style: str, seed: int = 0) -> Arranged:
    """Lay a sketch out as a song.

    Args:
        score: the sketch, with roles on its tracks; one meter throughout.
        parts: the form, in order.
        style: genre id, whose fills the drums play.
        seed: of fills and turns.

    Raises:
        ScoreError: the meter changes.
    """
    meter = one_meter(score, "the sketch", "--bars")
    bar_ticks = score.ticks_per_quarter * 4 * meter[0] // meter[1]
    pools = _pools(score)
    pieces = [_Piece(track, [], []) for track in score.tracks]
    roles = [track.role if len(track.notes) else "" for track in score.tracks]
    drummer = _Drummer(score, style, meter, bar_ticks, seed)
    start, seen, sections = 0, dict[str, int](), []
    for number, part in enumerate(parts):
        kind, nth = kind_of(part.label), seen.get(part.label, 0)
        seen[part.label] = nth + 1
        after = kind_of(parts[number + 1].label) if number + 1 < len(parts) else ""
        energy = min(5, _ENERGY[kind] + (1 if nth and kind == "low" else 0))
        plays = _who_plays(kind, nth, part.bars, roles)
        first, count = pools.get(kind, pools["low"])
        for index, piece in enumerate(pieces):
            if roles[index]:
                _lay(piece, score, (first, count), part.bars, start, bar_ticks, plays[index])
        span = (start, start + part.bars)
        _louder(pieces, span, bar_ticks, energy, rising=after == "high" and kind in ("build", "break", "low"))
        if nth:
            _turned(pieces, roles, span, bar_ticks, estimate_key(score).key or Key(0), Dice(seed, part.label, nth))
        drummer.meet(pieces, roles, span, kind, after, opens=number > 0)
        sections.append(PlannedSection(part.label, start, part.bars, energy))
        start += part.bars
    _end(pieces, roles, score, (start - 1) * bar_ticks, bar_ticks)
    end = start * bar_ticks
    tracks = tuple(_joined(piece, end) for piece in pieces)
    song = replace(
        score, tracks=tracks, tempos=score.tempos[:1], meters=score.meters[:1], keys=score.keys[:1],
        markers=tuple(Marker(s.start_bar * bar_ticks, s.label) for s in sections), end_ticks=end,
        header=None if score.header is None else replace(score.header, type=1),
    )  # fmt: skip
    return Arranged(song, tuple(sections))


def _pools(score: Score) -> dict[str, tuple[int, int]]:
    """For each kind of section which bars of the sketch it goes round in: (first, how many).

    A sketch that has sections of its own lends its fullest to choruses and another one to the rest.
    """
    bars = score_bars(score)
    onsets = np.concatenate([track.notes["onset_ticks"] for track in score.tracks])
    filled = np.unique(placed(onsets, bars).bar)
    first, count = int(filled[0]), int(filled[-1] - filled[0]) + 1  # empty bars at its ends are no music
    found = [s for s in find_sections(score) if s.bars >= 4] if count >= 16 else []
    letters = {s.label[0] for s in found}
    if len(letters) < 2:
        return {"low": (first, count)}
    full = max(found, key=lambda s: (s.energy, s.start_bar))
    calm = min((s for s in found if s.label[0] != full.label[0]), key=lambda s: (s.start_bar, s.energy))
    pools = {"high": (full.start_bar, full.bars), "low": (calm.start_bar, calm.bars)}
    third = [s for s in found if s.label[0] not in (full.label[0], calm.label[0])]
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
            on = every if role not in _EXTRA or (nth and role != "brass") else never
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
    piece: _Piece, score: Score, pool: tuple[int, int], bars: int, start: int, bar_ticks: int, plays: NDArray[np.bool_]
) -> None:
    """The sketch's bars, round and round, where the track plays."""
    first, count = pool
    at = 0
    while at < bars:
        take = min(count, bars - at)
        if plays[at : at + take].any():
            begin = first * bar_ticks
            only = replace(score, tracks=(piece.track,))
            cut = window(only, begin, begin + take * bar_ticks).tracks[0]
            early = score.ticks_per_quarter // 8  # a note so little before a bar line belongs behind it
            bar = np.minimum((cut.notes["onset_ticks"] + early) // bar_ticks, take - 1)
            notes = cut.notes[plays[at + bar]].copy()
            shift = (start + at) * bar_ticks
            notes["onset_ticks"] += shift
            events = cut.events[(cut.events["status"] != 0xFF) | (not piece.events)].copy()
            events["ticks"] += shift
            piece.notes.append(notes)
            piece.events.append(events)
        at += take


def _inside(notes: NDArray[Any], span: tuple[int, int], bar_ticks: int) -> NDArray[np.bool_]:
    return (notes["onset_ticks"] >= span[0] * bar_ticks) & (notes["onset_ticks"] < span[1] * bar_ticks)


def _louder(pieces: Sequence[_Piece], span: tuple[int, int], bar_ticks: int, energy: int, *, rising: bool) -> None:
    """Loudness of a section; the two bars before a chorus grow."""
    for piece in pieces:
        for notes in piece.notes:
            here = _inside(notes, span, bar_ticks)
            factor = np.full(len(notes), _LOUD[energy])
            if rising:
                into = (notes["onset_ticks"] / bar_ticks - (span[1] - 2)) / 2
                factor = factor * np.where(into > 0, 0.92 + 0.16 * np.clip(into, 0, 1), 1.0)
            loud = np.clip(np.rint(notes["velocity"] * factor), 1, 127)
            notes["velocity"] = np.where(here, loud, notes["velocity"])


def _turned(
    pieces: Sequence[_Piece], roles: Sequence[str], span: tuple[int, int], bar_ticks: int, key: Key, dice: Dice
) -> None:
    """When a section comes back, some long notes of the melody turn by a neighbour of the key."""
    quarter = bar_ticks / 4
    for piece, role in zip(pieces, roles, strict=True):
        if role not in _SUNG:
            continue
        for place, notes in enumerate(piece.notes):
            long = np.flatnonzero(_inside(notes, span, bar_ticks) & (notes["duration_ticks"] >= quarter * 0.9))
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


class _Drummer:
    """What the drums do where sections meet."""

    def __init__(self, score: Score, style: str, meter: tuple[int, int], bar_ticks: int, seed: int) -> None:
        grid = grid_of(style, meter)
        self.factor = score.ticks_per_quarter / TPQ
        self.bar, self.beat = bar_ticks, round(grid.beat_ticks * self.factor)
        rows = genre(style)["drums"]["fills"]
        found = [drum_pattern(style, i, meter, "fills")[-1] for i in range(len(rows))]
        self.fills = [hits for hits in found if sum(h.voice in FILL_VOICES for h in hits) >= 3]
        self.seed = seed

    def meet(
        self,
        pieces: Sequence[_Piece],
        roles: Sequence[str],
        span: tuple[int, int],
        kind: str,
        after: str,
        *,
        opens: bool,
    ) -> None:
        """A crash where a section opens, a fill or a roll where it ends."""
        drums = next((i for i, role in enumerate(roles) if role == "drums" and pieces[i].track.is_drum), None)
        if drums is None:
            return
        piece = pieces[drums]
        plays = any(_inside(notes, (span[1] - 1, span[1]), self.bar).any() for notes in piece.notes)
        if plays and after and kind != "outro":
            build = after == "high" and kind in ("build", "break") and span[1] - span[0] >= 4
            self._roll(piece, span[1]) if build else self._fill(piece, span[1] - 1, whole=after == "high")
        opening = any(_inside(notes, (span[0], span[0] + 1), self.bar).any() for notes in piece.notes)
        if opens and opening and kind in ("high", "low"):
            loud = 112 if kind == "high" else 96
            self._add(piece, [(span[0] * self.bar, _CRASH, loud)])

    def _cleared(self, piece: _Piece, low: int, high: int, keys: Sequence[int] | None = None) -> None:
        for place, notes in enumerate(piece.notes):
            gone = (notes["onset_ticks"] >= low - self.beat // 16) & (notes["onset_ticks"] < high - self.beat // 16)
            if keys is not None:
                gone &= np.isin(notes["pitch"], keys)
            piece.notes[place] = notes[~gone]

    def _add(self, piece: _Piece, rows: list[tuple[int, int, int]]) -> None:
        if rows:
            onset, pitch, loud = (np.array(column) for column in zip(*rows, strict=True))
            piece.notes.append(make_notes(onset, self.beat // 4, pitch, np.clip(loud, 1, 127), channel=9))

    def _fill(self, piece: _Piece, bar: int, *, whole: bool) -> None:
        """The last beats of a bar as one of the style's fills, rising."""
        if not self.fills:
            return
        hits = Dice(self.seed, "fill", bar).pick(self.fills)
        voices = [h.ticks for h in hits if h.voice in FILL_VOICES]
        begin = min(voices) // (grid := max(1, round(self.beat / self.factor))) * grid
        begin = begin if whole else max(begin, round(self.bar / self.factor) - 2 * grid)
        start = bar * self.bar
        self._cleared(piece, start + round(begin * self.factor), start + self.bar)
        keys = drum_keys()
        self._add(piece, [
            (start + round(h.ticks * self.factor), keys[h.voice], round(76 + 30 * h.ticks * self.factor / self.bar))
            for h in hits if h.ticks >= begin
        ])  # fmt: skip

    def _roll(self, piece: _Piece, end: int) -> None:
        """Two bars of a snare roll that doubles, and a breath before what comes."""
        low, high = (end - 2) * self.bar, end * self.bar
        self._cleared(piece, low, high, [_SNARE, 40, 37, 39])
        self._cleared(piece, high - self.bar, high, [35, _KICK, 42, 44, 46, 51])
        steps = [
            *range(low, high - self.bar, self.beat // 2),
            *range(high - self.bar, high - self.beat // 2, self.beat // 4),
        ]
        self._add(piece, [(t, _SNARE, round(56 + 56 * (t - low) / (high - low))) for t in steps])


def _end(pieces: Sequence[_Piece], roles: Sequence[str], score: Score, start: int, bar_ticks: int) -> None:
    """The last bar: everybody on the tonic, held; the drums strike once."""
    key = estimate_key(score).key or Key(0)
    third = 3 if key.is_minor else 4
    tones = {(key.tonic + step) % 12 for step in (0, third, 7)}
    for piece, role in zip(pieces, roles, strict=True):
        last = None
        for place, notes in enumerate(piece.notes):
            before = notes[notes["onset_ticks"] < start].copy()
            over = before["onset_ticks"] + before["duration_ticks"] > start
            before["duration_ticks"][over] = start - before["onset_ticks"][over]
            before["off_order"][over] = MADE
            piece.notes[place] = before
            last = before if len(before) else last
        if last is None or not role:
            continue
        if piece.track.is_drum:
            if role == "drums":
                rows = make_notes([start, start], bar_ticks // 4, [_KICK, _CRASH], [104, 110], channel=9)
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


def _joined(piece: _Piece, end: int) -> Track:
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
