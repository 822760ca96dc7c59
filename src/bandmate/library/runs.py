"""RunIndex: every run of notes of a set of pieces, so that a copied one is found in milliseconds.

What counts as the same run: the same semitone steps and the same classes of ratios between gaps of onsets, note by
note, in the top line of a pitched track (see `library.fingerprint`); key, tempo, octave of the whole, velocity and
note length do not matter. Drums are never looked at: their loops are common property.

What counts as copied. A run is not weighed by its notes but by its *different* three-note figures plus two, and a
figure in equal gaps counts only EQUAL_GAP: a repeated note weighs 2 however often it sounds, a scale in equal notes
about 4, a broken chord that goes round and round about 5, a melody of n notes with a rhythm nearly n. Runs with fewer
than MIN_INTERVALS different steps are never copies. A run is *common* if it is found in COMMON_WORKS or more works of
the index: then it belongs to nobody. What is left is still shared by chance now and then, the more the larger the
index: benchmarks/copies.py measures how often songs by people, held out of the index, go over the limit.

Source: suffix arrays by prefix doubling after Manber and Myers 1993, cut off at DEPTH symbols; the rules are ours.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from bandmate.analysis.meter import place, score_bars
from bandmate.errors import ModelError
from bandmate.io.atomic import atomic_write
from bandmate.library.fingerprint import (
    STEPS_PER_QUARTER,
    SYMBOLS,
    Line,
    intervals_of,
    melodic_lines,
    ratios_of,
    symbols,
)
from bandmate.score.model import Score

DEPTH = 48  # symbols by which suffixes are sorted; longer matches are measured one by one
QUICK = 12  # symbols looked at first
WIDE = 64  # suffixes tried for a match that is longer than DEPTH
EQUAL_GAP = 0.6
MIN_INTERVALS = 3
COMMON_WORKS = 3
BREAK = SYMBOLS  # between lines, and where a line rests
_NEVER = SYMBOLS + 1  # past the end of a question: equal to nothing in the index
FORMAT = 1


@dataclass(frozen=True, slots=True)
class CopiedRun:
    """A run of notes that a piece of the index has, too.

    Attributes:
        notes: its length; 0 = nothing in common. weight: what it weighs (see the top of this file), rounded down.
        piece: name of the piece of the index; track, bar: where it starts there (track and bar from 0).
        own_track, own_bar: where it starts in the score that was asked about.
        works: how many works of the index hold it.
    """

    notes: int = 0
    weight: int = 0
    piece: str = ""
    track: int = 0
    bar: int = 0
    own_track: int = 0
    own_bar: int = 0
    works: int = 0


@dataclass(frozen=True, slots=True)
class CopyReport:
    """What of a score is copied.

    Attributes:
        limit: the heaviest run that is allowed; passed: whether none is heavier.
        longest: the heaviest run that counts (not common, enough different steps), within the limit or not.
        over: runs over the limit, heaviest first. share: share of the score's line notes that lie in them, 0..1.
    """

    limit: int
    passed: bool
    longest: CopiedRun
    over: tuple[CopiedRun, ...]
    share: float


@dataclass(frozen=True, slots=True, eq=False)
class _Candidate:
    weight: int
    run: NDArray[Any]
    at: int
    line: Line
    start: int


def weigh(run: NDArray[Any]) -> int:
    """What a run of symbols weighs, rounded down (see the top of this file)."""
    equal = ratios_of(np.unique(run)) == 0
    return int(2 + np.where(equal, EQUAL_GAP, 1.0).sum() + 1e-9) if len(run) else 0


def _ranks(keys: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Order of the keys, and the rank of each."""
    order = np.argsort(keys)
    ordered = keys[order]
    step = np.empty(len(keys), np.int32)
    step[0] = 0
    np.cumsum(ordered[1:] != ordered[:-1], out=step[1:])
    ranks = np.empty(len(keys), np.int32)
    ranks[order] = step
    return order, ranks


