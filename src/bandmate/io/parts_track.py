"""A part as a Track: ties joined, velocities by the dynamics, and how it is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.io.musicxml_tables import DRUM_PLACES, OTHER_DRUM
from bandmate.io.parts import Part, Place, Player, Sound
from bandmate.io.parts_loudness import Loudness, percent_velocity
from bandmate.score.gm import DRUM_CHANNEL
from bandmate.score.model import EVENT, MADE, NOTE, Track
from bandmate.score.notation import (
    REST,
    WRITTEN,
    Clef,
    Dynamic,
    Lyric,
    Slur,
    Span,
    TrackNotation,
    Transposition,
    Words,
)

_VOLUME, _PAN, _PEDAL = 7, 10, 64
_LYRIC = 0x05


def track_of(walk: Part, player: Player, at: Callable[[Place], int], index: int, left_out: Counter[str]) -> Track:
    """One part as a track.

    Args:
        walk: the part.
        player: who plays it.
        at: a place as ticks from the start of the score.
        index: of the part, which gives it its MIDI channel.
        left_out: where to count what is not held.
    """
    unpitched = sum(bool(sound.unpitched) for sound in walk.sounds)
    pitched = sum(sound.pitch is not None for sound in walk.sounds)
    is_drum = player.is_drum or unpitched > pitched
    channel = DRUM_CHANNEL if is_drum else (index % 15) + (index % 15 >= DRUM_CHANNEL)
    starts = {sound.bar: at(Place(sound.bar, 0)) for sound in walk.sounds}
    sounds = sorted(walk.sounds, key=lambda s: (starts[s.bar] + s.place, s.grace == 0))
    joined = _Joined(starts, player, left_out, walk.ticks_per_quarter // 4)
    for sound in sounds:
        joined.take(sound)
    spans = tuple(Span(kind, at(start), at(end), staff) for kind, start, end, staff in walk.marks.spans)
    loudness = Loudness(((at(place), mark, told) for place, mark, told, _ in walk.marks.dynamics), spans)
    notes, renumbered = _notes(joined, loudness, channel, _chord_signs(sounds))
    rows = _rows(sounds, joined.of_sound, starts, renumbered)
    lyrics = _lyrics(sounds, joined.of_sound, renumbered)
    marks = walk.marks
    notation = TrackNotation(
        notes, rows, max([walk.staves, *(sound.staff for sound in sounds)]), player.abbreviation,
        tuple(sorted({Clef(at(place), staff, sign, line, up) for place, staff, sign, line, up in walk.clefs})),
        tuple(sorted({Transposition(at(place), *fields) for place, *fields in walk.transpositions})),
        lyrics,
        tuple(Dynamic(at(place), mark, staff) for place, mark, _, staff in marks.dynamics if mark),
        spans,
        _slurs(walk.sounds, joined.of_sound, renumbered, starts),
        tuple(Words(at(place), text, staff) for place, text, staff in marks.words),
    )  # fmt: skip
    events, blobs = _events(walk, player, at, channel, notes, lyrics, joined.changes)
    return Track(player.name, player.program, is_drum, notes, events, blobs, notation=notation)


class _Joined:
    """Written notes, joined where they are tied."""

    def __init__(self, starts: dict[int, int], player: Player, left_out: Counter[str], slack: int) -> None:
        self.starts, self.player, self.left_out, self.slack = starts, player, left_out, slack
        self.heads: list[Sound] = []
        self.spans: list[list[int]] = []  # onset, end, pitch, end on the page
        self.of_sound: dict[int, int] = {}
        self.changes: list[tuple[int, int]] = []  # ticks and program of another instrument
        self._open: dict[int, list[int]] = {}
        self._program = player.program

    def take(self, sound: Sound) -> None:
        """One written note, in the order of time."""
        if sound.pitch is None and not sound.unpitched:
            return
        pitch = self._key(sound) if sound.pitch is None else sound.pitch
        if not 0 <= pitch <= 127:
            self.left_out["notes outside MIDI's range"] += 1
            return
        onset = self.starts[sound.bar] + sound.onset
        end = onset + sound.duration
        if onset < 0:  # a grace note before the first bar
            onset, end = 0, sound.duration
        number = self._tied(sound, pitch, onset)
        if number < 0:
            number = len(self.heads)
            self.heads.append(sound)
            self.spans.append([max(0, onset - sound.early), end + sound.late, pitch, end])
        else:
            self.spans[number][1], self.spans[number][3] = end + sound.late, end
        self.of_sound[id(sound)] = number
        if sound.tie_start:
            self._open.setdefault(pitch, []).append(number)
        if sound.instrument in self.player.programs and self.player.programs[sound.instrument] != self._program:
            self._program = self.player.programs[sound.instrument]
            self.changes.append((onset, self._program))

    def _tied(self, sound: Sound, pitch: int, onset: int) -> int:
        """The note that this one goes on with, -1 if none: of the same pitch, ending here, of the same voice if any.

        Some programs write where a tie starts and not where it stops: within a voice the start is enough.
        """
        waiting = self._open.get(pitch)
        if not waiting:
            return -1
        here = [n for n in waiting if abs(self.spans[n][3] - onset) <= 1]
        near = here
        if sound.tie_stop and not here:  # in bars whose lengths do not add up
            near = [n for n in waiting if abs(self.spans[n][3] - onset) <= self.slack]
        mine = [n for n in near if self.heads[n].voice == sound.voice]
        if not mine and not (here and sound.tie_stop):
            return -1
        number = (mine or here)[0]
        waiting.remove(number)
        return number

    def _key(self, sound: Sound) -> int:
        keys = self.player.keys
        known = keys.get(sound.instrument)
        if known is None and len(keys) == 1:
            known = next(iter(keys.values()))
        if known is None:
            self.left_out["drums without a MIDI key, taken by their place on the staff"] += 1
            known = DRUM_PLACES.get(sound.unpitched, OTHER_DRUM)
        return known


def _notes(
    joined: _Joined, loudness: Loudness, channel: int, signs: dict[tuple[int, ...], int]
) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """The note array, and the place in it of each joined note."""
    notes = np.zeros(len(joined.heads), NOTE)
    if len(notes):
        spans = np.array(joined.spans, np.int64)
        notes["onset_ticks"], notes["pitch"] = spans[:, 0], spans[:, 2]
        notes["duration_ticks"] = np.maximum(spans[:, 1] - spans[:, 0], 0)
        notes["velocity"] = [
            percent_velocity(head.percent)
            or loudness.of_note(joined.starts[head.bar] + head.place, signs[_chord_of(head)], head.louder_percent)
            for head in joined.heads
        ]  # fmt: skip
    notes["channel"], notes["off_velocity"] = channel, 64
    notes["on_order"] = notes["off_order"] = MADE
    order = np.lexsort((notes["pitch"], notes["onset_ticks"]))
    renumbered = np.empty(len(notes), np.int64)
    renumbered[order] = np.arange(len(notes))
    return notes[order], renumbered


def _chord_of(sound: Sound) -> tuple[int, ...]:
    return sound.bar, sound.onset, sound.voice, sound.grace


def _chord_signs(sounds: list[Sound]) -> dict[tuple[int, ...], int]:
    """The signs of each chord, which stand on one of its notes and are meant for all."""
    signs: dict[tuple[int, ...], int] = {}
    for sound in sounds:
        if sound.pitch is not None or sound.unpitched:
            chord = _chord_of(sound)
            signs[chord] = signs.get(chord, 0) | sound.signs
    return signs


def _rows(
    sounds: list[Sound], of_sound: dict[int, int], starts: dict[int, int], renumbered: NDArray[np.int64]
) -> NDArray[Any]:
    table = []
    for s in sounds:
        number = of_sound.get(id(s))
        if number is None and (s.pitch is not None or s.unpitched):
            continue  # outside MIDI's range
        table.append(
            (REST if number is None else int(renumbered[number]), starts[s.bar] + s.place, s.written, s.step, s.alter,
             s.octave, s.voice, s.staff, s.value, s.dots, s.actual, s.normal, s.grace, s.strokes, s.signs)
        )  # fmt: skip
    return np.array(table, WRITTEN)


def _lyrics(sounds: list[Sound], of_sound: dict[int, int], renumbered: NDArray[np.int64]) -> tuple[Lyric, ...]:
    found = [
        Lyric(int(renumbered[of_sound[id(sound)]]), *lyric)
        for sound in sounds if sound.lyrics and id(sound) in of_sound for lyric in sound.lyrics
    ]  # fmt: skip
    # the end of a line under a tied note is one under the note whose syllable it holds
    said = {(lyric.note, lyric.verse) for lyric in found if lyric.text}
    return tuple(lyric for lyric in found if lyric.text or (lyric.note, lyric.verse) not in said)


def _slurs(
    sounds: list[Sound], of_sound: dict[int, int], renumbered: NDArray[np.int64], starts: dict[int, int]
) -> tuple[Slur, ...]:
    """Slurs by their numbers, which hold in the order of the file: staff by staff, voice by voice.

    A slur may lead up to a staff that stands before; its end is then met before its beginning.
    """
    out: list[Slur] = []
    begun: dict[str, int] = {}
    ended: dict[str, tuple[int, int]] = {}
    for sound in sounds:
        if not sound.slurs or id(sound) not in of_sound:
            continue
        number, at = int(renumbered[of_sound[id(sound)]]), starts[sound.bar] + sound.place
        for slur, kind in sorted(sound.slurs, key=lambda one: one[1] != "stop"):
            if kind == "start" and slur in ended and ended[slur][1] >= at:
                out.append(Slur(number, ended.pop(slur)[0]))
            elif kind == "start":
                begun[slur] = number
            elif kind == "stop" and slur in begun:
                out.append(Slur(begun.pop(slur), number))
            elif kind == "stop":
                ended[slur] = number, at
    return tuple(out)


def _events(
    walk: Part, player: Player, at: Callable[[Place], int], channel: int, notes: NDArray[Any],
    lyrics: tuple[Lyric, ...], changes: list[tuple[int, int]],
) -> tuple[NDArray[Any], tuple[bytes, ...]]:  # fmt: skip
    """What a MIDI file plays beside notes: volume, place, pedal, other instruments, the words of the first verse."""
    table = [
        (0, 0xB0, number, value, -1) for number, value in ((_VOLUME, player.volume), (_PAN, player.pan)) if value >= 0
    ]
    table += [(at(place), 0xB0, _PEDAL, 127 * down, -1) for place, down in walk.marks.pedals]
    table += [(tick, 0xC0, program, 0, -1) for tick, program in changes]
    blobs = []
    first = min((lyric.verse for lyric in lyrics), default=1)
    for lyric in lyrics:
        if lyric.verse == first and lyric.text:
            table.append((int(notes["onset_ticks"][lyric.note]), 0xFF, _LYRIC, 0, len(blobs)))
            blobs.append((lyric.text + ("-" if lyric.joined else " ")).encode("utf-8"))
    table.sort(key=lambda row: row[0])
    events = np.zeros(len(table), EVENT)
    for place, (ticks, status, one, two, blob) in enumerate(table):
        events[place] = (ticks, MADE, status, 0 if status == 0xFF else channel, one, two, blob)
    return events, tuple(blobs)
