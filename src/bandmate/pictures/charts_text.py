"""Charts in letters, for a terminal: bars, histograms, and curves as dots of braille."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bandmate.counts import counted
from bandmate.pictures.curves import Curve, smooth
from bandmate.pictures.library import FIFTHS, LibraryFacts, key_counts

_EIGHTHS = "▏▎▍▌▋▊▉█"
_BRAILLE = np.array([[1, 8], [2, 16], [4, 32], [64, 128]])
NAMES = 22  # letters of a name


def bars_text(rows: Sequence[tuple[str, float]], width: int) -> list[str]:
    """One line a row: its name, a bar, its number."""
    most = max((value for _, value in rows), default=1.0) or 1.0
    room = max(8, width - NAMES - 10)
    return [f"{name[:NAMES]:>{NAMES}} {_bar(value / most, room)} {value:,.4g}" for name, value in rows]


def _bar(share: float, room: int) -> str:
    eighths = round(share * room * 8)
    return "█" * (eighths // 8) + (_EIGHTHS[eighths % 8 - 1] if eighths % 8 else "")


def library_text(facts: LibraryFacts, width: int = 100) -> str:
    """A library in letters: tempi, keys, instruments and genres."""
    tempi = facts.tempi[np.isfinite(facts.tempi)]
    steps = Counter((np.minimum(tempi, 399) // 20 * 20).astype(int).tolist())
    keys = key_counts(facts.keys)
    genres = Counter(genre or "not known" for genre in facts.genres)
    pieces = counted(len(facts.keys), "piece")
    parts = {
        f"{pieces} by tempo (BPM)": [(f"{low} to {low + 19}", steps[low]) for low in sorted(steps)],
        "by key": [(f"{name} {mode}", int(keys[place, column])) for place, name in enumerate(FIFTHS)
                   for column, mode in enumerate(("major", "minor")) if keys[place, column]],
        "by instrument": facts.instruments.most_common(12),
        "by genre": genres.most_common(12),
    }  # fmt: skip
    lines: list[str] = []
    for title, rows in parts.items():
        lines += [title, *bars_text(rows, width), ""]
    return "\n".join(lines)


def curves_text(curves: Sequence[Curve], width: int = 100, height: int = 12) -> str:
    """The first curve as dots, training and held-out in one frame, then the last value of every quantity."""
    main, room = curves[0], max(20, width - 12)
    every = {**main.train, **main.valid}
    values = np.array([value for _, value in smooth(main.train)] + list(main.valid.values()))
    low, high = float(values.min()), float(values.max())
    dots = np.zeros((height * 4, room * 2), bool)
    first, last = min(every), max(max(every), min(every) + 1)
    for points in (smooth(main.train), sorted(main.valid.items())):
        for step, value in points:
            row = round((high - value) / max(high - low, 1e-12) * (height * 4 - 1))
            dots[row, round((step - first) / (last - first) * (room * 2 - 1))] = True
    rows = _dotted(dots)
    labels = {0: f"{high:.4g}", height - 1: f"{low:.4g}"}
    lines = [f"{main.name}, steps {first:,} to {last:,}"]
    lines += [f"{labels.get(index, ''):>10} {row}".rstrip() for index, row in enumerate(rows)]
    for curve in curves:
        parts = [f"{name} {values[max(values)]:.4g}" for name, values in
                 (("training", curve.train), ("held-out", curve.valid)) if values]  # fmt: skip
        lines.append(f"{curve.name[:NAMES]:>{NAMES}}  {', '.join(parts)}"[:width])
    return "\n".join(lines) + "\n"


def _dotted(dots: NDArray[np.bool_]) -> list[str]:
    rows, columns = dots.shape
    codes = (dots.reshape(rows // 4, 4, columns // 2, 2).transpose(0, 2, 1, 3) * _BRAILLE).sum(axis=(2, 3))
    return ["".join(chr(0x2800 + code) if code else " " for code in line) for line in codes.tolist()]
