"""One page, two back ends: what is drawn once comes out as PNG and as SVG."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from bandmate.errors import OutputError
from bandmate.pictures import style
from bandmate.pictures.canvas import Canvas, save_picture
from bandmate.pictures.paint import paint

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def page() -> Canvas:
    canvas = Canvas(80, 60)
    canvas.rect((2, 3, 11, 7), (0, 0, 255), radius=2, edge=(9, 9, 9))
    canvas.rule((0, 30, 79, 30), (255, 0, 0), 2)
    canvas.line([(0, 0), (4, 4), (8, 0)], (0, 0, 0))
    canvas.dot((40, 40), 5, (0, 128, 0))
    canvas.write((60, 10), "A < B & C", 12, anchor="rm")
    canvas.write_upright((70, 50), "up", 12)
    canvas.raster((20, 45, 29, 54), np.array([[[255, 0, 255]]], np.uint8))
    return canvas


def test_a_page_is_painted(page):
    image = paint(page)
    assert image.size == (80, 60)
    assert image.getpixel((6, 5)) == (0, 0, 255)
    assert image.getpixel((50, 30)) == (255, 0, 0)
    assert image.getpixel((40, 40)) == (0, 128, 0)
    assert image.getpixel((24, 50)) == (255, 0, 255)
    assert image.getpixel((79, 59)) == style.BACKGROUND


def test_the_same_page_is_svg_with_the_same_shapes(page):
    root = ET.fromstring(page.svg())
    assert (root.get("width"), root.get("height"), root.get("viewBox")) == ("80", "60", "0 0 80 60")
    names = [element.tag.removeprefix(SVG) for element in root]
    assert names == ["rect", "rect", "polyline", "polyline", "circle", "text", "text", "image"]
    assert (root[1].get("x"), root[1].get("width"), root[1].get("height")) == ("2", "10", "5")
    assert root[5].text == "A < B & C"
    assert root[5].get("text-anchor") == "end"
    assert root[6].get("transform", "").startswith("rotate(-90 70 50)")


def test_letters_keep_the_width_they_were_laid_out_with(page):
    text = ET.fromstring(page.svg())[5]
    assert float(text.get("textLength", "0")) == pytest.approx(style.font(12).getlength("A < B & C"), abs=0.06)


def test_upright_letters_stand_above_their_beginning():
    canvas = Canvas(40, 60)
    canvas.write_upright((20, 50), "Il", 16, (0, 0, 0))
    rows, columns = np.nonzero(np.asarray(paint(canvas).convert("L")) < 128)
    assert rows.max() <= 50
    assert 10 < columns.min() <= columns.max() < 30


def test_a_page_is_pasted_elsewhere(page):
    wide = Canvas(200, 60)
    wide.paste(page, 100, 0)
    assert paint(wide).getpixel((106, 5)) == (0, 0, 255)
    assert paint(wide).crop((100, 0, 180, 60)).tobytes() == paint(page).tobytes()


def test_the_suffix_names_the_format(page, tmp_path):
    assert Image.open(BytesIO(save_picture(page, tmp_path / "a.PNG").read_bytes())).format == "PNG"
    assert save_picture(page, tmp_path / "a.svg").read_bytes().startswith(b"<svg")
    with pytest.raises(OutputError, match=r"'\.gif' is no format of pictures; end the name in \.png or \.svg"):
        save_picture(page, tmp_path / "a.gif")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.PNG", "a.svg"]


def test_role_colours_stay_apart_in_the_eyes_of_the_colour_blind():
    # Machado, Oliveira and Fernandes (2009): deuteranopia, severity 1, on linear light
    seen = np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]])
    main = [np.array(style.ROLE_COLOURS[role]) / 255 for role in ("drums", "bass", "chords", "melody", "pad")]
    for index, one in enumerate(main):
        for other in main[index + 1 :]:
            assert np.abs(seen @ one**2.2 - seen @ other**2.2).max() > 0.06


def test_letters_stand_out_from_the_ground():
    def light(colour: style.Colour) -> float:
        linear = [part / 255 / 12.92 if part <= 10 else ((part / 255 + 0.055) / 1.055) ** 2.4 for part in colour]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    for text in (style.TEXT, style.TEXT_MUTED, style.TEXT_FAINT):
        for ground in (style.BACKGROUND, style.PANEL, style.PANEL_DARK):
            assert (light(ground) + 0.05) / (light(text) + 0.05) >= 4.0
