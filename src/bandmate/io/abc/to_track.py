"""A voice of ABC as a Track: ties joined into notes that sound, and every written note and rest beside them."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise

import numpy as np

from bandmate.io.abc.fields import CLEF
from bandmate.io.abc.signs import JUMPS, LEVELS, SIGN_OF, SPANS
from bandmate.io.abc.voice import Sound, Voice
from bandmate.io.written import plain_values
from bandmate.score.gm import DRUM_CHANNEL
from bandmate.score.model import Track, make_notes
from bandmate.score.notation import (
    BAR_REST,
    REST,
    SIGN_BITS,
    STEP_SEMITONES,
    WRITTEN,
    Clef,
    Dynamic,
    Jump,
    Lyric,
    Slur,
    Span,
    TrackNotation,
    Transposition,
)

_VELOCITY = 80
_GRACE = Fraction(1, 8)
_LINES = {"G": 2, "F": 4, "C": 3}
_CLEFS = {"treble": ("G", 2), "alto": ("C", 3), "tenor": ("C", 4), "bass": ("F", 4), "perc": ("percussion", 3)}


@dataclass(slots=True)
class _Writer:
    """What a voice gives while its sounds are gone through."""

    voice: Voice
    ticks: int
    columns: list[tuple[int, int, int, int]] = field(default_factory=list)
    rows: list[tuple[int, ...]] = field(default_factory=list)
    lyrics: list[Lyric] = field(default_factory=list)
    dynamics: list[Dynamic] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    slurs: list[Slur] = field(default_factory=list)
    jumps: list[Jump] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
    level: int = _VELOCITY
    _tied: dict[tuple[int, int], int] = field(default_factory=dict)  # by pitch and layer
    _loose: list[tuple[int, int]] = field(default_factory=list)  # ties that their layer did not take up: pitch, note
    _begun: dict[tuple[int, int], int] = field(default_factory=dict)  # notes that no tie led to, by pitch and onset
    _open_slurs: dict[int, list[int]] = field(default_factory=dict)  # by layer
    _open_spans: dict[str, int] = field(default_factory=dict)

    def at(self, quarters: Fraction) -> int:
        return round(quarters * self.ticks)

    def sound(self, sound: Sound) -> None:
        signs, accent = self._decorations(sound)
        if not sound.tones:
            self._row(REST, sound, (0, 0, 0), signs)
            return
        first = -1
        for tone in sound.tones:
            pitch = 12 * (tone.octave + 1) + int(STEP_SEMITONES[tone.step]) + tone.alter + self.voice.transpose
            note = self._note(sound, pitch, accent, tone.tied)
            first = note if first < 0 else first
            self._row(note, sound, (tone.step, tone.alter, tone.octave), signs if tone is sound.tones[0] else 0)
        self.lyrics += [Lyric(first, *syllable) for syllable in sound.lyrics]  # type: ignore[arg-type]
        opened = self._open_slurs.setdefault(sound.layer, [])
        for _ in range(min(sound.slurs_closed, len(opened))):
            start = opened.pop()
            if start != first:
                self.slurs.append(Slur(start, first))
        opened += [first] * sound.slurs_opened

    def _note(self, sound: Sound, pitch: int, accent: int, tied: bool) -> int:
        start, end = self._span(sound)
        key = (pitch, sound.layer)
        note = self._tied.pop(key, -1)
        if note >= 0 and sum(self.columns[note][:2]) == start:
            onset, _, *rest = self.columns[note]
            self.columns[note] = (onset, end - onset, rest[0], rest[1])
        else:
            if note >= 0:
                self._loose.append((pitch, note))
            note = len(self.columns)
            if not sound.grace:
                self._begun.setdefault((pitch, start), note)
            folded = min(max(pitch, pitch % 12), 127 - (127 - pitch) % 12)
            self.left_out["notes outside 0 to 127, moved by octaves"] += folded != pitch
            self.columns.append((start, end - start, folded, min(self.level + accent, 127)))
        if tied:
            self._tied[key] = note
        return note

    def join_layers(self) -> None:
        """Let ties that their layer did not take up lead on in another layer of the voice."""
        loose = [*self._loose, *((pitch, note) for (pitch, _), note in self._tied.items())]
        into: dict[int, int] = {}  # a note, and the one that it goes on
        for pitch, note in sorted(loose, key=lambda one: self.columns[one[1]][0]):
            onset, duration, *rest = self.columns[first := into.get(note, note)]
            following = self._begun.pop((pitch, onset + duration), -1)
            if following >= 0:
                into[following] = first
                self.columns[first] = (onset, duration + self.columns[following][1], rest[0], rest[1])
        if into:
            self._renumber(into)

    def _renumber(self, into: dict[int, int]) -> None:
        kept = [note for note in range(len(self.columns)) if note not in into]
        new = {note: place for place, note in enumerate(kept)} | {REST: REST}
        new |= {note: new[first] for note, first in into.items()}
        self.columns = [self.columns[note] for note in kept]
        self.rows = [(new[note], *rest) for note, *rest in self.rows]
        self.lyrics = [one._replace(note=new[one.note]) for one in self.lyrics]
        self.slurs = [Slur(new[one.first], new[one.last]) for one in self.slurs if new[one.first] != new[one.last]]

    def _span(self, sound: Sound) -> tuple[int, int]:
        if not sound.grace:
            return self.at(sound.onset), max(self.at(sound.onset + sound.length), self.at(sound.onset) + 1)
        start = max(Fraction(0), sound.onset - sound.steps * _GRACE)
        return self.at(start), self.at(start + _GRACE)

    def _row(self, note: int, sound: Sound, place: tuple[int, int, int], signs: int) -> None:
        at = sound.onset
        base = (*place, sound.layer + 1, 1)
        tail = (sound.actual, sound.normal, sound.grace, 0)
        for edge in sound.edges:
            signs |= SIGN_BITS[edge]
        if sound.grace:
            self.rows.append((note, self.at(at), 0, *base, 3, 0, *tail, signs))
        elif sound.bar_rest:
            self.rows.append(
                (note, self.at(at), self.at(at + sound.length) - self.at(at), *base, BAR_REST, 0, *tail, 0)
            )
        else:
            pieces, actual, normal = _in_values(sound)
            ratio = Fraction(normal, actual)
            for quarters, value, dots in pieces:
                end = at + quarters * ratio
                length = self.at(end) - self.at(at)
                self.rows.append((note, self.at(at), length, *base, value, dots, actual, normal, 0, 0, signs))
                at, signs = end, 0

    def _decorations(self, sound: Sound) -> tuple[int, int]:
        signs, accent, at = 0, 0, self.at(sound.onset)
        for name in sound.decorations:
            if name in SIGN_OF:
                signs |= SIGN_BITS[SIGN_OF[name]]
                accent = 16 if name in ("accent", ">", "emphasis") else accent
            elif name in LEVELS:
                self.level = LEVELS[name]
                self.dynamics.append(Dynamic(at, name))
            elif name in JUMPS:
                self.jumps.append(Jump(self._jump_at(sound, JUMPS[name]), JUMPS[name]))
            elif name in SPANS:
                kind, opens = SPANS[name]
                if opens:
                    self._open_spans[kind] = at
                elif kind in self._open_spans:
                    self.spans.append(Span(kind, self._open_spans.pop(kind), self.at(sound.onset + sound.length)))
            else:
                self.left_out[f"decoration {name}"] += 1
        return signs, accent

    def _jump_at(self, sound: Sound, kind: str) -> int:
        """Signs to jump from stand at the end of their bar, signs to jump to at its note."""
        if kind in ("segno", "coda"):
            return self.at(sound.onset)
        bars = self.voice.bars
        following = bisect_right(bars, sound.onset)
        return self.at(bars[following] if following < len(bars) else self.voice.clock)


def _in_values(sound: Sound) -> tuple[list[tuple[Fraction, int, int]], int, int]:
    """How a sound is written; lengths such as 2/3 are tuplets that nobody marked."""
    actual, normal, written = sound.actual, sound.normal, sound.written
    odd = written.denominator
    while odd % 2 == 0:
        odd //= 2
    if odd > 1 and odd * actual < 256:
        below = 1 << (odd.bit_length() - 1)
        actual, normal, written = actual * odd, normal * below, written * odd / below
    pieces = plain_values(written)
    if actual > 255 or normal > 255 or not pieces or sum(piece[0] for piece in pieces) != written:
        return [(sound.length, 2, 0)], 1, 1
    return pieces, actual, normal


def track_of(voice: Voice, ticks: int, left_out: Counter[str]) -> tuple[Track, list[Jump]]:
    """A voice as a track with its notation, and the jumps that stand over it."""
    writer = _Writer(voice, ticks)
    for sound in voice.sounds:
        writer.sound(sound)
    writer.join_layers()
    left_out.update(writer.left_out)
    onset, duration, pitch, velocity = np.array(writer.columns, np.int64).reshape(-1, 4).T
    order = np.lexsort((pitch, onset))  # as make_notes sorts
    new = np.empty(len(order), np.int64)
    new[order] = np.arange(len(order))
    notes = make_notes(onset, duration, pitch, velocity, channel=voice.channel)
    rows = np.array(writer.rows, WRITTEN)
    told = rows["note"] >= 0
    rows["note"][told] = new[rows["note"][told]]
    rows = rows[np.argsort(rows["onset_ticks"], kind="stable")]
    notation = TrackNotation(
        notes,
        rows,
        clefs=_clefs(voice, ticks),
        transpositions=(Transposition(0, voice.transpose, round(voice.transpose * 7 / 12)),) if voice.transpose else (),
        lyrics=tuple(one._replace(note=int(new[one.note])) for one in writer.lyrics),
        dynamics=tuple(writer.dynamics),
        spans=tuple(writer.spans),
        slurs=tuple(Slur(int(new[one.first]), int(new[one.last])) for one in writer.slurs),
    )
    is_drum = voice.channel == DRUM_CHANNEL
    name = voice.label or ("" if voice.name == "1" else voice.name)
    return Track(name, voice.program, is_drum, notes, notation=notation), writer.jumps


def _clefs(voice: Voice, ticks: int) -> tuple[Clef, ...]:
    named = ((round(at * ticks), CLEF.match(name)) for at, name in sorted(voice.clefs.items()))
    clefs = [_clef(at, match) for at, match in named if match is not None and match[1] != "none"]
    return (*clefs[:1], *(one for before, one in pairwise(clefs) if one[1:] != before[1:]))


def _clef(ticks: int, match: re.Match[str]) -> Clef:
    sign, line = _CLEFS.get(match[1], (match[1], _LINES.get(match[1], 3)))
    octaves = {"+8": 1, "-8": -1, "+15": 2, "-15": -2}.get(match[3] or "", 0)
    return Clef(ticks, 1, sign, int(match[2] or line), octaves)
