"""A page as SVG: shapes and letters that stay sharp at any size.

Letters keep the width that they were laid out with (`textLength`), whatever font the reader's machine has.
"""

from __future__ import annotations

from base64 import b64encode
from functools import singledispatch
from xml.sax.saxutils import escape

from PIL import Image, ImageFont

from bandmate.pictures import style
from bandmate.pictures.canvas import Canvas, Dot, Line, Raster, Rect, Words
from bandmate.pictures.paint import png_bytes

_FONTS = "Aileron, 'Helvetica Neue', Helvetica, Arial, sans-serif"
_ANCHORS = {"l": "start", "m": "middle", "r": "end"}


def svg_text(canvas: Canvas) -> str:
    """The page as an SVG document."""
    size = f'width="{canvas.width}" height="{canvas.height}" viewBox="0 0 {canvas.width} {canvas.height}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" xml:space="preserve" {size} font-family="{_FONTS}">'
    ground = f'<rect width="{canvas.width}" height="{canvas.height}" fill="{_hex(style.BACKGROUND)}"/>'
    return "\n".join([head, ground, *(_element(shape) for shape in canvas.shapes), "</svg>", ""])


def _hex(colour: style.Colour) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


@singledispatch
def _element(shape: object) -> str:
    raise TypeError(type(shape).__name__)


@_element.register
def _(shape: Rect) -> str:
    left, top, right, bottom = shape.box
    size = f'width="{_number(max(0, right - left) + 1)}" height="{_number(max(0, bottom - top) + 1)}"'
    round_ = f' rx="{_number(shape.radius)}"' if shape.radius else ""
    edge = f' stroke="{_hex(shape.edge)}"' if shape.edge else ""
    return f'<rect x="{_number(left)}" y="{_number(top)}" {size}{round_} fill="{_hex(shape.colour)}"{edge}/>'


@_element.register
def _(shape: Line) -> str:
    points = " ".join(f"{_number(x)},{_number(y)}" for x, y in shape.points)
    return (
        f'<polyline points="{points}" fill="none" stroke="{_hex(shape.colour)}" stroke-width="{_number(shape.width)}"/>'
    )


@_element.register
def _(shape: Dot) -> str:
    x, y = shape.at
    return f'<circle cx="{_number(x)}" cy="{_number(y)}" r="{_number(shape.radius)}" fill="{_hex(shape.colour)}"/>'


@_element.register
def _(shape: Words) -> str:
    x, y = shape.at
    face = style.font(shape.size)
    above, below = face.getmetrics() if isinstance(face, ImageFont.FreeTypeFont) else (shape.size, 0)
    base = above if shape.anchor[1] == "a" else (above - below) / 2
    place = f'x="{_number(x)}" y="{_number(y + base)}"'
    turn = f' transform="rotate(-90 {_number(x)} {_number(y)})"' if shape.upright else ""
    length = f'textLength="{_number(face.getlength(shape.text))}" lengthAdjust="spacingAndGlyphs"'
    anchor = f' text-anchor="{_ANCHORS[shape.anchor[0]]}"' if shape.anchor[0] != "l" else ""
    return (
        f'<text {place}{turn} font-size="{shape.size}" fill="{_hex(shape.colour)}"{anchor} {length}>'
        f"{escape(shape.text)}</text>"
    )


@_element.register
def _(shape: Raster) -> str:
    left, top, right, bottom = shape.box
    data = b64encode(png_bytes(Image.fromarray(shape.cells, "RGB"))).decode("ascii")
    return (
        f'<image x="{_number(left)}" y="{_number(top)}" width="{_number(right - left + 1)}" '
        f'height="{_number(bottom - top + 1)}" preserveAspectRatio="none" style="image-rendering:pixelated" '
        f'href="data:image/png;base64,{data}"/>'
    )
