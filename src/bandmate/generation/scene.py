"""Scene: what stands around the cells that are to be written, as far as it is of use to who writes them.

Of any score: how each track plays (range, voices, touch), key and chords, and a stretch of it on the grid.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.analysis.chords import estimate_chords
from bandmate.analysis.descriptors import piece_view
from bandmate.analysis.harmony import estimate_key
from bandmate.analysis.voices import roles_of
from bandmate.errors import BriefError, ScoreError
from bandmate.score.gm import program_range
from bandmate.score.locks import TrackLock, bound
from bandmate.score.model import Score, Track, make_meters, make_tempos
from bandmate.score.pitch import Chord, Key
from bandmate.score.plan import PlannedTrack
from bandmate.score.timeline import bar_grid, bar_of
from bandmate.tokenizers import grid_table as table
from bandmate.tokenizers.grid import CELL_NOTE, GridPiece, GridTrack, encode_piece

MOST_TRACKS = 8  # seen at once, as in training
_LEAST_RANGE = 12  # semitones a part may use, however few it used so far
_BEYOND = 2  # semitones beyond what it used so far
_FEW_VELOCITIES = 4  # a part that knows no more keeps to them
_ON_GRID = 0.9  # share of onsets on the grid from which on a part counts as quantised
_WHOLE_KIT = (35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 53, 54, 55, 56, 57, 59)
_KIT = (35, 36, 37, 38, 39, 40, 42, 44, 46, 49, 51, 57)  # a drummer reaches these besides what was struck so far
_LINES = ("bass", "melody", "lead", "vox")


@dataclass(frozen=True, slots=True)
class Part:
    """How a track plays.

    Attributes:
        role: "bass", "chords" ...; program, is_drum: its sound.
        low, high: pitches it may use; keys: of drums, the keys it may strike, empty = all.
        at_once: most notes that begin together; voices: most that sound together.
        velocities: those it knows, where they are few, else empty; on_grid: whether it plays exactly on the grid.
        hit_ticks: how long a drum stroke lasts, 0 = a sixteenth.
        density: notes a quarter in bars in which it plays, 0 = not known.
        lock: what else binds it, None = nothing.
    """

    role: str
    program: int
    is_drum: bool
    low: int = 0
    high: int = 127
    keys: tuple[int, ...] = ()
    at_once: int = 16
    voices: int = 16
    velocities: tuple[int, ...] = ()
    on_grid: bool = False
    hit_ticks: int = 0
    density: float = 0.0
    lock: TrackLock | None = None

    @classmethod
    def of(cls, track: Track, ticks_per_quarter: int, bars: NDArray[Any]) -> Part:
        """How a track has played so far."""
        notes, role = track.notes, track.role or ("drums" if track.is_drum else "melody")
        if not len(notes):
            low, high = (0, 127) if track.is_drum else program_range(track.program)
            return cls(role, track.program, track.is_drum, low, high, at_once=1 if role in _LINES else 4,
                       voices=1 if role in _LINES else 4)  # fmt: skip
        at_once, voices = _together(notes, ticks_per_quarter)
        low, high = _range(track)
        velocities = np.unique(notes["velocity"])
        quarters = np.unique(bar_of(bars, notes["onset_ticks"]), return_counts=True)
        played = bars["length_ticks"][quarters[0]].sum() / ticks_per_quarter
        exact = notes["onset_ticks"] * table.STEPS_PER_QUARTER / ticks_per_quarter
        return cls(
            role, track.program, track.is_drum, low, high,
            keys=tuple(sorted({*_KIT, *notes["pitch"].tolist()})) if track.is_drum else (),
            at_once=at_once, voices=voices,
            velocities=tuple(velocities.tolist()) if len(velocities) <= _FEW_VELOCITIES else (),
            on_grid=bool((np.abs(exact - np.rint(exact)) <= 0.5 * table.STEPS_PER_QUARTER / ticks_per_quarter).mean()
                         >= _ON_GRID),
            hit_ticks=int(np.median(notes["duration_ticks"])) if track.is_drum else 0,
            density=float(len(notes) / max(played, 1e-9)),
        )  # fmt: skip

    @classmethod
    def planned(cls, track: PlannedTrack) -> Part:
        """How a track that is new shall play."""
        voices = max(1, track.polyphony)
        keys = _WHOLE_KIT if track.is_drum else ()
        return cls(track.role, track.program, track.is_drum, track.low, track.high, keys, voices, voices)


def locked_parts(score: Score, parts: Mapping[int, Part], locks: Sequence[TrackLock]) -> dict[int, Part]:
    """Parts with what is locked on their tracks: range, voices and keys are those of the lock.

    Raises:
        BriefError: a lock names no track of the score, or asks loosely. RuleConflict: it contradicts itself.
    """
    if any(lock.near_density or lock.near_voices or lock.near_low is not None for lock in locks):
        raise BriefError("an edit cannot be asked loosely (~); write bounds, such as 'density 4-8'")
    planned = [
        PlannedTrack(p.role, t.name or p.role, p.program, p.is_drum, p.low, p.high, p.voices)
        for p, t in ((parts.get(i) or Part(t.role, t.program, t.is_drum), t) for i, t in enumerate(score.tracks))
    ]
    found = dict(parts)
    for index, track in enumerate(bound(planned, locks)):
        if track.lock is None or index not in parts:
            continue
        part, lock = parts[index], track.lock
        voices = track.polyphony if lock.most_voices or lock.fewest_voices else part.at_once
        keys = tuple(sorted({*part.keys, *(key for key, _ in lock.voices)})) if part.keys else ()
        found[index] = replace(part, low=track.low, high=track.high, keys=keys, at_once=voices,
                               voices=track.polyphony, lock=lock)  # fmt: skip
    return found


def _together(notes: NDArray[Any], ticks_per_quarter: int) -> tuple[int, int]:
    """Most notes that begin, and that sound, together; ends that lap over the next beginning a little do not count."""
    step = max(1, ticks_per_quarter // 8)
    at = np.rint(notes["onset_ticks"] * table.STEPS_PER_QUARTER / ticks_per_quarter)
    at_once = int(np.percentile(np.unique(at, return_counts=True)[1], 99))
    onset = np.sort(notes["onset_ticks"])
    ends = np.sort(notes["onset_ticks"] + np.maximum(notes["duration_ticks"] - step, 1))
    sounding = np.arange(1, len(onset) + 1) - np.searchsorted(ends, onset, side="right")
    return max(1, at_once), max(1, at_once, int(np.percentile(sounding, 98)))


def _range(track: Track) -> tuple[int, int]:
    if track.is_drum:
        return 0, 127
    pitch = track.notes["pitch"].astype(np.int64)
    low, high = int(pitch.min()) - _BEYOND, int(pitch.max()) + _BEYOND
    short = max(0, _LEAST_RANGE - (high - low))
    return max(0, low - short // 2), min(127, high + (short + 1) // 2)


def with_roles(score: Score) -> Score:
    """The score whose tracks carry what they do in the piece; roles that are known stay."""
    if all(track.role or not len(track.notes) for track in score.tracks):
        return score
    guesses = roles_of(piece_view(score, bar_grid(score)), use_program=True, use_name=True)
    named = (replace(t, role=t.role or guess.role) for t, guess in zip(score.tracks, guesses, strict=True))
    return replace(score, tracks=tuple(named))


@dataclass(frozen=True, slots=True, eq=False)
class Harmony:
    """Key and chords of a piece: two chords a bar, None where nothing says."""

    key: Key | None
    chords: tuple[Chord | None, ...]

    @classmethod
    def of(cls, score: Score) -> Harmony:
        """What a score plays."""
        bars = bar_grid(score)
        if not any(len(track.notes) and not track.is_drum for track in score.tracks):
            return cls(None, (None,) * (2 * len(bars)))
        return cls(estimate_key(score, bars).key, estimate_chords(score, bars))

    def at(self, bar: int, half: int) -> Chord | None:
        """The chord of the first or second half of a bar; None where nothing says."""
        place = 2 * bar + half
        return self.chords[place] if 0 <= place < len(self.chords) else None


@dataclass(frozen=True, slots=True, eq=False)
class Stretch:
    """Some bars of some tracks on the grid.

    Attributes:
        piece: with all notes of the stretch; first_bar: its first bar in the score.
        tracks: the score's track of each of the piece's tracks.
        bars: BAR rows of the score.
        before, after: whether the score has bars before and after.
    """

    piece: GridPiece
    first_bar: int
    tracks: tuple[int, ...]
    bars: NDArray[Any]
    before: bool
    after: bool


def company(score: Score, asked: Sequence[int], span: tuple[int, int]) -> tuple[int, ...]:
    """The asked tracks and those that most help to write them: drums, bass, then the fullest in the ticks around."""

    def worth(index: int) -> tuple[bool, int]:
        onset = score.tracks[index].notes["onset_ticks"]
        near = int(((onset >= span[0]) & (onset < span[1])).sum())
        return score.tracks[index].role in ("drums", "bass") and near > 0, near

    others = [i for i, track in enumerate(score.tracks) if i not in asked and len(track.notes) and worth(i)[1]]
    kept = sorted(others, key=worth, reverse=True)[: max(0, MOST_TRACKS - len(asked))]
    return tuple(sorted({*asked, *kept}))


def stretch_of(score: Score, harmony: Harmony, tracks: Sequence[int], first: int, last: int) -> Stretch:
    """Bars `first` to `last` (from 0, the last out) of some tracks on the grid.

    Raises:
        ScoreError: a bar is longer than the grid holds.
    """
    grid = bar_grid(score)
    bars = grid[first:last]
    start, end = int(bars["start_ticks"][0]), int(bars["start_ticks"][-1] + bars["length_ticks"][-1])
    limit = table.MAX_STEPS * score.ticks_per_quarter // table.STEPS_PER_QUARTER
    if bars["length_ticks"].max() > limit:
        long = bars[int(np.argmax(bars["length_ticks"]))]
        raise ScoreError(f"bars of {long['numerator']}/{long['denominator']} are too long to write in; 8 quarters fit")
    parts = [_part_of(score.tracks[index], start, end) for index in tracks]
    meters = np.concatenate([make_meters(int(b["numerator"]), int(b["denominator"]), int(b["start_ticks"] - start))
                             for b in bars])  # fmt: skip
    light = Score(
        tuple(parts), score.ticks_per_quarter, make_tempos(_tempo_at(score, start)), meters, end_ticks=end - start
    )
    codes = [harmony.at(bar, half) for bar in range(first, last) for half in (0, 1)]
    piece = _whole(encode_piece(light, {"chords": codes}), parts, len(bars))
    following = harmony.at(last, 0)
    piece.chords[-1] = table.chord_code(following) if following else 0
    piece.chords[piece.chords == 1] = 0  # where nothing says, nothing is told
    return Stretch(replace(piece, key=harmony.key), first, tuple(tracks), grid, first > 0, last < len(grid))


def _part_of(track: Track, start: int, end: int) -> Track:
    onset = track.notes["onset_ticks"]
    notes = track.notes[(onset >= start) & (onset < end)].copy()
    notes["duration_ticks"] = np.minimum(notes["duration_ticks"], end - notes["onset_ticks"])
    notes["onset_ticks"] -= start
    return Track(track.name, track.program, track.is_drum, notes, role=track.role)


def _tempo_at(score: Score, ticks: int) -> float:
    before = score.tempos[score.tempos["ticks"] <= ticks]
    return 60e6 / int(before["us_per_quarter"][-1]) if len(before) else score.bpm


def _whole(piece: GridPiece, parts: Sequence[Track], bars: int) -> GridPiece:
    """The piece with tracks that are silent in it too, in the order of the parts."""
    kept = [index for index, part in enumerate(parts) if len(part.notes)]
    tracks = [GridTrack(p.program, p.is_drum, p.role, p.name) for p in parts]
    level = np.full((len(parts), bars), table.LEVEL_EMPTY, np.int16)
    echo = np.zeros((len(parts), bars), np.int16)
    notes = piece.notes.copy() if kept else np.empty(0, CELL_NOTE)
    for slot, index in enumerate(kept):
        tracks[index] = piece.tracks[slot]
        level[index], echo[index] = piece.level[slot][:bars], piece.echo[slot][:bars]
    if kept:
        notes["track"] = np.array(kept)[notes["track"]]
    return replace(piece, tracks=tuple(tracks), notes=notes, level=level, echo=echo)
