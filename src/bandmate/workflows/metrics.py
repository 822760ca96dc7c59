"""metrics: what published tables measure of whole pieces, of a file, of a folder, and of one against another."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from bandmate.counts import counted
from bandmate.errors import BriefError, LibraryError, ScoreError
from bandmate.evaluation.frechet import metric_frechet
from bandmate.evaluation.histograms import histograms_of
from bandmate.evaluation.matching import Matched, match_scores
from bandmate.evaluation.metrics import METRICS, measure_metrics, metric_rows, reference_metrics
from bandmate.evaluation.overlap import Overlap, overlaps
from bandmate.evaluation.piece import Floats, Piece
from bandmate.evaluation.symbolic.numbers import mean
from bandmate.io.files import read
from bandmate.workflows.gather import gather, skip
from bandmate.workflows.jobs import Job, Listener


@dataclass(frozen=True, slots=True)
class PieceMetrics:
    """The metrics of one piece, by name, and MusPy's as it counts them; NaN where one does not apply."""

    name: str
    values: dict[str, float]
    reference: dict[str, float]


@dataclass(frozen=True, slots=True)
class FileComparison:
    """The notes of a file held against another's.

    Attributes:
        subject: the other file.
        notes: those of the file that begin within 50 ms of one of the same pitch in the other, matched one to one.
    """

    subject: str
    notes: Matched

    def lines(self) -> list[str]:
        """One sentence."""
        n = self.notes
        shares = f"precision {_shown(n.precision).strip()}, recall {_shown(n.recall).strip()}, F {n.f1:.4g}"
        return [f"beside {self.subject}: {n.matched} of {n.found} notes are among its {n.wanted} ({shares})"]

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        n = self.notes
        shares = _plain({"precision": n.precision, "recall": n.recall, "f1": n.f1})
        return {"subject": self.subject, "matched": n.matched, "found": n.found, "wanted": n.wanted, **shares}


@dataclass(frozen=True, slots=True)
class SetComparison:
    """A set of pieces held against another.

    Attributes:
        subject: the other folder; pieces: measured in it; means: of each metric over these.
        overlaps: one a feature of Yang and Lerch.
        frechet: distance of the two sets by their metrics; counted: how many metrics it counts.
    """

    subject: str
    pieces: int
    means: dict[str, float]
    overlaps: tuple[Overlap, ...]
    frechet: float
    counted: int

    def lines(self) -> list[str]:
        """A table for reading."""
        head = f"{'':28}{'within':>11}{'its own':>11}{'between':>11}{'overlap':>11}{'divergence':>11}"
        rows = [f"  {o.name:26}" + "".join(map(_shown, (o.within, o.within_other, o.between, o.area, o.divergence)))
                for o in self.overlaps]  # fmt: skip
        far = f"Frechet distance {_shown(self.frechet).strip()} by {self.counted} metrics"
        return [
            f"beside {self.subject}: {counted(self.pieces, 'piece')}; {far}; distances of pieces by feature:",
            head,
            *rows,
        ]

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        rows = {o.name: _plain({k: v for k, v in asdict(o).items() if k != "name"}) for o in self.overlaps}
        return {"subject": self.subject, "pieces": self.pieces, "means": _plain(self.means), "features": rows,
                "frechet": _plain({"": self.frechet})[""], "frechet_metrics": self.counted}  # fmt: skip


@dataclass(frozen=True, slots=True)
class MetricsTable:
    """What `metrics` found.

    Attributes:
        subject: the file or folder.
        pieces: what was measured, by name.
        skipped: what was not, each with its reason.
        against: how it lies to another file or folder, where that was asked.
    """

    subject: str
    pieces: tuple[PieceMetrics, ...]
    skipped: tuple[str, ...] = ()
    against: FileComparison | SetComparison | None = None

    @property
    def means(self) -> dict[str, float]:
        """The mean of each metric over the pieces it applies to; NaN where it applies to none."""
        return _means(self._rows)

    @property
    def _rows(self) -> Floats:
        return metric_rows([piece.values for piece in self.pieces])

    def lines(self) -> list[str]:
        """A table for reading: one piece beside MusPy's counting, or of several the mean, the ends and the count."""
        beside = self.against.lines() if self.against else []
        if len(self.pieces) == 1:
            return [self.subject, f"{'':28}{'':>11}{'MusPy':>11}", *_single(self.pieces[0]), *beside]
        head = f"{'':28}{'mean':>11}{'from':>11}{'to':>11}{'pieces':>8}"
        columns = zip(METRICS, self._rows.T, strict=True)
        rows = [f"  {m.name:26}{_spread(column[~np.isnan(column)])}  {m.unit}" for m, column in columns]
        return [f"{self.subject}: {counted(len(self.pieces), 'piece')}", head, *rows, *beside]

    def to_csv(self) -> str:
        """One line a piece, one column a metric; empty where it does not apply; columns muspy_* count as MusPy does."""
        theirs = [metric.name for metric in METRICS if metric.differs]
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(["piece", *(m.name for m in METRICS), *(f"muspy_{name}" for name in theirs)])
        for piece in self.pieces:
            values = [*(piece.values[m.name] for m in METRICS), *(piece.reference[name] for name in theirs)]
            writer.writerow([piece.name, *("" if np.isnan(value) else repr(value) for value in values)])
        return text.getvalue()

    def to_json(self) -> dict[str, Any]:
        """Plain data for the command line; null where a metric does not apply."""
        rows = [{"name": p.name, "metrics": _plain(p.values), "muspy": _plain(p.reference)} for p in self.pieces]
        units = {metric.name: metric.unit for metric in METRICS}
        return {"subject": self.subject, "pieces": rows, "means": _plain(self.means), "units": units,
                "skipped": list(self.skipped), "against": self.against.to_json() if self.against else None}  # fmt: skip


