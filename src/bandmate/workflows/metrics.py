"""metrics: what published tables measure of whole pieces: of a file, of a folder, and of one folder against another."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bandmate.errors import LibraryError, ScoreError
from bandmate.evaluation.metrics import METRICS, measure_metrics, metric_rows, reference_metrics
from bandmate.evaluation.piece import Floats
from bandmate.workflows.gather import gather, skip
from bandmate.workflows.jobs import Job, Listener

WEIGHTS = {"measuring": 1.0}


@dataclass(frozen=True, slots=True)
class PieceMetrics:
    """The metrics of one piece, by name, and MusPy's as it counts them; NaN where one does not apply."""

    name: str
    values: dict[str, float]
    reference: dict[str, float]


@dataclass(frozen=True, slots=True)
class MetricsTable:
    """What `metrics` found.

    Attributes:
        subject: the file or folder.
        pieces: what was measured, by name.
        skipped: what was not, each with its reason.
    """

    subject: str
    pieces: tuple[PieceMetrics, ...]
    skipped: tuple[str, ...] = ()

    @property
    def means(self) -> dict[str, float]:
        """The mean of each metric over the pieces it applies to; NaN where it applies to none."""
        return {m.name: _mean(column) for m, column in zip(METRICS, self._rows.T, strict=True)}

    @property
    def _rows(self) -> Floats:
        return metric_rows([piece.values for piece in self.pieces])

    def lines(self) -> list[str]:
        """A table for reading: one piece beside MusPy's counting, or of several the mean, the ends and the count."""
        if len(self.pieces) == 1:
            return [self.subject, f"{'':28}{'':>11}{'MusPy':>11}", *_single(self.pieces[0])]
        head = f"{'':28}{'mean':>11}{'from':>11}{'to':>11}{'pieces':>8}"
        columns = zip(METRICS, self._rows.T, strict=True)
        rows = [f"  {m.name:26}{_spread(column[~np.isnan(column)])}  {m.unit}" for m, column in columns]
        return [f"{self.subject}: {len(self.pieces)} pieces", head, *rows]

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
                "skipped": list(self.skipped)}  # fmt: skip


def _single(piece: PieceMetrics) -> Iterator[str]:
    for metric in METRICS:
        alike = f"{'the same' if metric.reference else '':>11}"
        beside = _shown(piece.reference[metric.name]) if metric.differs else alike
        yield f"  {metric.name:26}{_shown(piece.values[metric.name])}{beside}  {metric.unit}"


def _spread(known: Floats) -> str:
    shown = (known.mean(), known.min(), known.max()) if len(known) else (np.nan,) * 3
    return "".join(map(_shown, shown)) + f"{len(known):8d}"


def _mean(column: Floats) -> float:
    known = column[~np.isnan(column)]
    return float(known.mean()) if len(known) else np.nan


def _plain(values: dict[str, float]) -> dict[str, float | None]:
    return {name: value if np.isfinite(value) else None for name, value in values.items()}


def _shown(value: float) -> str:
    return f"{'-' if np.isnan(value) else format(value, '.4g'):>11}"


def metrics(place: str | Path, *, listener: Listener | None = None) -> MetricsTable:
    """Measure a file of music, or every file of a folder.

    Args:
        place: a file, or a folder of files at any depth; files of a folder that cannot be read or measured are
            skipped and named.
        listener: gets "progress" and "notice" events.

    Raises:
        FileFormatError: the file is no music that can be read.
        ScoreError: it has more bars than can be measured.
        LibraryError: the folder is not there or holds nothing that can be measured.
    """
    job, skipped = Job(listener, WEIGHTS), []
    pieces = tuple(_measured(Path(place).expanduser(), skipped, job))
    if not pieces:
        raise LibraryError(f"{place}: nothing in it could be measured; give files of music")
    return MetricsTable(str(place), pieces, tuple(skipped))


def _measured(place: Path, skipped: list[str], job: Job) -> Iterator[PieceMetrics]:
    for name, score in gather(place, skipped, job, "measuring"):
        try:
            yield PieceMetrics(name, measure_metrics(score), reference_metrics(score))
        except ScoreError as error:
            if place.is_file():
                raise
            skip(name, error, skipped, job)