def _suffix_order(codes: NDArray[np.uint32]) -> NDArray[np.int32]:
    """Places of the codes, sorted by the DEPTH codes that start there."""
    size = len(codes)
    wide = np.full(size + 2, 0, np.int64)
    wide[:size] = codes
    keys = (wide[:-2] << 34) | (wide[1:-1] << 17) | wide[2:]
    order, ranks = _ranks(keys)
    depth = 3
    while depth < DEPTH and int(ranks.max()) < size - 1:
        keys = ranks.astype(np.int64) << 32
        keys[:-depth] |= ranks[depth:].astype(np.int64) + 1
        order, ranks = _ranks(keys)
        depth *= 2
    return order.astype(np.int32)


@dataclass(frozen=True, slots=True, eq=False)
class CodedLines:
    """The lines of a set of pieces as symbols, one after the other; see `RunIndex` for the fields."""

    codes: NDArray[np.uint32]
    bars: NDArray[np.uint16]
    starts: NDArray[np.int64]
    lines: NDArray[np.int32]
    names: tuple[str, ...]
    works: tuple[str, ...]


def coded_lines(pieces: Iterable[tuple[str, str, Score]]) -> CodedLines:
    """The lines of pieces given as (name, work, score), which are read one after the other and not kept."""
    codes, bars, starts, lines, names, works = [], [], [], [], [], []
    size = 0
    for name, work, score in pieces:
        for line in melodic_lines(score):
            found, broken = symbols(line)
            if not len(found):
                continue
            coded = np.append(np.where(broken, BREAK, found), BREAK).astype(np.uint32)
            codes.append(coded)
            bars.append(np.append(bars_of(score, line)[: len(found)], 0).astype(np.uint16))
            starts.append(size)
            lines.append((len(names), line.track))
            size += len(coded)
        names.append(name)
        works.append(work)
    return CodedLines(
        np.concatenate(codes) if codes else np.zeros(0, np.uint32),
        np.concatenate(bars) if bars else np.zeros(0, np.uint16),
        np.array(starts, np.int64),
        np.array(lines, np.int32).reshape(-1, 2),
        tuple(names),
        tuple(works),
    )


