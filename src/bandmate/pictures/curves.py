"""The curves of a training run, from its log of one JSON object a line."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bandmate.errors import FileFormatError
from bandmate.pictures import style
from bandmate.pictures.canvas import Canvas, save_picture

MARGIN, HEADER = 28, 84
BIG, SMALL = (1120, 380), (368, 210)
COLUMNS = 3
TRAIN: style.Colour = style.ROLE_COLOURS["bass"]
HELD_OUT: style.Colour = style.ROLE_COLOURS["drums"]
_NOT_DRAWN = ("step", "time")


@dataclass(slots=True)
class Curve:
    """One measured quantity: values by step, from training and from held-out pieces (`valid/...`)."""

    name: str
    train: dict[int, float] = field(default_factory=dict)
    valid: dict[int, float] = field(default_factory=dict)


def read_curves(log: str | Path) -> list[Curve]:
    """The curves of a log; a step that was written twice counts as last written, a broken last line is left out.

    Raises:
        FileFormatError: the log is missing, or no line of it is an object with a step; the message names it.
    """
    path = Path(log)
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise FileFormatError(f"{path} cannot be read as a training log; give the log.jsonl of a run") from error
    curves: dict[str, Curve] = {}
    for line in lines:
        for name, value in _numbers(line).items():
            if name in _NOT_DRAWN:
                continue
            curve = curves.setdefault(name.removeprefix("valid/"), Curve(name.removeprefix("valid/")))
            (curve.valid if name.startswith("valid/") else curve.train)[int(_numbers(line)["step"])] = value
    if not curves:
        raise FileFormatError(f"{path} holds no line with a step and a value; give the log.jsonl of a run")
    return sorted(curves.values(), key=lambda curve: curve.name != "loss")


def _numbers(line: str) -> dict[str, float]:
    try:
        row: Any = json.loads(line)
    except ValueError:
        return {}
    if not isinstance(row, dict) or not isinstance(row.get("step"), int):
        return {}
    return {k: float(v) for k, v in row.items() if isinstance(v, int | float) and math.isfinite(v)}


def draw_curves(log: str | Path, path: str | Path, *, title: str | None = None) -> Path:
    """Draw a training log: the loss large, every other quantity small, held-out values over those of training.

    Args:
        log: a file of JSON lines with "step" and numbers; names that begin with "valid/" are held-out.
        path: the PNG or SVG to write.
        title: heading; None = the name of the log's folder.

    Raises:
        FileFormatError: the log cannot be read. OutputError: the place cannot be written to.
    """
    return save_picture(curves_canvas(read_curves(log), title or Path(log).resolve().parent.name), path)


def curves_canvas(curves: Sequence[Curve], title: str) -> Canvas:
    """Curves as a page: the first large, the others small."""
    rows = -(-(len(curves) - 1) // COLUMNS)
    height = HEADER + BIG[1] + rows * (SMALL[1] + 8) + MARGIN
    canvas = Canvas(BIG[0] + 2 * MARGIN, height)
    canvas.write((MARGIN, 18), style.fit_text(title, 28, BIG[0]), 28)
    main = curves[0]
    last = max([*main.train, *main.valid, 0])
    parts = [f"step {last:,}", *(f"{name} {_last(values)}" for name, values in _named(main) if values)]
    if main.valid:
        parts.append(f"best held-out {min(main.valid.values()):.4g}")
    canvas.write((MARGIN, 54), "   ·   ".join(parts), 17, style.TEXT_MUTED)
    _panel(canvas, main, (MARGIN, HEADER), BIG, 17)
    for index, curve in enumerate(curves[1:]):
        at = (MARGIN + (index % COLUMNS) * (SMALL[0] + 8), HEADER + BIG[1] + 8 + index // COLUMNS * (SMALL[1] + 8))
        _panel(canvas, curve, at, SMALL, 14)
    return canvas


def _named(curve: Curve) -> list[tuple[str, dict[int, float]]]:
    return [("training", curve.train), ("held-out", curve.valid)]


def _last(values: dict[int, float]) -> str:
    return f"{values[max(values)]:.4g}"


def _ticks(low: float, high: float, count: int) -> list[float]:
    """Round numbers inside a range, about so many."""
    raw = (high - low) / max(1, count)
    size = 10 ** math.floor(math.log10(raw)) if raw > 0 else 1.0
    step = next(size * factor for factor in (1, 2, 5, 10) if size * factor >= raw * 0.999)
    first = math.ceil(low / step - 1e-9)
    return [n * step for n in range(first, math.floor(high / step + 1e-9) + 1)]


def _panel(canvas: Canvas, curve: Curve, at: tuple[int, int], size: tuple[int, int], text: int) -> None:
    left, top = at
    canvas.rect((left, top, left + size[0] - 1, top + size[1] - 1), style.PANEL, 6)
    canvas.write((left + 14, top + 10), style.clean_text(curve.name.replace("_", " ")), text + 2)
    box = (left + 62, top + text + 30, left + size[0] - 20, top + size[1] - text - 18)
    points = {**curve.train, **{step: value for step, value in curve.valid.items() if step not in curve.train}}
    every = [*curve.train.values(), *curve.valid.values()]
    low, high = _span(every)
    first, last = min(points), max(max(points), min(points) + 1)

    def place(step: float, value: float) -> tuple[float, float]:
        x = box[0] + (step - first) / (last - first) * (box[2] - box[0])
        return x, box[3] - (min(max(value, low), high) - low) / (high - low) * (box[3] - box[1])

    for value in _ticks(low, high, 5 if size == BIG else 3):
        y = place(first, value)[1]
        canvas.rule((box[0], y, box[2], y), style.LINE)
        canvas.write((box[0] - 8, y), f"{value:g}", text - 2, style.TEXT_FAINT, "rm")
    for step in _ticks(first, last, 8 if size == BIG else 3):
        x = place(step, low)[0]
        canvas.rule((x, box[1], x, box[3]), style.LINE)
        label = f"{step:,.0f}"
        x = min(x, box[2] - style.font(text - 2).getlength(label) / 2)
        canvas.write((x, box[3] + 12), label, text - 2, style.TEXT_FAINT, "mm")
    legend = left + size[0] - 20.0
    for (name, values), colour in zip(_named(curve)[::-1], (HELD_OUT, TRAIN), strict=True):
        if values:
            canvas.write((legend, top + 12), f"{name} {_last(values)}", text - 1, colour, "ra")
            legend -= style.font(text - 1).getlength(f"{name} {_last(values)}") + 16
    _draw_curve(canvas, [place(*item) for item in sorted(curve.train.items())], style.mix(style.PANEL, TRAIN, 0.4), 1)
    _draw_curve(canvas, [place(*item) for item in smooth(curve.train)], TRAIN, 2)
    _draw_curve(canvas, [place(*item) for item in sorted(curve.valid.items())], HELD_OUT, 3)


def _span(values: list[float]) -> tuple[float, float]:
    """The range shown: all values, but the first wild ones do not flatten the rest."""
    ordered = sorted(values)
    low, high = ordered[0], ordered[-1]
    likely = ordered[int(0.98 * (len(ordered) - 1))]
    if len(ordered) > 50 and high - low > 3 * (likely - low) > 0:
        high = likely
    room = (high - low) * 0.05 or abs(high) * 0.05 or 1.0
    return low - room, high + room


def smooth(values: dict[int, float]) -> list[tuple[int, float]]:
    """A moving mean over a twentieth of the run."""
    items = sorted(values.items())
    half = len(items) // 40
    if half < 2:
        return items
    sums = [0.0]
    for _, value in items:
        sums.append(sums[-1] + value)
    spans = [(max(0, i - half), min(len(items), i + half + 1)) for i in range(len(items))]
    return [(items[i][0], (sums[b] - sums[a]) / (b - a)) for i, (a, b) in enumerate(spans)]


def _draw_curve(canvas: Canvas, points: list[tuple[float, float]], colour: style.Colour, width: int) -> None:
    if len(points) > 1:
        canvas.line(points, colour, width)
    for x, y in points if len(points) <= 12 else ():
        canvas.dot((x, y), width, colour)
