"""`arrival.v1` and `interarrival.v1`: notes as the Anticipatory Music Transformer takes them (Thickstun et al. 2023).

`arrival.v1` writes each note as a triplet of its time, its length and (instrument, pitch), in hundredths of a second.
Notes that are known beforehand are controls, with ids of their own; one stands behind the first event that is at most
five seconds before it, so a sampler knows it in time. RESTs fill silence, so that no two events are more than a second
apart. `interarrival.v1` writes beginnings, ends and the waits between.

Times of `arrival.v1` are 0 to 100 seconds. Here a piece may be longer: times count anew every 100 seconds, and an event
whose time is less than that of the one before says so. Up to 100 seconds it is what was published.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bandmate.errors import UserError
from bandmate.score.model import Score
from bandmate.score.timeline import ticks_to_seconds
from bandmate.tokenizers.base import TokenSequence, TokenType, Vocabulary
from bandmate.tokenizers.flat import FlatNotes, PlainNotes, flat_steps, one_track, score_of_steps
from bandmate.tokenizers.representation import About, Words, check_length, numbers, vocabulary_of, whole
from bandmate.tokenizers.stream import Stream

STEPS_PER_SEC = 100
TIMES, DURATIONS, NOTES = 10_000, 1_000, 129 * 128
DENSITY_STEPS = 100  # a REST stands where nothing happens for longer
VELOCITY = 72  # of what is decoded: no velocity is written
_LOSS = "velocities, tempo, meter, pedal; tracks of one instrument become one; times to 10 ms"


def _note_texts() -> tuple[str, ...]:
    names = [*map(str, range(128)), "DRUMS"]
    return tuple(f"{name}.{pitch}" for name in names for pitch in range(128))


@cache
def _arrival_vocabulary() -> Vocabulary:
    notes, times, lengths = _note_texts(), numbers(0, TIMES - 1), numbers(0, DURATIONS - 1)
    return vocabulary_of((
        TokenType("TIME", times, "hundredths of a second, counted anew every 100 s", follows=("DURATION",)),
        TokenType("DURATION", lengths, "hundredths of a second; 999 = that long or longer", follows=("NOTE", "REST")),
        TokenType("NOTE", notes, "program (or DRUMS) and pitch"),
        TokenType("REST", (), "nothing; its duration is 0"),
        TokenType("CONTROL_TIME", times, "as TIME, of a note that is known", follows=("CONTROL_DURATION",)),
        TokenType("CONTROL_DURATION", lengths, "as DURATION", follows=("CONTROL_NOTE",)),
        TokenType("CONTROL_NOTE", notes, "as NOTE"),
        TokenType("SEPARATOR", (), "three of them stand before a piece"),
        TokenType("AUTOREGRESS", (), "first of all: the sequence has no controls", follows=("SEPARATOR", "TIME")),
        TokenType("ANTICIPATE", (), "first of all: the sequence has controls", follows=("SEPARATOR", "TIME")),
    ))  # fmt: skip


@dataclass(frozen=True, slots=True)
class ArrivalOptions:
    """How arrival.v1 writes.

    Attributes:
        delta_steps: how long before its time a control stands, in hundredths of a second; 101 to 4,999.
    """

    delta_steps: int = 500

    def __post_init__(self) -> None:
        """Refuse what is out of range."""
        whole("delta_steps", self.delta_steps, DENSITY_STEPS + 1, TIMES // 2 - 1)


@dataclass(frozen=True, slots=True)
class InterarrivalOptions:
    """There is one form only, the published one."""


def _on_the_clock(score: Score) -> FlatNotes:
    """Notes in hundredths of a second, onset and length to the nearest (halves to the even one), in track order."""
    flat = flat_steps(score, score.ticks_per_quarter)
    start = ticks_to_seconds(score, flat.onset) * STEPS_PER_SEC
    stop = ticks_to_seconds(score, flat.end) * STEPS_PER_SEC
    onset, length = np.rint(start).astype(np.int64), np.rint(stop - start).astype(np.int64)
    return replace(flat, onset=onset, duration=np.maximum(length, 1))


class ArrivalTokenizer(Words):
    """`arrival.v1`: triplets by time of arrival, with controls."""

    name = "arrival.v1"
    options_type = ArrivalOptions
    options: ArrivalOptions
    about = About(
        "the Anticipatory Music Transformer's triplets by time of arrival",
        "(1 + 3 n,)",
        f"{_LOSS}; lengths beyond 9.99 s",
        "Thickstun et al. 2023",
        grammar=True,
    )

    def __init__(self, options: ArrivalOptions | None = None) -> None:
        super().__init__(options)
        self.vocabulary = _arrival_vocabulary()

    def encode(self, score: Score, *, controls: Collection[int] = ()) -> TokenSequence:
        """The score as ids: the flag, three SEPARATORs, then triplets.

        Args:
            score: anything.
            controls: indices of tracks whose notes are known beforehand.

        Raises:
            UserError: a control is no track. ScoreError: the score is longer than memory should hold.
        """
        for track in controls:
            if not 0 <= track < len(score.tracks):
                raise UserError(f"control {track} is no track; the score has tracks 0 to {len(score.tracks) - 1}")
        flat = _on_the_clock(score)
        flat = flat.take(np.lexsort((flat.duration, flat.pitch, flat.instrument, flat.onset)))
        last = int(flat.onset.max()) if len(flat) else 0
        check_length(3 * (len(flat) + last // DENSITY_STEPS), self.name)
        known = np.isin(flat.track, np.array(sorted(controls), np.int64))
        events = self._with_rests(_triplets(flat.take(~known)), last)
        given = _triplets(flat.take(known))
        # a control goes before the first event that has an event at most delta before the control behind it
        behind = np.append(0, events[:-1, 0])[: len(events)]
        place = np.searchsorted(behind, given[:, 0] - self.options.delta_steps)
        order = np.argsort(np.concatenate([2 * place, 2 * np.arange(len(events)) + 1]), kind="stable")
        offset = self.vocabulary.offsets
        for rows, prefix in ((events, ""), (given, "CONTROL_")):
            rows[:, 0] = offset[f"{prefix}TIME"] + rows[:, 0] % TIMES
            rows[:, 1] += offset[f"{prefix}DURATION"]
            rows[:, 2] += offset[f"{prefix}NOTE"]
        head = [offset["ANTICIPATE" if len(given) else "AUTOREGRESS"], *[offset["SEPARATOR"]] * 3]
        rows = np.concatenate([given, events])[order]
        return TokenSequence(np.concatenate([head, rows.reshape(-1)]).astype(np.int32), self.name)

    def _with_rests(self, events: NDArray[np.int64], last: int) -> NDArray[np.int64]:
        """Events with RESTs between those too far apart, up to where the last note begins."""
        times = np.append(events[:, 0], last)
        before = np.maximum(np.diff(times, prepend=0) - 1, 0) // DENSITY_STEPS
        place = np.cumsum(before) + np.arange(len(times))
        count = int(place[-1])  # the last place is no event
        which = np.searchsorted(place, np.arange(count))  # the event that each row belongs to or leads to
        rows = np.empty((count, 3), np.int64)
        ahead = before[which] - (place[which] - np.arange(count)) + 1
        rows[:, 0] = np.append(0, times[:-1])[which] + ahead * DENSITY_STEPS
        rows[:, 1], rows[:, 2] = 0, NOTES
        rows[place[:-1]] = events
        return rows

    def decode(self, tokens: TokenSequence | ArrayLike) -> Score:
        """The score that ids stand for: events and controls, a track an instrument, 120 BPM.

        A flag and SEPARATORs at the start may be missing; what follows later SEPARATORs is another piece and left out.

        Raises:
            FileFormatError: an id stands where it means nothing, or a triplet is cut; the message names place and id.
        """
        ids, offset = self.ids(tokens), self.vocabulary.offsets
        start = 1 if len(ids) and ids[0] > offset["SEPARATOR"] else 0
        separator = ids == offset["SEPARATOR"]
        if separator[start : start + 3].all():
            start += 3
        later = np.flatnonzero(separator[start:])
        body = ids[start : start + int(later[0])] if len(later) else ids[start:]
        if len(body) % 3:
            raise self.bad(start + len(body) - 1, ids, "is the last of a triplet that was cut; give whole triplets")
        rows = body.reshape(-1, 3)
        control = rows[:, 0] >= offset["CONTROL_TIME"]
        self._check(ids, start, rows, control)
        rows = rows - np.where(control, offset["CONTROL_TIME"], 0)[:, None]
        rows = rows - np.array([offset[name] for name in ("TIME", "DURATION", "NOTE")])
        time = _absolute(rows[:, 0], control)
        sounds = rows[:, 2] < NOTES
        time, rows = time[sounds], rows[sounds]
        notes = one_track(time, np.maximum(rows[:, 1], 1), rows[:, 2] % 128, VELOCITY, rows[:, 2] // 128)
        return score_of_steps(notes, STEPS_PER_SEC // 2)

    def _check(self, ids: NDArray[np.int64], start: int, rows: NDArray[np.int64], control: NDArray[np.bool_]) -> None:
        names = ("TIME", "DURATION", "NOTE")
        low = np.array([self.vocabulary.offsets[name] for name in names])
        high = low + np.array([TIMES, DURATIONS, NOTES + 1])  # REST comes right behind the notes
        shift = np.where(control, self.vocabulary.offsets["CONTROL_TIME"], 0)[:, None]
        wrong = (rows < low + shift) | (rows >= high + shift)
        wrong[:, 2] |= control & (rows[:, 2] >= self.vocabulary.offsets["SEPARATOR"])
        if wrong.any():
            at = int(np.argmax(wrong.reshape(-1)))
            prefix = "CONTROL_" if control[at // 3] else ""
            raise self.bad(start + at, ids, f"stands where a {prefix}{names[at % 3]} must")


def _triplets(flat: FlatNotes) -> NDArray[np.int64]:
    length = np.minimum(flat.duration, DURATIONS - 1)
    return np.stack([flat.onset, length, flat.instrument * 128 + flat.pitch], axis=1)


def _absolute(times: NDArray[np.int64], control: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Times that count on: an event earlier than the last begins the next 100 s, a control is near its event."""
    events = times[~control]
    events = events + TIMES * np.cumsum(np.diff(events, prepend=0) < 0)
    behind = np.append(0, events)[np.cumsum(~control)]  # the time of the last event at each place
    near = behind + (times - behind + TIMES // 2) % TIMES - TIMES // 2
    near[near < 0] += TIMES
    near[~control] = events
    return near


class InterarrivalTokenizer(Stream):
    """`interarrival.v1`: beginnings, ends and waits, each beginning with its instrument."""

    name = "interarrival.v1"
    options_type = InterarrivalOptions
    options: InterarrivalOptions
    about = About(
        "the Anticipatory Music Transformer's beginnings, ends and waits",
        "(tokens,)",
        f"{_LOSS}; of two overlapping notes of one pitch the ends change places",
        "Thickstun et al. 2023; a wait beyond 9.99 s is several, not cut",
        grammar=True,
    )
    writes_velocity = False
    max_time_shift = DURATIONS - 1
    first_wait = 0

    def __init__(self, options: InterarrivalOptions | None = None) -> None:
        super().__init__(options)
        self.vocabulary = _interarrival_vocabulary()

    def notes(self, score: Score) -> FlatNotes:
        """The notes on the clock."""
        return _on_the_clock(score).by_time()

    def key_of(self, notes: PlainNotes) -> NDArray[np.int64]:
        """Instrument and pitch."""
        assert isinstance(notes, FlatNotes)
        return notes.instrument * 128 + notes.pitch

    def in_order(
        self, times: NDArray[np.int64], codes: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Events by time, ends before beginnings."""
        order = np.lexsort((codes < self.vocabulary.offsets["NOTE_OFF"], times))
        return times[order], codes[order]

    def score(self, notes: FlatNotes) -> Score:
        """Notes on the clock as a score at 120 BPM."""
        return score_of_steps(replace(notes, velocity=np.full(len(notes), VELOCITY)), STEPS_PER_SEC // 2)


@cache
def _interarrival_vocabulary() -> Vocabulary:
    after, notes = ("NOTE_ON", "NOTE_OFF", "TIME_SHIFT"), _note_texts()
    return vocabulary_of((
        TokenType("TIME_SHIFT", numbers(0, DURATIONS - 1), "hundredths of a second go by", follows=after),
        TokenType("NOTE_ON", notes, "a note of this program (or DRUMS) and pitch begins", follows=after),
        TokenType("NOTE_OFF", notes, "the one that began first ends", follows=after),
        TokenType("SEPARATOR", (), "between pieces"),
    ))  # fmt: skip
