"""Locks: what binds one track of a piece beside key and chords, as data, and how they meet the tracks of a plan."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bandmate.counts import counted
from bandmate.errors import BriefError, RuleConflict
from bandmate.score.gm import program_name, program_range

if TYPE_CHECKING:
    from bandmate.score.plan import PlannedTrack

STROKE = "x"
ALL = ("", "all")


@dataclass(frozen=True, slots=True)
class TrackLock:
    """What binds one track; a field that is None, 0 or empty binds nothing.

    Attributes:
        track: role, name or one-based number of the track as it was typed; "" or "all" = every pitched track.
        low, high: lowest and highest MIDI pitch.
        pitches: the MIDI pitches that may sound.
        chord_tones: only tones of the chord that sounds.
        fewest_voices: least notes that begin together; most_voices: most notes at once.
        least, most: notes a bar, in bars in which the track sounds.
        rhythm: a bar of strokes each, repeated: a note begins at every "x" and nowhere else.
        voices: drum keys, each with such bars: the key is struck at every "x" and nowhere else.
        near_density: about so many notes a bar; near_voices: about so many that begin together;
        near_low, near_high: where most of its notes lie. These steer and forbid nothing.
    """

    track: str = ""
    low: int | None = None
    high: int | None = None
    pitches: tuple[int, ...] = ()
    chord_tones: bool = False
    fewest_voices: int = 0
    most_voices: int | None = None
    least: int = 0
    most: int | None = None
    rhythm: tuple[str, ...] = ()
    voices: tuple[tuple[int, tuple[str, ...]], ...] = ()
    near_density: float | None = None
    near_voices: float | None = None
    near_low: int | None = None
    near_high: int | None = None

    @property
    def empty(self) -> bool:
        """Whether it binds and steers nothing."""
        return replace(self, track="") == TrackLock()

    def to_json(self) -> dict[str, Any]:
        """Plain data, without what binds nothing."""
        return {f.name: value for f in fields(self) if (value := asdict(self)[f.name]) != f.default}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> TrackLock:
        """Read what `to_json` wrote."""
        values = dict(data)
        for name in ("pitches", "rhythm"):
            values[name] = tuple(values.get(name, ()))
        values["voices"] = tuple((int(key), tuple(bars)) for key, bars in values.get("voices", ()))
        return cls(**values)

    def joined(self, other: TrackLock) -> TrackLock:
        """Both locks on one track: what either forbids is forbidden.

        Raises:
            RuleConflict: they leave no range, number of notes, pitch or rhythm.
        """
        made = replace(
            self,
            low=_or(max, self.low, other.low), high=_or(min, self.high, other.high),
            pitches=_common(self.pitches, other.pitches), chord_tones=self.chord_tones or other.chord_tones,
            fewest_voices=max(self.fewest_voices, other.fewest_voices),
            most_voices=_or(min, self.most_voices, other.most_voices),
            least=max(self.least, other.least), most=_or(min, self.most, other.most),
            rhythm=self.rhythm or other.rhythm, voices=self.voices + other.voices,
            near_density=_later(self.near_density, other.near_density),
            near_voices=_later(self.near_voices, other.near_voices),
            near_low=_later(self.near_low, other.near_low), near_high=_later(self.near_high, other.near_high),
        )  # fmt: skip
        if self.rhythm and other.rhythm and self.rhythm != other.rhythm:
            raise RuleConflict(f"{self.track or 'all'}: two rhythms are locked; give one of them")
        if self.pitches and other.pitches and not made.pitches:
            raise RuleConflict(f"{self.track or 'all'}: two pitch sets have no pitch in common; widen one of them")
        struck = [key for key, _ in made.voices]
        if len(set(struck)) < len(struck):
            raise RuleConflict(f"{self.track or 'drums'}: one drum has two patterns; give one of them")
        made.check()
        return made

    def check(self) -> None:
        """Raise RuleConflict if a lock contradicts itself."""
        name = self.track or "all tracks"
        if self.low is not None and self.high is not None and self.low > self.high:
            raise RuleConflict(f"{name}: range {self.low}-{self.high} is empty; give the lower note first")
        if self.most_voices is not None and self.fewest_voices > self.most_voices:
            raise RuleConflict(
                f"{name}: polyphony at least {self.fewest_voices} and at most {self.most_voices} contradict each other"
            )
        if self.most is not None and self.least > self.most:
            raise RuleConflict(f"{name}: density at least {self.least} and at most {self.most} contradict each other")


def _or(pick: Any, one: int | None, two: int | None) -> int | None:
    return two if one is None else one if two is None else pick(one, two)


def _later(one: Any, two: Any) -> Any:
    return one if two is None else two


def _common(one: tuple[int, ...], two: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(sorted(set(one) & set(two))) if one and two else one or two


def strokes(bars: Sequence[str], bar: int, steps: int) -> list[int]:
    """Where the strokes of a pattern lie in a bar of so many steps; the bars of the pattern come round and round.

    Raises:
        BriefError: the pattern does not divide the bar; the message says what would.
    """
    pattern = bars[bar % len(bars)]
    if steps % len(pattern):
        fitting = [str(n) for n in range(2, 65) if steps % n == 0][-8:]
        raise BriefError(
            f"a pattern of {len(pattern)} steps does not divide a bar of {steps / 24:g} quarters evenly; "
            f"write {', '.join(fitting)} steps a bar, with | between bars"
        )
    return [place * steps // len(pattern) for place, sign in enumerate(pattern) if sign == STROKE]


def settle(tracks: Sequence[PlannedTrack], active: NDArray[np.bool_], steps: int) -> None:
    """Let tracks with a locked rhythm sound only where it has strokes, in place.

    Raises:
        BriefError: a pattern does not divide the bar. RuleConflict: a rhythm has no stroke in any bar of the piece.
    """
    bars = np.arange(active.shape[1])
    for index, track in enumerate(tracks):
        if track.lock is None:
            continue
        for _, pattern in track.lock.voices:
            for bar in range(min(len(pattern), len(bars))):
                strokes(pattern, bar, steps)
        if not track.lock.rhythm:
            continue
        struck = np.array([bool(strokes(track.lock.rhythm, int(bar), steps)) for bar in bars])
        if not struck.any():
            raise RuleConflict(
                f"the rhythm of {track.name} has no stroke in the first {counted(len(bars), 'bar')}; give more bars"
            )
        active[index] &= struck
        if not active[index].any():
            active[index] = struck


def bound(tracks: Sequence[PlannedTrack], locks: Sequence[TrackLock]) -> tuple[PlannedTrack, ...]:
    """Tracks of a plan with the locks that bind them.

    Args:
        tracks: of the plan.
        locks: as asked; each names a role (all tracks of it), a name, or a number.

    Raises:
        BriefError: a lock names no track of the plan. RuleConflict: two locks of one track contradict each other.
    """
    out = [replace(track, lock=None) for track in tracks]
    for lock in locks:
        lock.check()
        for index in places_of(out, lock):
            old = out[index].lock
            mine = replace(lock, track=out[index].name)
            out[index] = replace(out[index], lock=mine if old is None else old.joined(mine))
    return tuple(_fitted(track) for track in out)


def _fitted(track: PlannedTrack) -> PlannedTrack:
    """A locked track whose range and number of voices are those of the lock, inside what its instrument plays."""
    lock = track.lock
    if lock is None:
        return track
    voices = max(track.polyphony, lock.fewest_voices, int(np.ceil(lock.near_voices or 0)))
    voices = min(voices if lock.most_voices is None else lock.most_voices, 16)
    if track.is_drum:
        return replace(track, polyphony=voices)
    least, most = program_range(track.program)
    low, high = lock.low, lock.high
    if low is None and high is None:
        low, high = lock.near_low, lock.near_high
    if low is None and high is None:
        sound = [pitch for pitch in lock.pitches if least <= pitch <= most]
        inside = any(track.low <= pitch <= track.high for pitch in sound)
        low, high = (track.low, track.high) if inside or not sound else (least, most)
    low, high = low or 0, 127 if high is None else high
    if low > most or high < least:
        raise RuleConflict(
            f"{track.name}: the range {low}-{high} lies outside what {program_name(track.program)} plays "
            f"({least}-{most}); change the range or the instrument"
        )
    if lock.low is None and lock.high is None and lock.near_low is not None:
        low, high = min(low, track.low), max(high, track.high)  # only a hint: other notes stay possible
    return replace(track, low=max(low, least), high=min(high, most), polyphony=voices)


def places_of(tracks: Sequence[PlannedTrack], lock: TrackLock) -> list[int]:
    """Which tracks a lock binds.

    Raises:
        BriefError: it names none of them, or binds what they do not have.
    """
    name = lock.track.strip().lower()
    if name in ALL:
        if lock.voices:
            return [i for i, track in enumerate(tracks) if track.is_drum and track.role == "drums"]
        return [i for i, track in enumerate(tracks) if not track.is_drum]
    if name.isdigit():
        found = [int(name) - 1] if 1 <= int(name) <= len(tracks) else []
    else:
        found = [i for i, track in enumerate(tracks) if name in (track.role, track.name.lower())]
    if not found:
        known = [track.name for track in tracks]
        close = difflib.get_close_matches(name, [*known, *(track.role for track in tracks)], n=1)
        hint = f"did you mean '{close[0]}'? " if close else ""
        raise BriefError(
            f"there is no track '{lock.track}', which a lock or --audio-rhythm names; {hint}the tracks "
            f"are {', '.join(known)}: add it with --tracks, or leave the lock out"
        )
    wrong = next((tracks[i] for i in found if lock.voices and not tracks[i].is_drum), None)
    if wrong is not None:
        raise BriefError(f"{wrong.name} has no kick, snare or hat; drum patterns bind drums, for others write rhythm")
    if lock.fewest_voices > 1 and any(tracks[i].is_drum for i in found):
        raise BriefError("polyphony of drums can be limited but not asked for; write it like 'drums: polyphony 2'")
    pitched = lock.near_low or lock.pitches or lock.low is not None or lock.high is not None or lock.chord_tones
    wrong = next((tracks[i] for i in found if pitched and tracks[i].is_drum), None)
    if wrong is not None:
        raise BriefError(
            f"{wrong.name} are drums, which have no range, pitches or chord tones to lock; name another track"
        )
    return found
