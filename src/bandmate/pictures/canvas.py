"""One drawing model for every picture: shapes on a page, painted as PNG (`paint`) or written as SVG (`svg`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from bandmate.errors import OutputError
from bandmate.io.atomic import write_bytes_atomic
from bandmate.pictures import style

Colour = style.Colour
Point = tuple[float, float]
Box = tuple[float, float, float, float]  # left, top, right, bottom; right and bottom are in


@dataclass(frozen=True, slots=True)
class Rect:
    """A filled rectangle; `edge` is the colour of its outline, None = no outline."""

    box: Box
    colour: Colour
    radius: float = 0.0
    edge: Colour | None = None

    def moved(self, dx: float, dy: float) -> Rect:
        """The same elsewhere."""
        return replace(self, box=_moved(self.box, dx, dy))


@dataclass(frozen=True, slots=True)
class Line:
    """A line through points."""

    points: tuple[Point, ...]
    colour: Colour
    width: float = 1.0

    def moved(self, dx: float, dy: float) -> Line:
        """The same elsewhere."""
        return replace(self, points=tuple((x + dx, y + dy) for x, y in self.points))


@dataclass(frozen=True, slots=True)
class Dot:
    """A filled circle."""

    at: Point
    radius: float
    colour: Colour

    def moved(self, dx: float, dy: float) -> Dot:
        """The same elsewhere."""
        return replace(self, at=(self.at[0] + dx, self.at[1] + dy))


@dataclass(frozen=True, slots=True)
class Words:
    """One line of text; `anchor` is l, m or r and a (top) or m (middle); upright text reads from bottom to top."""

    at: Point
    text: str
    size: int
    colour: Colour
    anchor: str = "la"
    upright: bool = False

    def moved(self, dx: float, dy: float) -> Words:
        """The same elsewhere."""
        return replace(self, at=(self.at[0] + dx, self.at[1] + dy))


@dataclass(frozen=True, slots=True, eq=False)
class Raster:
    """Coloured cells, uint8 (rows, columns, 3), stretched over a box without smoothing."""

    box: Box
    cells: NDArray[Any]

    def moved(self, dx: float, dy: float) -> Raster:
        """The same elsewhere."""
        return replace(self, box=_moved(self.box, dx, dy))


Shape = Rect | Line | Dot | Words | Raster


def _moved(box: Box, dx: float, dy: float) -> Box:
    return (box[0] + dx, box[1] + dy, box[2] + dx, box[3] + dy)


@dataclass(slots=True)
class Canvas:
    """A page in the house colour, its size in px, and what is drawn on it in order."""

    width: int
    height: int
    shapes: list[Shape] = field(default_factory=list)

    def rect(self, box: Sequence[float], colour: Colour, radius: float = 0.0, edge: Colour | None = None) -> None:
        """A filled rectangle, right and bottom in."""
        self.shapes.append(Rect((box[0], box[1], box[2], box[3]), colour, radius, edge))

    def line(self, points: Sequence[Point], colour: Colour, width: float = 1.0) -> None:
        """A line through two points or more."""
        self.shapes.append(Line(tuple(points), colour, width))

    def rule(self, box: Sequence[float], colour: Colour, width: float = 1.0) -> None:
        """A straight line from left, top to right, bottom."""
        self.shapes.append(Line(((box[0], box[1]), (box[2], box[3])), colour, width))

    def dot(self, at: Point, radius: float, colour: Colour) -> None:
        """A filled circle."""
        self.shapes.append(Dot(at, radius, colour))

    def write(self, at: Point, text: str, size: int, colour: Colour = style.TEXT, anchor: str = "la") -> None:
        """One line of text."""
        if text:
            self.shapes.append(Words(at, text, size, colour, anchor))

    def write_upright(self, at: Point, text: str, size: int, colour: Colour = style.TEXT) -> None:
        """One line of text from bottom to top, which begins at a point and is centred on its x."""
        if text:
            self.shapes.append(Words(at, text, size, colour, "lm", upright=True))

    def raster(self, box: Sequence[float], cells: NDArray[Any]) -> None:
        """Coloured cells over a box."""
        self.shapes.append(Raster((box[0], box[1], box[2], box[3]), cells))

    def paste(self, other: Canvas, left: float, top: float) -> None:
        """Everything that stands on another page."""
        self.shapes += [shape.moved(left, top) for shape in other.shapes]

    def png(self) -> bytes:
        """As a PNG file."""
        from bandmate.pictures.paint import paint, png_bytes

        return png_bytes(paint(self))

    def svg(self) -> bytes:
        """As an SVG file."""
        from bandmate.pictures.svg import svg_text

        return svg_text(self).encode("utf-8")


FORMATS: dict[str, Callable[[Canvas], bytes]] = {".png": Canvas.png, ".svg": Canvas.svg}


def check_picture(path: str | Path) -> Path:
    """The path, if its suffix names a format of pictures.

    Raises:
        OutputError: it does not.
    """
    if Path(path).suffix.lower() not in FORMATS:
        raise OutputError(f"{path}: '{Path(path).suffix}' is no format of pictures; end the name in .png or .svg")
    return Path(path)


def save_picture(canvas: Canvas, path: str | Path) -> Path:
    """Write a picture whole or not at all, in the format that the suffix names.

    Raises:
        OutputError: no such format, or the place cannot be written to; the message names it.
    """
    return write_bytes_atomic(path, FORMATS[check_picture(path).suffix.lower()](canvas))
