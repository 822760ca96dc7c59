from __future__ import annotations

from collections import Counter

import numpy as np

from bandmate.library.catalog import Catalog
from bandmate.library.ingest import ingest
from bandmate.pictures.canvas import Dot, Words
from bandmate.pictures.charts_text import bars_text, curves_text, library_text
from bandmate.pictures.curves import Curve
from bandmate.pictures.library import (
    GENRE_COLOURS,
    LibraryFacts,
    genre_colours,
    key_counts,
    library_canvas,
    library_facts,
    principal_places,
)
from bandmate.score.model import Score, Track, make_notes, make_tempos


def facts(count: int) -> LibraryFacts:
    dice = np.random.default_rng(0)
    places = dice.normal(size=(count, 2))
    return LibraryFacts(
        dice.uniform(60, 200, count), dice.uniform(0, 8, count), dice.integers(4, 300, count),
        ("D minor", "C major", "") * (count // 3) + ("",) * (count % 3), Counter(drums=count, violin=1),
        ("house", "") * (count // 2) + ("",) * (count % 2), places, (0.4, 0.2), ("more density", "less tempo"),
        np.arange(count),
    )  # fmt: skip


def test_keys_are_counted_along_the_circle_of_fifths():
    counts = key_counts(["C major", "G major", "D minor", "F mixolydian", "A dorian", "", "nonsense"])
    assert counts[0].tolist() == [1, 0]
    assert counts[1].tolist() == [1, 0]
    assert counts[2].tolist() == [0, 1]
    assert counts[3].tolist() == [0, 1]
    assert counts[11].tolist() == [1, 0]
    assert counts.sum() == 5


def test_the_first_axis_is_what_varies_together():
    dice = np.random.default_rng(1)
    common = dice.normal(size=200)
    table = np.stack([common, common * 2 + 1, dice.normal(size=200), np.full(200, 3.0)], axis=1)
    table[0, 2] = np.nan
    places, shares, axes, rows = principal_places(table, ["density", "notes", "swing", "never"])
    assert len(places) == len(rows) == 200
    assert shares[0] > 0.6
    assert abs(np.corrcoef(places[:, 0], common)[0, 1]) > 0.99
    assert {word.split()[-1] for word in axes[0].split(", ")[:2]} == {"density", "notes"}


def test_too_few_pieces_have_no_map():
    places, _, axes, _ = principal_places(np.ones((2, 3)), ["a", "b", "c"])
    assert (len(places), axes) == (0, ("", ""))
    texts = [shape.text for shape in library_canvas(facts(0), "none").shapes if isinstance(shape, Words)]
    assert "too few pieces for a map" in texts


def test_a_library_is_drawn_with_a_dot_a_piece():
    canvas = library_canvas(facts(30), "mine")
    texts = [shape.text for shape in canvas.shapes if isinstance(shape, Words)]
    assert (canvas.width, canvas.height) == (1280, 1268)
    assert sum(isinstance(shape, Dot) for shape in canvas.shapes) == 30 + 2  # and the key of colours
    assert {"mine", "tempo", "key", "density", "length", "instruments", "genres", "map"} <= set(texts)


def test_the_usual_genres_have_colours_and_the_rest_share_one():
    genres = [f"g{index}" for index in range(12) for _ in range(12 - index)]
    assert list(genre_colours(genres).items()) == [(f"g{i}", colour) for i, colour in enumerate(GENRE_COLOURS)]


def test_a_catalog_is_read_off(tmp_path):
    for number, pitch in enumerate((60, 62, 65, 67)):
        notes = make_notes([480 * n for n in range(64)], 240, [pitch + (n * 7) % 12 for n in range(64)])
        Score((Track("lead", 73, notes=notes),), tempos=make_tempos(100)).write(tmp_path / f"{number}.mid")
    with Catalog(":memory:") as catalog:
        ingest(tmp_path, catalog, workers=1)
        read = library_facts(catalog.pieces())
    assert len(read.keys) >= 1
    assert read.instruments["flute"] == len(read.keys)
    assert set(read.tempi.tolist()) == {100.0}


def test_charts_in_letters_keep_their_width():
    assert bars_text([("kick", 2), ("a name that is much too long for it", 1)], 60)[0].endswith(" 2")
    curve = Curve("loss", {step: 5.0 - step / 100 for step in range(0, 400, 10)}, {200: 4.0, 390: 3.5})
    for text in (library_text(facts(30), 80), curves_text([curve], 80)):
        assert max(map(len, text.splitlines())) <= 80
    assert "held-out 3.5" in curves_text([curve], 80)
