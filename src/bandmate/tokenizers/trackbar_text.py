"""Reading trackbar tokens, from ids or as typed by a person, with errors that name the token, its number and the cure.

A reader takes more than the writer gives (see docs/TRACKBAR.md); what it cannot take it explains.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from bandmate.errors import FileFormatError
from bandmate.limits import BARS
from bandmate.score.gm import program_name
from bandmate.score.model import KEY_SIGNATURE, MADE, METER, TEMPO, Score, Track, make_notes, make_tempos
from bandmate.score.pitch import Key
from bandmate.tokenizers import trackbar_table as table
from bandmate.tokenizers.trackbar_table import TICKS_PER_QUARTER, Meter
from bandmate.tokenizers.trackbar_words import ALL_TYPES, Token, parse_word

UNSAID_VELOCITY = 90
_WHERE = {
    "start": "before the piece has begun; write PIECE_START first",
    "header": "in the header, before any track; write TRACK_START and INST= first",
    "track": "inside TRACK_START ... before its first bar; write BAR_START first",
    "tracks": "between two tracks; write TRACK_START first",
    "bars": "between two bars; write BAR_START first",
    "bar": "inside a bar; write BAR_END first",
    "end": "after PIECE_END; end the text there",
}


@dataclass(frozen=True, slots=True)
class PieceLabels:
    """What the header says beside the notes."""

    genre: str | None = None
    key: Key | None = None


def read_words(words: Iterable[str], source: str = "the text") -> tuple[Score, PieceLabels]:
    """The score that typed tokens stand for.

    Raises:
        FileFormatError: a token is unknown or stands where it means nothing; the message names it, its number
            (from 1), the place and the cure.
    """
    known: dict[str, Token] = {}
    reader = _Reader(source)
    for number, word in enumerate(words, 1):
        token = known.get(word)
        if token is None:
            try:
                token = known[word] = parse_word(word)
            except FileFormatError as error:
                raise FileFormatError(f"{source}, token {number} '{word}' {error}") from None
        reader.number, reader.word = number, word
        reader.take(token)
    return reader.score(), PieceLabels(reader.genre, reader.key)


@dataclass(slots=True)
class _Part:
    """A track while it is read; notes are columns: onset, end (steps), pitch, velocity."""

    program: int = 0
    is_drum: bool = False
    onset: list[int] = field(default_factory=list)
    end: list[int] = field(default_factory=list)  # 0 = still sounding
    pitch: list[int] = field(default_factory=list)
    velocity: list[int] = field(default_factory=list)
    sounding: dict[int, deque[int]] = field(default_factory=lambda: defaultdict(deque))  # pitch -> indexes of notes


class _Reader:
    """A walk over tokens that keeps where it is; one method a type of token."""

    def __init__(self, source: str) -> None:
        self.source, self.number, self.word = source, 0, ""
        self.place = "start"
        self.genre: str | None = None
        self.key: Key | None = None
        self.steps = table.DEFAULT_STEPS
        self.meter: Meter = (4, 4)
        self.tempos: dict[int, float] = {}
        self.bar_meters: list[Meter] = []
        self.bar_start = [0]  # steps, one more than bars
        self.parts: list[_Part] = []
        self.part = _Part()
        self.bar = -1
        self.at = 0
        self.events_in_bar = 0
        self.note = -1  # index of the last NOTE_ON in this bar
        self.by_bars = False
        self.takers = {name: getattr(self, f"_take_{name.lower()}", None) for name in ALL_TYPES}

    def take(self, token: Token) -> None:
        if self.place not in ALL_TYPES[token.name].places:
            self._fail(f"stands {_WHERE[self.place]}")
        taker = self.takers[token.name]
        assert taker is not None
        taker(token.value)

    def _fail(self, why: str) -> None:
        raise FileFormatError(f"{self.source}, token {self.number} '{self.word}' {why}")

    def _take_piece_start(self, _: None) -> None:
        self.place = "header"

    def _take_steps(self, value: int) -> None:
        if (meter := self.meter) not in table.meters(value):
            self._fail(f"cannot hold a bar of {meter[0]}/{meter[1]}; use more steps")
        self.steps = value

    def _take_genre(self, value: str) -> None:
        self.genre = value

    def _take_key(self, value: Key) -> None:
        self.key = value

    def _take_tempo(self, value: float) -> None:
        self.tempos[max(0, self.bar)] = value

    def _take_time_sig(self, meter: Meter) -> None:
        sizes = table.meters(self.steps)
        if meter not in sizes:
            self._fail(f"does not fall on the steps; write STEPS=24 behind PIECE_START (now {self.steps} a quarter)")
        if self.place == "header":
            self.meter = meter
            return
        if self.events_in_bar:
            self._fail("stands behind notes of its bar; write it right behind BAR_START")
        last = self.bar == len(self.bar_meters) - 1 and (self.by_bars or len(self.parts) == 1)
        if last:
            self.bar_meters[self.bar] = meter
            self.bar_start[self.bar + 1] = self.bar_start[self.bar] + sizes[meter]
        elif self.bar_meters[self.bar] != meter:
            was = "{}/{}".format(*self.bar_meters[self.bar])
            self._fail(f"contradicts bar {self.bar + 1} of the first track, which is {was}; write TIME_SIG={was}")

    def _take_track_start(self, _: None) -> None:
        self.place, self.part = "track", _Part(program=-1)
        self.parts.append(self.part)
        self.bar = -1

    def _take_inst(self, value: tuple[int, bool]) -> None:
        if self.part.program >= 0:
            self._fail("is a second instrument of its track; begin another with TRACK_END TRACK_START")
        self.part.program, self.part.is_drum = value

    def _take_density(self, _: int) -> None:
        pass  # it tells a model what to write; what was written tells itself

    def _take_bar_start(self, _: None) -> None:
        if self.place == "track" and self.part.program < 0:
            self._fail("comes before the instrument of its track; write INST= behind TRACK_START")
        if self.place == "tracks" and not self.by_bars:
            if self.bar >= 0:
                self._fail("stands outside a track; write TRACK_START INST= before it")
            self.by_bars = True  # tracks were named without bars: all of them are written bar by bar
        self.place, self.at, self.events_in_bar, self.note = "bar", 0, 0, -1
        self.bar += 1
        if self.bar >= BARS.high:
            self._fail(f"is bar {self.bar + 1}; a piece has at most {BARS.high:g}, cut it in two")
        if self.bar == len(self.bar_meters):
            meter = self.bar_meters[-1] if self.bar_meters else self.meter
            self.bar_meters.append(meter)
            self.bar_start.append(self.bar_start[-1] + table.meters(self.steps)[meter])
        if self.by_bars:
            self.part = _Part(program=-1)  # until TRACK= says who plays

    def _take_track(self, value: int) -> None:
        if not self.by_bars:
            self._fail("belongs to pieces whose tracks are named before the first bar; leave it out here")
        if value > len(self.parts):
            self._fail(f"names a track that is not there; this piece has tracks 1 to {len(self.parts)}")
        self.part, self.at, self.note = self.parts[value - 1], 0, -1

    def _take_time_delta(self, steps: int) -> None:
        self._need_track()
        room = self.bar_start[self.bar + 1] - self.bar_start[self.bar]
        if self.at + steps > room:
            meter = "{}/{}".format(*self.bar_meters[self.bar])
            left = room - self.at
            cure = f"give at most {left}" if left else "write BAR_END before it"
            self._fail(f"goes past the end of bar {self.bar + 1} ({room} steps in {meter}); {cure}")
        self.at += steps
        self.events_in_bar += 1

    def _take_note_on(self, pitch: int) -> None:
        self._need_track()
        part, now = self.part, self.bar_start[self.bar] + self.at
        if now >= self.bar_start[self.bar + 1]:
            self._fail(f"begins on the line behind bar {self.bar + 1}; write BAR_END BAR_START before it")
        self.note = len(part.onset)
        part.onset.append(now)
        part.end.append(0)
        part.pitch.append(pitch)
        part.velocity.append(UNSAID_VELOCITY)
        part.sounding[pitch].append(self.note)
        self.events_in_bar += 1

    def _take_note_off(self, pitch: int) -> None:
        self._need_track()
        part, now = self.part, self.bar_start[self.bar] + self.at
        waiting = part.sounding[pitch]
        if not waiting:
            self._fail(f"ends a note that does not sound; write NOTE_ON={pitch} before it or leave it out")
        if part.onset[waiting[0]] >= now:
            self._fail("ends a note where it begins; write TIME_DELTA= between NOTE_ON and NOTE_OFF")
        part.end[waiting.popleft()] = now
        self.events_in_bar += 1

    def _take_velocity(self, value: int) -> None:
        self._need_note()
        self.part.velocity[self.note] = value

    def _take_duration(self, steps: int) -> None:
        self._need_note()
        part, note = self.part, self.note
        waiting = part.sounding[part.pitch[note]]
        if not part.end[note]:
            waiting.remove(note)
        part.end[note] = max(part.end[note], part.onset[note]) + steps

    def _take_bar_end(self, _: None) -> None:
        self.place = "bars"

    def _take_track_end(self, _: None) -> None:
        if self.part.program < 0:
            self._fail("ends a track without an instrument; write INST= behind TRACK_START")
        if self.by_bars:
            self._fail("stands among the bars of all tracks; leave it out")
        self.place = "tracks"

    def _take_piece_end(self, _: None) -> None:
        self.place = "end"

    def _need_track(self) -> None:
        if self.part.program < 0:
            self._fail("has no track to play it; write TRACK=1 (or another number) behind BAR_START")

    def _need_note(self) -> None:
        if self.note < 0:
            self._fail("has no note before it in its bar; write it right behind NOTE_ON")

    def score(self) -> Score:
        """What was read so far; notes that nothing ended last to the end of the piece (a drum hit: a sixteenth)."""
        if self.number == 0:
            raise FileFormatError(f"{self.source} holds no tokens; begin with PIECE_START")
        ticks = TICKS_PER_QUARTER // self.steps
        total = self.bar_start[-1]
        starts = np.array(self.bar_start[:-1] or [0]) * ticks
        return Score(
            tuple(self._track(part, index, total, ticks) for index, part in enumerate(self.parts) if part.program >= 0),
            TICKS_PER_QUARTER,
            self._tempo_map(starts),
            self._meter_map(starts),
            self._key_map(),
            end_ticks=total * ticks,
        )

    def _track(self, part: _Part, index: int, total: int, ticks: int) -> Track:
        onset, end = np.array(part.onset, np.int64), np.array(part.end, np.int64)
        if part.is_drum:
            end = np.where(end == 0, onset + max(1, self.steps // 4), end)
        end = np.minimum(np.where(end == 0, total, end), total)
        pitched_before = sum(not other.is_drum for other in self.parts[:index])
        channel = 9 if part.is_drum else (*range(9), *range(10, 16))[pitched_before % 15]
        notes = make_notes(onset * ticks, (end - onset) * ticks, part.pitch, part.velocity, channel=channel)
        name = program_name(part.program, part.is_drum) if not part.is_drum or part.program else "Drums"
        return Track(name, part.program, part.is_drum, notes, role="drums" if part.is_drum else "")

    def _tempo_map(self, starts: Any) -> Any:
        rows = [(0, round(60e6 / self.tempos.get(0, 120.0)), 0, MADE)]
        last = self.tempos.get(0, 120.0)
        for bar, bpm in sorted(self.tempos.items()):
            if bar and bpm != last:
                rows.append((int(starts[bar]), round(60e6 / bpm), 0, MADE))
            last = bpm
        return np.array(rows, TEMPO) if len(rows) > 1 else make_tempos(last)

    def _meter_map(self, starts: Any) -> Any:
        meters = self.bar_meters or [self.meter]
        changes = [i for i, meter in enumerate(meters) if i == 0 or meter != meters[i - 1]]
        return np.array([(int(starts[i]), *meters[i], 0, MADE, 24, 8) for i in changes], METER)

    def _key_map(self) -> Any:
        if self.key is None:
            return np.empty(0, KEY_SIGNATURE)
        major = (self.key.tonic + (3 if self.key.is_minor else 0)) % 12
        fifths = (major * 7 + 5) % 12 - 5
        return np.array([(0, fifths, self.key.is_minor, 0, MADE)], KEY_SIGNATURE)
