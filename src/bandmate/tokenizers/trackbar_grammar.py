"""The grammar of `trackbar.v1`: a finite automaton that knows values, not only types.

Time never runs backwards nor past the bar, only sounding notes end, every track has the same bars in the same meters,
and nothing sounds past the end: whoever takes only what `allowed` offers ends in a piece that decodes.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bandmate.errors import FileFormatError, UserError
from bandmate.limits import BARS, TRACKS
from bandmate.tokenizers import trackbar_table as table
from bandmate.tokenizers.trackbar_table import Meter, TrackBarOptions


@dataclass(frozen=True, slots=True)
class Asked:
    """What the piece must be; None = free.

    Attributes:
        bars: exactly so many.
        instruments: exactly these tracks in this order, words of INSTRUMENTS.
        meter: the one meter of all bars; tempo: the one tempo, whole quarter notes a minute.
        genre, key: words of the vocabulary.

    Raises:
        UserError: bars are out of range.
    """

    bars: int | None = None
    instruments: tuple[str, ...] | None = None
    meter: Meter | None = None
    tempo: int | None = None
    genre: str | None = None
    key: str | None = None

    def __post_init__(self) -> None:
        if self.bars is not None:
            BARS.check(self.bars)


@dataclass(frozen=True, slots=True)
class State:
    """Where a walk is.

    Attributes:
        last: type of the last token, "" before the first; full: it was the longest TIME_DELTA or DURATION.
        place: "header", "track" or "bar".
        track, bar: indexes, -1 before the first; at: steps from the bar line; note: (off 0 or on 1, pitch) of the
            last event at this place.
        meters: of the bars so far; meter: in force; tempo: index of the value in force.
        instruments: index of each track's instrument; sounding: pitches that sound, one tuple a track, ascending.
    """

    asked: Asked
    last: str = ""
    full: bool = False
    place: str = "header"
    track: int = -1
    bar: int = -1
    at: int = 0
    note: tuple[int, int] = (0, -1)
    meters: tuple[Meter, ...] = ()
    meter: Meter = (4, 4)
    tempo: int = -1
    instruments: tuple[int, ...] = ()
    sounding: tuple[tuple[int, ...], ...] = ()


class TrackBarGrammar:
    """The automaton under some options."""

    def __init__(self, options: TrackBarOptions) -> None:
        self.options = options
        self.words = table.vocabulary(options)
        self.sizes = table.meters(options.steps_per_quarter)
        self.longest = table.longest(options.steps_per_quarter)
        self._meters = list(self.sizes)
        self._by_track = options.layout == "tracks"
        self._by_off = options.lengths == "off"
        rules = {name: getattr(self, f"_may_{name.lower()}", None) for name in self.words.types}
        self._rules: dict[str, Callable[[State], Iterable[int]] | None] = rules

    def start(self, asked: Asked | None = None) -> State:
        """The state before the first token.

        Raises:
            UserError: an instrument, genre, key, tempo or meter that was asked for is not in the vocabulary, or the
                instruments break the fixed order.
        """
        asked = asked or Asked()
        if asked.instruments == () and asked.bars is not None:
            raise UserError(f"{asked.bars} bars without a track cannot be written; name at least one instrument")
        said = {"GENRE": asked.genre, "KEY": asked.key, "TEMPO": asked.tempo}
        for name, value in said.items():
            if value is not None:
                self.words.find(f"{name}={value}")
        for word in asked.instruments or ():
            self.words.find(f"INST={word}")
        order = [list(table.INSTRUMENTS).index(word) for word in asked.instruments or ()]
        if self.options.track_order == "fixed" and order != sorted(order):
            raise UserError("the instruments are not in the fixed order; put drums first, then basses, then by program")
        if asked.meter and asked.meter not in self.sizes:
            raise UserError("meter {}/{} is not in the vocabulary; see docs/TRACKBAR.md".format(*asked.meter))
        return State(asked)

    def allowed(self, state: State) -> NDArray[np.int32]:
        """Ids that may come next, ascending; empty only when the piece has ended."""
        found: list[int] = []
        for name in self._types(state):
            first, rule = self.words.offsets[name], self._rules[name]
            count = len(self.words.types[name].texts)
            found.extend(first + index for index in (range(count) if rule is None else rule(state)))
        return np.array(sorted(found), np.int32)

    def advance(self, state: State, token: int) -> State:
        """The state after an id, which must be an allowed one."""
        name, index = self.words.owners[int(token)]
        after = getattr(self, f"_after_{name.lower()}", None)
        state = replace(state, last=name, full=False)
        return state if after is None else after(state, index)

    def check(self, ids: Iterable[int], asked: Asked | None = None) -> State:
        """Walk some ids.

        Raises:
            FileFormatError: one is not allowed; the message names the token and its number.
        """
        state = self.start(asked)
        for number, token in enumerate(ids, 1):
            if token not in self.allowed(state):
                raise FileFormatError(
                    f"token {number} '{self.words.texts[token]}' may not follow {state.last or 'nothing'}"
                )
            state = self.advance(state, token)
        return state

    def finish(self, state: State) -> list[int]:
        """A short way from a state to the end of the piece: what a sampler appends when its room runs out."""
        ids: list[int] = []
        while len(allowed := self.allowed(state)):
            ids.append(int(min(allowed, key=lambda token: self._homeward(state, int(token)))))
            state = self.advance(state, ids[-1])
        return ids

    def _homeward(self, state: State, token: int) -> tuple[int, int]:
        name, index = self.words.owners[token]
        sounds = state.place == "bar" and bool(self._here(state))
        elsewhere = not self._by_track and any(state.sounding)
        ranks = {
            "PIECE_END": 0,
            "TRACK_END": 1,
            "NOTE_OFF": 2,
            "TIME_DELTA": 3 if sounds else 30,
            "TRACK": 4 if elsewhere else 31,
            "BAR_END": 5,
        }
        size = -index if name == "TIME_DELTA" else index
        if name == "TRACK" and elsewhere:  # the first track that still sounds
            size = 0 if state.sounding[index] else 1 + index
        return ranks.get(name, 10 if name != "NOTE_ON" else 20), size

    # which types: the table's, less what the place rules out

    def _types(self, state: State) -> tuple[str, ...]:
        if not state.last:
            return ("PIECE_START",)
        follows = self.words.types[state.last].follows if state.last in self.words.types else ()
        if state.last == "PIECE_START" and "STEPS" in self.words.types:
            return ("STEPS",)
        if self._must_sign(state):
            return ("TIME_SIG",)
        in_header = state.place == "header"
        header_only = {"GENRE", "KEY", "TRACK_START", "PIECE_END"} if state.last in ("TEMPO", "TIME_SIG") else set()
        bar_only = {"TIME_DELTA", "NOTE_OFF", "NOTE_ON", "TRACK", "BAR_END"}
        dropped = bar_only if in_header else header_only
        if not in_header and state.last == "TEMPO":
            dropped = dropped | {"TIME_SIG"}
        if in_header and state.last == "TIME_SIG":
            dropped = dropped | {"TEMPO"}
        return tuple(name for name in follows if name in self.words.types and name not in dropped)

    def _must_sign(self, state: State) -> bool:
        if state.last == "TEMPO" and state.place == "header":
            return state.asked.meter not in (None, (4, 4))
        if state.last != "BAR_START" or self._leads(state):
            return False
        return state.bar > 0 and state.meters[state.bar] != state.meters[state.bar - 1]

    # which values: one rule a type, giving indexes

    def _may_genre(self, state: State) -> Iterable[int]:
        genre = state.asked.genre
        return range(len(self.words.types["GENRE"].values)) if genre is None else self._one("GENRE", genre)

    def _may_key(self, state: State) -> Iterable[int]:
        key = state.asked.key
        return range(len(self.words.types["KEY"].values)) if key is None else self._one("KEY", key)

    def _may_steps(self, _: State) -> Iterable[int]:
        return self._one("STEPS", str(self.options.steps_per_quarter))

    def _one(self, name: str, value: str) -> Iterable[int]:
        return (self.words.types[name].values.index(value),)

    def _may_tempo(self, state: State) -> Iterable[int]:
        if state.last in ("PIECE_START", "STEPS") and state.asked.genre is not None:
            return ()
        tempo, count = state.asked.tempo, len(self.words.types["TEMPO"].values)
        if state.place == "header":
            return range(count) if tempo is None else self._one("TEMPO", str(tempo))
        if tempo is not None or state.bar == 0 or not self._leads(state):
            return ()
        return (index for index in range(count) if index != state.tempo)

    def _may_time_sig(self, state: State) -> Iterable[int]:
        asked = state.asked.meter
        if state.place == "header":  # 4/4 goes without saying
            return (i for i, meter in enumerate(self._meters) if meter != (4, 4) and asked in (None, meter))
        if self._must_sign(state):
            return (self._meters.index(state.meters[state.bar]),)
        if asked is not None or state.bar == 0 or not self._leads(state):
            return ()
        return (index for index, meter in enumerate(self._meters) if meter != state.meter)

    def _may_track_start(self, state: State) -> Iterable[int]:
        if state.place == "header" and state.last != "KEY" and state.asked.key is not None:
            return ()
        asked = state.asked.instruments
        high = int(TRACKS.high) if asked is None else len(asked)
        return (0,) if state.track + 1 < high else ()

    def _may_inst(self, state: State) -> Iterable[int]:
        asked = state.asked.instruments
        if asked is not None:
            return self._one("INST", asked[state.track])
        fixed = self.options.track_order == "fixed" and state.instruments
        return range(state.instruments[-1] if fixed else 0, len(self.words.types["INST"].values))

    def _may_bar_start(self, state: State) -> Iterable[int]:
        return () if self._is_last_bar(state, state.bar) or self._tracks_missing(state) else (0,)

    def _tracks_missing(self, state: State) -> bool:
        asked = state.asked.instruments
        return not self._by_track and asked is not None and len(state.instruments) < len(asked)

    def _may_track_end(self, state: State) -> Iterable[int]:
        return (0,) if not self._by_track or self._may_stop(state) else ()

    def _may_piece_end(self, state: State) -> Iterable[int]:
        asked = state.asked.instruments
        if state.place == "header":
            said = state.asked.key is None or state.last == "KEY"
            return (0,) if said and not asked and state.asked.bars is None and not self._must_sign(state) else ()
        if not self._by_track:
            return (0,) if self._may_stop(state) else ()
        return (0,) if asked is None or state.track + 1 == len(asked) else ()

    def _may_stop(self, state: State) -> bool:
        """Whether this may have been the last bar (of the track, or of the piece)."""
        if any(state.sounding):
            return False
        free = self._leads(state) and state.asked.bars is None
        return free or self._is_last_bar(state, state.bar)

    def _may_bar_end(self, state: State) -> Iterable[int]:
        if self._is_last_bar(state, state.bar) and any(state.sounding):
            return ()
        return (0,)

    def _may_track(self, state: State) -> Iterable[int]:
        """The tracks behind this one; in the last bar none that still sounds may be passed by."""
        first, count = (
            (0 if state.last in ("BAR_START", "TEMPO", "TIME_SIG") else state.track + 1),
            len(state.instruments),
        )
        if not self._is_last_bar(state, state.bar):
            return range(first, count)
        if first and self._here(state):
            return ()
        waiting = [track for track in range(count) if state.sounding[track]]
        return range(first, min([count, *(track + 1 for track in waiting)]))

    def _may_time_delta(self, state: State) -> Iterable[int]:
        if state.last == "TIME_DELTA" and not state.full:
            return ()
        rings = self._by_off and bool(self._here(state))
        room = self._size(state) - state.at - (not rings)
        return range(min(room, self.longest))

    def _may_note_on(self, state: State) -> Iterable[int]:
        if state.at >= self._size(state):
            return ()
        return range(state.note[1] if state.note[0] else 0, 128)

    def _may_note_off(self, state: State) -> Iterable[int]:
        if state.note[0]:
            return ()
        sounding = self._here(state)
        if self._is_last_bar(state, state.bar) and state.at == self._size(state):
            return sounding[:1]  # all must end here, so none may be left behind
        return sorted({pitch for pitch in sounding if pitch >= state.note[1]})

    def _may_duration(self, state: State) -> Iterable[int]:
        if state.last == "DURATION" and not state.full:
            return ()
        return range(self.longest)

    # what a token does

    def _after_tempo(self, state: State, index: int) -> State:
        return replace(state, tempo=index)

    def _after_time_sig(self, state: State, index: int) -> State:
        meter = self._meters[index]
        if state.place == "header":
            return replace(state, meter=meter)
        return replace(state, meter=meter, meters=(*state.meters[: state.bar], meter, *state.meters[state.bar + 1 :]))

    def _after_track_start(self, state: State, _: int) -> State:
        return replace(state, place="track", track=state.track + 1, bar=-1, sounding=(*state.sounding, ()))

    def _after_inst(self, state: State, index: int) -> State:
        return replace(state, instruments=(*state.instruments, index))

    def _after_bar_start(self, state: State, _: int) -> State:
        bar = state.bar + 1
        meters = state.meters if bar < len(state.meters) else (*state.meters, state.meter)
        track = state.track if self._by_track else -1
        return replace(state, place="bar", bar=bar, meters=meters, at=0, note=(0, -1), track=track)

    def _after_track(self, state: State, index: int) -> State:
        return replace(state, track=index, at=0, note=(0, -1))

    def _after_time_delta(self, state: State, index: int) -> State:
        return replace(state, at=state.at + index + 1, note=(0, -1), full=index + 1 == self.longest)

    def _after_duration(self, state: State, index: int) -> State:
        return replace(state, full=index + 1 == self.longest)

    def _after_note_on(self, state: State, pitch: int) -> State:
        state = replace(state, note=(1, pitch))
        return self._sounding(state, pitch, True) if self._by_off else state

    def _after_note_off(self, state: State, pitch: int) -> State:
        return self._sounding(replace(state, note=(0, pitch)), pitch, False)

    def _after_bar_end(self, state: State, _: int) -> State:
        return replace(state, place="bars")

    def _after_track_end(self, state: State, _: int) -> State:
        return replace(state, place="tracks")

    # helpers

    def _sounding(self, state: State, pitch: int, begins: bool) -> State:
        pitches = list(state.sounding[state.track])
        if begins:
            insort(pitches, pitch)
        else:
            pitches.remove(pitch)
        before, after = state.sounding[: state.track], state.sounding[state.track + 1 :]
        return replace(state, sounding=(*before, tuple(pitches), *after))

    def _here(self, state: State) -> tuple[int, ...]:
        return state.sounding[state.track] if state.track >= 0 else ()

    def _size(self, state: State) -> int:
        return self.sizes[state.meters[state.bar]]

    def _leads(self, state: State) -> bool:
        """Whether this track makes the bars, rather than following those of the first."""
        return not self._by_track or state.track == 0

    def _is_last_bar(self, state: State, bar: int) -> bool:
        if not self._leads(state):
            return bar + 1 == len(state.meters)
        return bar + 1 == (state.asked.bars or int(BARS.high))
