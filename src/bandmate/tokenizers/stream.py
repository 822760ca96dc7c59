"""Streams of notes: beginnings, ends, the waits between them, velocities; and the grammar of what may follow."""

from __future__ import annotations

import bisect
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bandmate.io.event_codes import EVENTS, UNSAID_VELOCITY, pairs_by_key, with_waits
from bandmate.score.model import Score
from bandmate.tokenizers.base import TokenSequence, TokenType
from bandmate.tokenizers.flat import FlatNotes, PlainNotes, in_time_order, one_track
from bandmate.tokenizers.representation import Words, check_length, numbers


def stream_types(single_off: bool, most: int, bins: int, end: bool, unit: str) -> tuple[TokenType, ...]:
    after = ("NOTE_ON", "NOTE_OFF", "TIME_SHIFT", *(("VELOCITY",) if bins else ()), *(("END",) if end else ()))
    off = () if single_off else numbers(0, EVENTS["NOTE_OFF"] - 1)
    types = [
        TokenType("NOTE_ON", numbers(0, EVENTS["NOTE_ON"] - 1), "a note (or drum key) begins", follows=after),
        TokenType("NOTE_OFF", off, "the note of this pitch that began first ends", follows=after),
        TokenType("TIME_SHIFT", numbers(1, most), f"time goes on by so many {unit}", follows=after),
    ]
    if single_off:
        types[1] = TokenType("NOTE_OFF", (), "every note that sounds ends", follows=after)
    if bins:
        types.append(TokenType("VELOCITY", numbers(0, bins - 1), "bin of the notes that follow", follows=("NOTE_ON",)))
    return (*types, TokenType("END", (), "the piece ends")) if end else tuple(types)


