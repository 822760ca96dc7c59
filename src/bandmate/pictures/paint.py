"""A page as pixels, painted with Pillow."""

from __future__ import annotations

from functools import singledispatch
from io import BytesIO

from PIL import Image, ImageDraw, ImageFont

from bandmate.pictures import style
from bandmate.pictures.canvas import Canvas, Dot, Line, Raster, Rect, Words


def paint(canvas: Canvas) -> Image.Image:
    """The page as an image."""
    image = Image.new("RGB", (canvas.width, canvas.height), style.BACKGROUND)
    draw = ImageDraw.Draw(image)
    for shape in canvas.shapes:
        _put(shape, image, draw)
    return image


def png_bytes(image: Image.Image) -> bytes:
    """An image as the bytes of a PNG file."""
    buffer = BytesIO()
    image.save(buffer, "PNG", compress_level=6)
    return buffer.getvalue()


@singledispatch
def _put(shape: object, image: Image.Image, draw: ImageDraw.ImageDraw) -> None:
    raise TypeError(type(shape).__name__)


@_put.register
def _(shape: Rect, image: Image.Image, draw: ImageDraw.ImageDraw) -> None:
    left, top, right, bottom = shape.box
    box = (left, top, max(left, right), max(top, bottom))
    if shape.radius:
        draw.rounded_rectangle(box, shape.radius, shape.colour, shape.edge, 1 if shape.edge else 0)
    else:
        draw.rectangle(box, shape.colour, shape.edge, 1 if shape.edge else 0)


@_put.register
def _(shape: Line, image: Image.Image, draw: ImageDraw.ImageDraw) -> None:
    draw.line(shape.points, shape.colour, max(1, round(shape.width)), "curve" if len(shape.points) > 2 else None)


@_put.register
def _(shape: Dot, image: Image.Image, draw: ImageDraw.ImageDraw) -> None:
    (x, y), radius = shape.at, shape.radius
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), shape.colour)


@_put.register
def _(shape: Words, image: Image.Image, draw: ImageDraw.ImageDraw) -> None:
    if shape.upright:
        _put_upright(shape, draw)
        return
    face = style.font(shape.size)
    if isinstance(face, ImageFont.FreeTypeFont):
        draw.text(shape.at, shape.text, font=face, fill=shape.colour, anchor=shape.anchor)
    else:  # a Pillow built without FreeType has one bitmap font and no anchors
        draw.text((shape.at[0], shape.at[1] - (6 if shape.anchor[1] == "m" else 0)), shape.text, font=face,
                  fill=shape.colour)  # fmt: skip


def _put_upright(shape: Words, draw: ImageDraw.ImageDraw) -> None:
    length, depth = int(style.font(shape.size).getlength(shape.text)) + 2, shape.size + 6
    strip = Image.new("L", (length, depth))
    level = Words((0.0, depth / 2), shape.text, shape.size, (255, 255, 255), "lm")
    face = style.font(level.size)
    if isinstance(face, ImageFont.FreeTypeFont):
        ImageDraw.Draw(strip).text(level.at, level.text, font=face, fill=255, anchor="lm")
    else:
        ImageDraw.Draw(strip).text((0, 2), level.text, font=face, fill=255)
    draw.bitmap((round(shape.at[0] - depth / 2), round(shape.at[1] - length)), strip.rotate(90, expand=True),
                shape.colour)  # fmt: skip


@_put.register
def _(shape: Raster, image: Image.Image, draw: ImageDraw.ImageDraw) -> None:
    left, top, right, bottom = (round(edge) for edge in shape.box)
    cells = Image.fromarray(shape.cells, "RGB")
    image.paste(cells.resize((max(1, right - left + 1), max(1, bottom - top + 1)), Image.Resampling.NEAREST),
                (left, top))  # fmt: skip
