"""Engraving: beams by the beat, tempi in words, and pages as SVG, PNG and PDF."""

from __future__ import annotations

import io
import sys
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from PIL import Image
from pypdfium2 import PdfDocument
from pypdfium2.raw import FPDF_PAGEOBJ_IMAGE

from bandmate.errors import MissingExtra, OutputError
from bandmate.io.abc.read import parse_abc
from bandmate.io.engravable import engravable
from bandmate.io.engrave import engrave, write_engraving
from bandmate.io.musicxml_write import musicxml_bytes
from bandmate.score.model import Score, Track, make_meters, make_notes, make_tempos

BAR = 1920


def tune(bars: int = 2, tracks: int = 1) -> Score:
    onsets = [240 * n for n in range(8 * bars)]
    parts = [Track(f"part {n}", 73, notes=make_notes(onsets, 240, [60 + k % 8 for k in range(8 * bars)]))
             for n in range(tracks)]  # fmt: skip
    return Score(tuple(parts), tempos=make_tempos(96), end_ticks=bars * BAR, title="a tune")


def beams(score: Score) -> list[list[str]]:
    """The words of the beams of each note of the first bar."""
    root = ET.fromstring(engravable(musicxml_bytes(score)))
    measure = root.find("part/measure")
    assert measure is not None
    return [[beam.text or "" for beam in note.iter("beam")] for note in measure.iter("note")]


def test_eighths_are_beamed_by_the_beat():
    assert beams(tune()) == [["begin"], ["end"]] * 4


def test_six_eighths_are_beamed_by_three():
    score = Score((Track("", notes=make_notes([240 * n for n in range(6)], 240, 60)),), meters=make_meters(6, 8))
    assert beams(score) == [["begin"], ["continue"], ["end"]] * 2


def test_a_sixteenth_beside_a_dotted_eighth_has_a_hook():
    score = Score((Track("", notes=make_notes([0, 360, 480], [360, 120, 480], 60)),), end_ticks=BAR)
    assert beams(score)[:3] == [["begin"], ["end", "backward hook"], []]


def test_a_rest_ends_a_beam():
    score = Score((Track("", notes=make_notes([0, 360], [120, 120], 60)),), end_ticks=BAR)
    assert not any(beams(score))


def test_the_tempo_is_said_in_words_and_bars_keep_their_numbers():
    root = ET.fromstring(engravable(musicxml_bytes(tune()), 9))
    assert root.find(".//metronome") is None
    assert "96 BPM" in [words.text for words in root.iter("words")]
    assert [measure.get("number") for measure in root.iter("measure")] == ["9", "10"]


def test_a_page_of_svg_holds_notes_and_names():
    (page,) = engrave(tune(), first_bar=5)
    root = ET.fromstring(page)
    classes = [element.get("class") for element in root.iter()]
    assert classes.count("note") == 16
    assert classes.count("beam") == 8
    assert {"part 0", "96 BPM"} <= {text.strip() for text in root.itertext()}


def test_long_music_takes_pages_and_a_pdf_holds_them(tmp_path):
    pages = engrave(tune(60, 4), tall=False)
    first, second = (write_engraving(tune(60, 4), tmp_path / name).read_bytes() for name in ("a.pdf", "b.pdf"))
    pdf = PdfDocument(first)
    assert len(pdf) == len(pages) > 1
    assert pdf.get_page_size(0) == pytest.approx((595, 842), abs=1)  # A4
    assert first == second


def test_a_pdf_is_drawn_in_lines_and_letters(tmp_path):
    page = PdfDocument(write_engraving(tune(), tmp_path / "a.pdf"))[0]
    kinds = {thing.type for thing in page.get_objects()}
    assert FPDF_PAGEOBJ_IMAGE not in kinds
    text = page.get_textpage().get_text_range()
    assert all(words in text for words in ("a tune", "part 0", "96 BPM"))
    ink = np.asarray(page.render(scale=2).to_pil().convert("L")) < 128
    assert 0.001 < ink.mean() < 0.05


def test_flats_of_chord_symbols_are_letters(tmp_path):
    score = parse_abc('X:1\nM:4/4\nL:1/1\nQ:"Slow" 1/4=60\nK:F\n"Bbm7/Db"F|\n')[0]
    page = PdfDocument(write_engraving(score, tmp_path / "a.pdf"))[0]
    text = page.get_textpage().get_text_range()
    assert "Bbm7/Db" in text
    assert "Slow 60 BPM" in text.replace("\N{NO-BREAK SPACE}", " ")


def test_a_png_is_black_on_white(tmp_path):
    image = Image.open(io.BytesIO(write_engraving(tune(), tmp_path / "a.png").read_bytes())).convert("L")
    assert image.width > 1000
    assert image.getpixel((0, 0)) == 255
    heading = np.nonzero((np.asarray(image)[:60] < 128).any(axis=0))[0]
    assert image.width * 0.4 < heading.mean() < image.width * 0.6  # in the middle
    dark = image.getextrema()[0]
    assert isinstance(dark, int)
    assert dark < 40


def test_what_cannot_be_written_is_said(tmp_path, monkeypatch):
    with pytest.raises(OutputError, match=r"'\.gif' is no format of engraving; end the name in \.svg, \.png, \.pdf"):
        write_engraving(tune(), tmp_path / "a.gif")
    monkeypatch.setitem(sys.modules, "verovio", None)
    with pytest.raises(MissingExtra, match=r"bandmate\[scores\]"):
        engrave(tune())


def test_music_too_tall_for_one_picture_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr("bandmate.io.engrave._TALLEST", 1000)
    with pytest.raises(OutputError, match="too tall for one picture"):
        write_engraving(tune(60, 4), tmp_path / "a.svg")