class Stream(Words, ABC):
    """What streams share; each has its clock, its bins, and what it makes of options."""

    max_time_shift: int
    single_off = False
    ends = False
    writes_velocity = True
    first_wait = 1  # what the first id of a wait stands for
    forces_velocity = False

    @abstractmethod
    def notes(self, score: Score) -> PlainNotes:
        """The notes on the clock, in the order in which equal times are written."""

    def key_of(self, notes: PlainNotes) -> NDArray[np.int64]:
        """What begins and ends, counted from the first NOTE_ON."""
        return notes.pitch

    def in_order(self, times: NDArray[Any], codes: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
        """Events by time; those of one time note by note."""
        return in_time_order(times, codes, len(self.vocabulary).bit_length())

    def bin_of(self, velocity: NDArray[Any]) -> NDArray[Any]:
        """Velocities as bins, in streams that write them."""
        raise NotImplementedError

    def velocity_of(self, bins: NDArray[Any]) -> NDArray[Any]:
        """The velocities of bins, in streams that write them."""
        raise NotImplementedError

    @abstractmethod
    def score(self, notes: FlatNotes) -> Score:
        """Notes on the clock as a score."""

    def encode(self, score: Score) -> TokenSequence:
        """The score as ids; empty for a score without notes.

        Raises:
            ScoreError: a note is out of range, or waits would fill more than memory should hold.
        """
        offset, notes = self.vocabulary.offsets, self.notes(score)
        times, codes = self._in_note_order(notes)
        times, codes = self.in_order(times, codes)
        first = offset["TIME_SHIFT"] + 1 - self.first_wait
        ids = with_waits(times, codes, first, self.max_time_shift, self._check_length)
        return TokenSequence(np.append(ids, np.int32(offset["END"])) if self.ends else ids, self.name)

    def _in_note_order(self, notes: PlainNotes) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Times and codes of events, note by note: its velocity if it is written, where it begins, where it ends."""
        offset, keys = self.vocabulary.offsets, self.key_of(notes)
        times, codes = np.empty((2, len(notes), 2 + self.writes_velocity), np.int64)
        times[:, :-1] = notes.onset[:, None]
        np.add(notes.onset, notes.duration, out=times[:, -1])
        np.add(keys, offset["NOTE_ON"], out=codes[:, -2])
        codes[:, -1] = offset["NOTE_OFF"] if self.single_off else keys + offset["NOTE_OFF"]
        if self.writes_velocity:
            bins = self.bin_of(notes.velocity)
            np.add(bins, offset["VELOCITY"], out=codes[:, 0])
            if not self.forces_velocity:
                written = np.ones(codes.shape, bool)
                np.not_equal(bins[1:], bins[:-1], out=written[1:, 0])
                return times[written], codes[written]
        return times.reshape(-1), codes.reshape(-1)

    def _check_length(self, count: int) -> None:
        check_length(count + 1, self.name)

    def decode(self, tokens: TokenSequence | ArrayLike, *, forgiving: bool = False) -> Score:
        """The score that ids stand for; what never ends ends with the sequence.

        Args:
            tokens: ids.
            forgiving: pass over ends of notes that do not sound, as a stretch cut from a piece has them.

        Raises:
            FileFormatError: ids are outside the vocabulary, or a note ends that does not sound; the message names place
                and value.
        """
        ids, offset = self.ids(tokens), self.vocabulary.offsets
        if self.ends and (ids == offset["END"]).any():
            ids = ids[: int(np.argmax(ids == offset["END"]))]
        waits, on, off = (self.vocabulary.ids(name) for name in ("TIME_SHIFT", "NOTE_ON", "NOTE_OFF"))
        is_wait = (ids >= waits[0]) & (ids <= waits[-1])
        time = np.cumsum(np.where(is_wait, ids - waits[0] + self.first_wait, 0))
        sounds = np.flatnonzero((ids >= on[0]) & (ids <= off[-1]))
        is_on = ids[sounds] < off[0]
        if self.single_off:
            ons, ends = _closed_by_next(sounds, is_on)
        else:
            ons, ends, orphans = pairs_by_key((ids[sounds] - on[0]) % len(on), is_on)
            if len(orphans) and not forgiving:
                raise self.bad(int(sounds[orphans[0]]), ids, "ends a note that does not sound")
            ons, ends = sounds[ons], np.where(ends >= 0, sounds[ends], -1)
        stop = np.where(ends >= 0, time[ends], time[-1]) if len(ons) else ends
        start = time[ons]
        keys = ids[ons] - on[0]
        instrument = keys // 128 if len(on) > 128 else self.options.program
        lengths = np.maximum(stop - start, 1)
        return self.score(one_track(start, lengths, keys % 128, self._velocities(ids, ons), instrument))

    def _velocities(self, ids: NDArray[Any], ons: NDArray[Any]) -> NDArray[Any]:
        if "VELOCITY" not in self.vocabulary.offsets:
            return np.full(len(ons), UNSAID_VELOCITY)
        said = np.flatnonzero(ids >= self.vocabulary.offsets["VELOCITY"])
        last = np.searchsorted(said, ons) - 1
        if not len(said):
            return np.full(len(ons), UNSAID_VELOCITY)
        found = self.velocity_of(ids[said[np.maximum(last, 0)]] - self.vocabulary.offsets["VELOCITY"])
        return np.where(last >= 0, np.maximum(found, 1), UNSAID_VELOCITY)


def _closed_by_next(sounds: NDArray[Any], is_on: NDArray[np.bool_]) -> tuple[NDArray[Any], NDArray[Any]]:
    ons, offs = sounds[is_on], sounds[~is_on]
    after = np.searchsorted(offs, ons)
    return ons, np.append(offs, -1)[after]


@dataclass(frozen=True, slots=True)
class StreamState:
    """Where a stream is: the keys that sound, ascending, as often as they do; the type of the last id."""

    sounding: tuple[int, ...] = ()
    last: str = ""


class EventGrammar:
    """Which id may follow in a stream; whoever only takes what it allows, ends in a sequence that decodes.

    A stream may stop anywhere; END ends it.
    """

    def __init__(self, tokenizer: Stream) -> None:
        self._vocabulary = tokenizer.vocabulary
        self._single = tokenizer.single_off
        known = tokenizer.vocabulary.types
        names = [name for name in ("NOTE_ON", "TIME_SHIFT", "VELOCITY", "END") if name in known]
        self._free = np.concatenate([self._vocabulary.ids(name) for name in names])
        self._notes = self._vocabulary.ids("NOTE_ON")

    def start(self) -> StreamState:
        """The state before the first id."""
        return StreamState()

    def allowed(self, state: StreamState) -> NDArray[np.int32]:
        """Ids that may come next, ascending; empty after END."""
        if state.last == "END":
            return np.empty(0, np.int32)
        if state.last == "VELOCITY":
            return self._notes
        ends = np.array(state.sounding[:1] if self._single else state.sounding, np.int32)
        return np.union1d(self._free, self._vocabulary.offsets["NOTE_OFF"] + ends * (not self._single)).astype(np.int32)

    def advance(self, state: StreamState, token: int) -> StreamState:
        """The state after an id.

        Raises:
            UserError: the id is not allowed here.
        """
        name, index = self._vocabulary.taken(token, self.allowed(state))
        sounding = list(state.sounding)
        if name == "NOTE_ON":
            bisect.insort(sounding, index)
        elif name == "NOTE_OFF" and self._single:
            sounding = []
        elif name == "NOTE_OFF":
            sounding.remove(index)
        return StreamState(tuple(sounding), name)
