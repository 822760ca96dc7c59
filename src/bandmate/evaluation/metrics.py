"""METRICS: what is measured of a whole piece, in one table; documents, the command line and comparisons follow from it.

A metric is a function of a Piece and NaN where it does not apply (no notes, no drums, a single bar, no time at all).
Where MusPy's own counting differs, it stands beside ours as `reference`, and its docstring says what is wrong with it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from bandmate.evaluation.piece import Floats, Piece
from bandmate.evaluation.symbolic import muspy, pieces, recurrence, tonality
from bandmate.score.model import Score

Measure = Callable[[Piece], float]


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric.

    Attributes:
        name: how tables and JSON call it.
        group: what it is about.
        unit: of the value; low, high: what it can be.
        measure: Piece -> float, NaN where it does not apply.
        words: what it is, in one sentence.
        reference: the same as MusPy counts it: `measure` where it counts alike, None where it has none such.
    """

    name: str
    group: str
    unit: str
    low: float
    high: float
    measure: Measure
    words: str
    reference: Measure | None = None

    @property
    def differs(self) -> bool:
        """Whether MusPy counts it otherwise."""
        return self.reference not in (None, self.measure)

    @property
    def fault(self) -> str:
        """What MusPy does otherwise, "" where it counts alike or has no such metric."""
        return _words(self.reference).split(": ", 1)[1] if self.reference and self.differs else ""


def _words(measure: Measure) -> str:
    return " ".join((measure.__doc__ or "").split("\n\n")[0].split())


def _metric(
    group: str, unit: str, low: float, high: float, measure: Measure, reference: Measure | None = None
) -> Metric:
    return Metric(measure.__name__, group, unit, low, high, measure, _words(measure), reference)


METRICS: tuple[Metric, ...] = (
    _metric("pitch", "semitones", 0, 127, pieces.pitch_range, muspy.muspy_pitch_range),
    _metric("pitch", "pitches", 0, 128, pieces.n_pitches_used, pieces.n_pitches_used),
    _metric("pitch", "pitch classes", 0, 12, pieces.n_pitch_classes_used, pieces.n_pitch_classes_used),
    _metric("pitch", "bits", 0, 7, pieces.pitch_entropy, pieces.pitch_entropy),
    _metric("pitch", "bits", 0, 3.585, pieces.pitch_class_entropy, pieces.pitch_class_entropy),
    _metric("pitch", "share", 0, 1, pieces.pitch_in_scale_rate, pieces.pitch_in_scale_rate),
    _metric("pitch", "share", 0, 1, pieces.scale_consistency, pieces.scale_consistency),
    _metric("texture", "pitches", 1, 128, pieces.polyphony, pieces.polyphony),
    _metric("texture", "share", 0, 1, pieces.polyphony_rate, muspy.muspy_polyphony_rate),
    _metric("texture", "share", 0, 1, pieces.empty_beat_rate, muspy.muspy_empty_beat_rate),
    _metric("texture", "share", 0, 1, pieces.empty_measure_rate, muspy.muspy_empty_measure_rate),
    _metric("rhythm", "share", 0, 1, pieces.drum_in_duple_rate, muspy.muspy_drum_in_duple_rate),
    _metric("rhythm", "share", 0, 1, pieces.drum_in_triple_rate, muspy.muspy_drum_in_triple_rate),
    _metric("rhythm", "share", 0, 1, pieces.drum_pattern_consistency, muspy.muspy_drum_pattern_consistency),
    _metric("rhythm", "share", 0, 1, pieces.groove_consistency, muspy.muspy_groove_consistency),
    _metric("harmony", "share", 0, 1, tonality.chord_tone_ratio),
    _metric("harmony", "distance", 0, 3, tonality.harmonic_tension),
    _metric("harmony", "distance", 0, 3, tonality.tonal_distance),
    _metric("form", "share", 0, 1, recurrence.self_similarity),
    _metric("form", "share", 0, 1, recurrence.motif_recurrence),
)  # fmt: skip
METRIC_NAMES: tuple[str, ...] = tuple(metric.name for metric in METRICS)


def _piece(music: Score | Piece) -> Piece:
    return music if isinstance(music, Piece) else Piece(music)


def measure_metrics(music: Score | Piece) -> dict[str, float]:
    """Every metric of a whole score, by name; NaN where one does not apply.

    Raises:
        ScoreError: it has more bars than a score can have.
    """
    piece = _piece(music)
    return {metric.name: metric.measure(piece) for metric in METRICS}


def reference_metrics(music: Score | Piece) -> dict[str, float]:
    """MusPy's metrics as it counts them, with its faults, by the same names."""
    piece = _piece(music)
    return {m.name: m.reference(piece) for m in METRICS if m.reference is not None}


def metric_rows(found: Sequence[dict[str, float]]) -> Floats:
    """Metrics of several pieces as a table; float (pieces, metrics)."""
    return np.array([[row[name] for name in METRIC_NAMES] for row in found], np.float64).reshape(-1, len(METRIC_NAMES))