class RunIndex:
    """The runs of a set of pieces.

    Args:
        codes: symbols of all lines, each line ended by a break; uint32 (n,).
        suffixes: places in codes, sorted by what starts there; int32 (n,).
        bars: bar in which each symbol starts; uint16 (n,).
        starts: where each line starts in codes; int64 (lines,).
        lines: piece and track of each line; int32 (lines, 2).
        names, works: of the pieces.
    """

    def __init__(
        self,
        codes: NDArray[np.uint32],
        suffixes: NDArray[np.int32],
        bars: NDArray[np.uint16],
        starts: NDArray[np.int64],
        lines: NDArray[np.int32],
        names: Sequence[str],
        works: Sequence[str],
    ) -> None:
        self.size = len(codes)
        self.codes = np.concatenate([codes, np.full(DEPTH, BREAK, np.uint32)])
        self.suffixes, self.bars, self.starts, self.lines = suffixes, bars, starts, lines
        self.names, self.works = tuple(names), tuple(works)
        known: dict[str, int] = {}
        self._work_of = np.array([known.setdefault(work, len(known)) for work in self.works], np.int64)

    @classmethod
    def build(cls, pieces: Iterable[tuple[str, str, Score]]) -> RunIndex:
        """Index pieces given as (name, work, score); they are read one after the other and not kept."""
        return cls.of_lines(coded_lines(pieces))

    @classmethod
    def of_lines(cls, found: CodedLines) -> RunIndex:
        """Index coded lines."""
        suffixes = _suffix_order(found.codes) if len(found.codes) else np.zeros(0, np.int32)
        return cls(found.codes, suffixes, found.bars, found.starts, found.lines, found.names, found.works)

    def __len__(self) -> int:
        return len(self.names)

    def save(self, path: str | Path) -> Path:
        """Write to an .npz file of plain arrays.

        Raises:
            OutputError: the place cannot be written.
        """
        header = json.dumps({"format": FORMAT, "names": self.names, "works": self.works}).encode("utf-8")
        with atomic_write(path) as temporary, temporary.open("wb") as file:
            np.savez(
                file, header=np.frombuffer(header, np.uint8), codes=self.codes[: self.size], suffixes=self.suffixes,
                bars=self.bars, starts=self.starts, lines=self.lines,
            )  # fmt: skip
        return Path(path)

    @classmethod
    def load(cls, path: str | Path) -> RunIndex:
        """Read what `save` wrote.

        Raises:
            ModelError: it is missing, damaged or of another version; the message names the file and the cure.
        """
        try:
            with Path(path).open("rb") as file, np.load(file, allow_pickle=False) as data:
                header = json.loads(bytes(data["header"]).decode("utf-8"))
                arrays = {name: data[name] for name in ("codes", "suffixes", "bars", "starts", "lines")}
        except FileNotFoundError as error:
            raise ModelError(f"{path} is missing; learn the model again, which makes it anew") from error
        except (OSError, ValueError, KeyError, EOFError, TypeError, AttributeError, BadZipFile) as error:
            raise ModelError(f"{path} is damaged ({error}); learn the model again, which makes it anew") from error
        if header.get("format") != FORMAT or len(arrays["suffixes"]) != len(arrays["codes"]):
            raise ModelError(f"{path} is of another version; learn the model again, which makes it anew")
        return cls(**arrays, names=header["names"], works=header["works"])

    # questions

    def matches(self, codes: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The longest match of each place of a line.

        Args:
            codes: symbols of the line; (m,).

        Returns:
            Its length in symbols, and a place in `self.codes` where it starts; int (m,) each.
        """
        question = np.append(codes.astype(np.int64), np.full(DEPTH, _NEVER))
        count = len(codes)
        length, at = np.zeros(count, np.int64), np.zeros(count, np.int64)
        if not count or not self.size:
            return length, at
        windows = np.lib.stride_tricks.sliding_window_view(question, DEPTH)[:count]
        length, at, _ = self._nearest(windows[:, :QUICK])
        long = np.flatnonzero(length >= QUICK)
        if len(long):
            length[long], at[long], rank = self._nearest(windows[long])
            for place_, row in zip(long[length[long] >= DEPTH], rank[length[long] >= DEPTH], strict=True):
                length[place_], at[place_] = self._longest_beyond(question, int(place_), int(row))
        return length, at

    def _common(self, places: NDArray[np.int64], windows: NDArray[np.int64]) -> NDArray[np.int64]:
        """How many codes at each place equal the window beside it; breaks equal nothing."""
        found = self.codes[places[:, None] + np.arange(windows.shape[1])]
        same = (found == windows) & (found < BREAK)
        return np.where(same.all(1), windows.shape[1], same.argmin(1))

    def _lower(self, windows: NDArray[np.int64], above: bool = False) -> NDArray[np.int64]:
        """Where each window would stand among the suffixes: before its equals, or after them."""
        width = windows.shape[1]
        low, high = np.zeros(len(windows), np.int64), np.full(len(windows), self.size, np.int64)
        rows, columns = np.arange(len(windows)), np.arange(width)
        for _ in range(self.size.bit_length()):
            open_ = low < high
            middle = np.minimum((low + high) // 2, self.size - 1)
            found = self.codes[self.suffixes[middle][:, None] + columns].astype(np.int64)
            differs = found != windows
            first = differs.argmax(1)
            less = found[rows, first] < windows[rows, first]
            less |= above & ~differs[rows, first]
            low = np.where(open_ & less, middle + 1, low)
            high = np.where(open_ & ~less, middle, high)
        return low

    def _nearest(self, windows: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Length and place of the longest match of each window, and its rank among the suffixes."""
        unique, back = np.unique(windows, axis=0, return_inverse=True)
        rank = self._lower(unique)
        after, before = np.minimum(rank, self.size - 1), np.maximum(rank - 1, 0)
        places = np.stack([self.suffixes[after], self.suffixes[before]]).astype(np.int64)
        lengths = np.stack([self._common(places[0], unique), self._common(places[1], unique)])
        better = lengths.argmax(0)
        columns = np.arange(len(unique))
        back = back.ravel()
        return (
            lengths[better, columns][back],
            places[better, columns][back],
            np.where(better == 0, after, before)[back],
        )

    def _longest_beyond(self, question: NDArray[np.int64], start: int, rank: int) -> tuple[int, int]:
        """The longest match among the suffixes beside a rank that share DEPTH codes with the question."""
        best = (DEPTH, int(self.suffixes[rank]))
        for place_ in self.suffixes[max(0, rank - WIDE) : rank + WIDE]:
            size = min(len(question) - start, len(self.codes) - int(place_))
            found = self.codes[place_ : place_ + size].astype(np.int64)
            same = (found == question[start : start + size]) & (found < BREAK)
            best = max(best, (size if same.all() else int(same.argmin()), int(place_)))
        return best

    def works_with(self, codes: NDArray[Any]) -> int:
        """How many works of the index hold a run of symbols (its first DEPTH ones)."""
        window = codes[None, :DEPTH].astype(np.int64)
        low, high = int(self._lower(window)[0]), int(self._lower(window, above=True)[0])
        line = np.searchsorted(self.starts, self.suffixes[low:high], side="right") - 1
        return len(np.unique(self._work_of[self.lines[line, 0]]))

    def _candidates(self, score: Score, min_weight: int) -> list[_Candidate]:
        """Runs that the index holds, none inside another, heaviest first."""
        found = []
        for line in melodic_lines(score):
            codes, broken = symbols(line)
            codes = np.where(broken, _NEVER, codes)
            length, at = self.matches(codes)
            before = np.append(0, length[:-1])
            for start in np.flatnonzero((length >= max(1, min_weight - 2)) & (length >= before)):
                run = codes[start : start + length[start]]
                weight = weigh(run)
                if weight >= min_weight and len(np.unique(intervals_of(run))) >= MIN_INTERVALS:
                    found.append(_Candidate(weight, run, int(at[start]), line, int(start)))
        return sorted(found, key=lambda item: (-item.weight, -len(item.run), item.line.track, item.start))

    def _run(self, score: Score, item: _Candidate) -> CopiedRun:
        line = int(np.searchsorted(self.starts, item.at, side="right")) - 1
        piece, track = (int(value) for value in self.lines[line])
        return CopiedRun(
            notes=len(item.run) + 2, weight=item.weight, piece=self.names[piece], track=track,
            bar=int(self.bars[item.at]), own_track=item.line.track,
            own_bar=int(bars_of(score, item.line)[item.start]), works=self.works_with(item.run),
        )  # fmt: skip

    def runs(self, score: Score, min_weight: int = 6) -> list[CopiedRun]:
        """The runs of a score that the index holds, none inside another, heaviest first; common ones among them.

        Args:
            score: any score.
            min_weight: lighter runs, and runs of fewer than MIN_INTERVALS different steps, are passed over.
        """
        return [self._run(score, item) for item in self._candidates(score, min_weight)]

    def longest_copied_run(self, score: Score) -> CopiedRun:
        """The heaviest run that a score shares with a piece of the index and that is not common property.

        Returns:
            The run; `CopiedRun()` with 0 notes if there is none.
        """
        every = (self._run(score, item) for item in self._candidates(score, 3))
        return next((run for run in every if run.works < COMMON_WORKS), CopiedRun())


def bars_of(score: Score, line: Line) -> NDArray[np.int64]:
    """The bar in which each note of a line begins, from 0; int (n,)."""
    ticks = line.onset_steps * score.ticks_per_quarter // STEPS_PER_QUARTER
    return place(ticks, score_bars(score), score.ticks_per_quarter).bar


def copy_check(score: Score, index: RunIndex, limit: int = 8) -> CopyReport:
    """Check that a score copies no run heavier than a limit from the pieces of an index.

    Args:
        score: what was made.
        index: what it was made from.
        limit: heaviest run allowed (see the rules at the top of this file).
    """
    runs = [run for run in index.runs(score, limit + 1) if run.works < COMMON_WORKS]
    notes = sum(len(line.pitch) for line in melodic_lines(score))
    return CopyReport(
        limit=limit,
        passed=not runs,
        longest=runs[0] if runs else index.longest_copied_run(score),
        over=tuple(runs),
        share=min(1.0, sum(run.notes for run in runs) / notes) if notes else 0.0,
    )
