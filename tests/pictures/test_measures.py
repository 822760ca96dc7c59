"""Shares, bands and counts: what is drawn where."""

from __future__ import annotations

import pytest
from PIL import Image

from bandmate.errors import OutputError
from bandmate.pictures.measures import (
    INSIDE,
    OUTSIDE,
    SHARE,
    BandLine,
    ShareBar,
    draw_bands,
    draw_counts,
    draw_shares,
)


def count(path, colour) -> int:
    with Image.open(path) as image:
        return {found: n for n, found in image.getcolors(2**20)}.get(colour, 0)


def test_a_bar_is_as_long_as_its_share(tmp_path) -> None:
    one, half, none = (
        count(draw_shares([ShareBar("key", share)], tmp_path / f"{share}.png", title="t"), SHARE)
        for share in (1.0, 0.5, 0.0)
    )
    assert one == pytest.approx(2 * half, rel=0.02) and none < 0.01 * one


def test_what_lies_outside_of_the_band_is_red(tmp_path) -> None:
    inside = BandLine("pitch", "melody_range", (4.0, 15.0, 26.0), 9.0)
    outside = BandLine("drums", "fills_8", (0.0, 0.2, 0.4), 5.0)
    both = draw_bands([inside, outside], tmp_path / "both.png", title="t")
    assert count(both, INSIDE) and count(both, OUTSIDE)
    assert not count(draw_bands([inside], tmp_path / "one.png", title="t"), OUTSIDE)


def test_a_place_in_a_band_is_a_share_of_the_width() -> None:
    line = BandLine("pitch", "entropy", (2.0, 3.0, 4.0), 3.0)
    assert [line.place(value) for value in (2.0, 3.0, 4.0, 99.0, -99.0)] == pytest.approx([0.3, 0.5, 0.7, 1.0, 0.0])
    narrow = BandLine("form", "same", (0.0, 0.0, 0.0), 0.0)
    assert (narrow.place(0.0), narrow.place(1.0), narrow.inside) == (0.5, 1.0, True)


def test_columns_are_as_tall_as_numbers_are_frequent(tmp_path) -> None:
    one = count(draw_counts([0], tmp_path / "one.png", title="t", unit="notes"), SHARE)
    two = count(draw_counts([0, 9], tmp_path / "two.png", title="t", unit="notes"), SHARE)
    less = count(draw_counts([0, 0, 9], tmp_path / "less.png", title="t", unit="notes"), SHARE)
    assert two == pytest.approx(2 * one, rel=0.05) and less == pytest.approx(1.5 * one, rel=0.05)
    far = draw_counts([0, 900], tmp_path / "far.png", title="t", unit="notes", mark=64)
    assert count(far, SHARE)


def test_nothing_measured_is_an_empty_page_and_a_bad_place_is_said(tmp_path) -> None:
    for path in (draw_shares([], tmp_path / "a.png", title="t"), draw_bands([], tmp_path / "b.png", title="t"),
                 draw_counts([], tmp_path / "c.png", title="t", unit="notes")):  # fmt: skip
        assert count(path, SHARE) == 0
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError, match="file"):
        draw_shares([], tmp_path / "file" / "x.png", title="t")