def _single(piece: PieceMetrics) -> Iterator[str]:
    for metric in METRICS:
        alike = f"{'the same' if metric.reference else '':>11}"
        beside = _shown(piece.reference[metric.name]) if metric.differs else alike
        yield f"  {metric.name:26}{_shown(piece.values[metric.name])}{beside}  {metric.unit}"


def _spread(known: Floats) -> str:
    shown = (known.mean(), known.min(), known.max()) if len(known) else (np.nan,) * 3
    return "".join(map(_shown, shown)) + f"{len(known):8d}"


def _means(rows: Floats) -> dict[str, float]:
    return {metric.name: mean(column) for metric, column in zip(METRICS, rows.T, strict=True)}


def _plain(values: dict[str, float]) -> dict[str, float | None]:
    return {name: value if np.isfinite(value) else None for name, value in values.items()}


def _shown(value: float) -> str:
    return f"{'-' if np.isnan(value) else format(value, '.4g'):>11}"


def metrics(place: str | Path, *, against: str | Path | None = None, listener: Listener | None = None) -> MetricsTable:
    """Measure a file of music, or every file of a folder, and hold it against another.

    Args:
        place: a file, or a folder of files at any depth; files of a folder that cannot be read or measured are
            skipped and named.
        against: of a file another file, whose notes are matched with its own; of a folder another folder, as a set.
        listener: gets "progress" and "notice" events.

    Raises:
        BriefError: a file is held against a folder, or a folder against a file.
        FileFormatError: a file that was named is no music that can be read.
        ScoreError: it has more bars than can be measured.
        LibraryError: a folder is not there or holds nothing that can be measured.
    """
    own, other = Path(place).expanduser(), None if against is None else Path(against).expanduser()
    if other is not None and own.exists() and other.exists() and own.is_file() != other.is_file():
        raise BriefError(f"{place} and {against} are a file and a folder; give two files or two folders")
    if other is not None and not other.exists():
        raise LibraryError(
            f"--against {against} is not there; give {'a file' if own.is_file() else 'a folder'} of music"
        )
    if not own.exists():
        raise LibraryError(f"{place or 'nothing'} is not there; give a file or a folder of music")
    job, skipped = Job(listener, {"measuring": 1.0} | ({"comparing": 1.0} if other else {})), []
    found = list(_measured(own, "measuring", skipped, job, features=other is not None))
    table = MetricsTable(str(place), tuple(piece for piece, _ in found), tuple(skipped))
    if other is None:
        return table
    if own.is_file():
        return replace(table, against=FileComparison(str(against), match_scores(read(own), read(other))))
    beside = list(_measured(other, "comparing", skipped, job, features=True))
    return replace(table, against=_sets(str(against), found, beside), skipped=tuple(skipped))


_Features = dict[str, Floats]


def _measured(
    place: Path, stage: str, skipped: list[str], job: Job, *, features: bool
) -> Iterator[tuple[PieceMetrics, _Features]]:
    """The metrics of each piece, and the features of Yang and Lerch where they are asked for.

    Raises:
        LibraryError: there is none.
    """
    none = True
    for name, score in gather(place, skipped, job, stage):
        try:
            piece = Piece(score)
            measured = PieceMetrics(name, measure_metrics(piece), reference_metrics(piece))
        except ScoreError as error:
            if place.is_file():
                raise
            skip(name, error, skipped, job)
            continue
        none = False
        yield measured, histograms_of(piece) if features else {}
    if none:
        raise LibraryError(f"{place}: nothing in it could be measured; give files of music")


def _sets(
    against: str, found: list[tuple[PieceMetrics, _Features]], beside: list[tuple[PieceMetrics, _Features]]
) -> SetComparison:
    own, other = (metric_rows([piece.values for piece, _ in side]) for side in (found, beside))
    distance, counted = metric_frechet(own, other)
    features = overlaps([row for _, row in found], [row for _, row in beside])
    return SetComparison(against, len(beside), _means(other), features, distance, counted)
