"""How quantities grow with size: both axes logarithmic, beside a line of slope one, which is twice for twice."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from bandmate.pictures import style
from bandmate.pictures.canvas import Canvas, save_picture

MARGIN, HEADER = 28, 60
PANEL = (520, 360)
_COLOURS: tuple[style.Colour, ...] = (style.ROLE_COLOURS["bass"], style.ROLE_COLOURS["drums"])


def draw_growth(
    sizes: Sequence[float], quantities: Mapping[str, Sequence[float]], path: str | Path, *, title: str
) -> Path:
    """Draw quantities by size, one panel each.

    Args:
        sizes: above 0, at least two.
        quantities: name with unit -> one value a size; values of 0 or less are left out.
        path: the PNG or SVG to write.
        title: heading.

    Raises:
        OutputError: the place cannot be written to.
    """
    width = 2 * MARGIN + len(quantities) * (PANEL[0] + 8)
    canvas = Canvas(width, HEADER + PANEL[1] + MARGIN)
    canvas.write((MARGIN, 18), style.fit_text(title, 26, width - 2 * MARGIN), 26)
    for index, (name, values) in enumerate(quantities.items()):
        points = [(size, value) for size, value in zip(sizes, values, strict=True) if value > 0]
        at = (MARGIN + index * (PANEL[0] + 8), HEADER)
        _panel(canvas, name, points, at, _COLOURS[index % len(_COLOURS)])
    return save_picture(canvas, path)


def _panel(
    canvas: Canvas, name: str, points: list[tuple[float, float]], at: tuple[int, int], colour: style.Colour
) -> None:
    left, top = at
    canvas.rect((left, top, left + PANEL[0] - 1, top + PANEL[1] - 1), style.PANEL, 6)
    canvas.write((left + 14, top + 10), style.clean_text(name), 18)
    if len(points) < 2:
        return
    box = (left + 62, top + 50, left + PANEL[0] - 30, top + PANEL[1] - 36)
    across, up = _span([x for x, _ in points]), _span([y for _, y in points])

    def place(x: float, y: float) -> tuple[float, float]:
        share = (
            math.log(x / across[0]) / math.log(across[1] / across[0]),
            math.log(y / up[0]) / math.log(up[1] / up[0]),
        )
        return box[0] + share[0] * (box[2] - box[0]), box[3] - min(1.0, max(0.0, share[1])) * (box[3] - box[1])

    middle = points[len(points) // 2]
    ideal = [(x, middle[1] * x / middle[0]) for x in (points[0][0], points[-1][0])]
    canvas.line([place(*point) for point in ideal], style.TEXT_FAINT, 1)
    canvas.line([place(*point) for point in points], colour, 3)
    for x, y in points:
        spot = place(x, y)
        canvas.dot((spot[0], spot[1]), 4, colour)
        canvas.write((spot[0], box[3] + 18), f"{x:,g}", 14, style.TEXT_FAINT, "mm")
        canvas.write((spot[0] + 8, spot[1] + 14), f"{y:.3g}", 14, style.TEXT_MUTED, "lm")


def _span(values: list[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    return low / 1.3, max(high * 1.3, low * 2)
