"""The table of genres holds enough for each of them to vary, and the players can read all of it."""

from __future__ import annotations

from typing import Any

import pytest

from bandmate.analysis.genres import genre, genre_ids
from bandmate.groovebook.cells import cell, drum_pattern, energy_weights, grid_of, home_meter

UNDRUMMED = ("chorale", "string_quartet")
DRUMMED = [name for name in genre_ids() if name not in UNDRUMMED]


def voices(row: dict[str, Any]) -> dict[str, str]:
    return {key: text for key, text in row.items() if key not in ("n", "bars", "e")}


@pytest.mark.parametrize("name", DRUMMED)
def test_a_genre_with_drums_has_six_patterns_three_fills_and_turns(name: str) -> None:
    drums = genre(name)["drums"]
    rows = [row for row in drums["patterns"] if voices(row)]
    assert len(rows) >= 6 and len({str(voices(row)) for row in rows}) == len(rows)
    assert len([row for row in drums["fills"] if voices(row)]) >= 3
    assert len(drums["vary"]) >= 2
    for energy in range(1, 6):
        assert any(low <= energy <= high for low, high in (row["e"] for row in drums["patterns"])), energy


@pytest.mark.parametrize("name", genre_ids())
def test_a_genre_has_six_bass_cells_and_four_comp_cells_for_every_energy(name: str) -> None:
    for rows, least in ((genre(name)["bass"]["cells"], 6), (genre(name)["harmony"]["comp"], 4)):
        assert len(rows) >= least and len({row["c"] for row in rows}) == len(rows)
        assert len({row["n"] for row in rows}) == len(rows)
        for energy in range(1, 6):
            assert max(energy_weights(rows, energy)) > 0.1, energy
    assert len(genre(name)["bass"]["vary"]) >= 2


@pytest.mark.parametrize("name", genre_ids())
def test_every_string_fills_its_bars(name: str) -> None:
    facts, meter = genre(name), home_meter(name)
    steps = facts["drums"]["steps"]
    for kind in ("patterns", "fills"):
        for index, row in enumerate(facts["drums"][kind]):
            assert all(len(bar) == steps for text in voices(row).values() for bar in text.split("|")), row["n"]
            assert len(drum_pattern(name, index, meter, kind)) == row["bars"], row["n"]
    for row in facts["bass"]["cells"]:
        assert all(len(bar.split()) == steps for bar in row["c"].split("|")), row["n"]
        assert cell(name, row["c"], meter, True)
    for row in facts["bass"]["vary"]:
        assert row["op"] in ("add", "swap", "drop") and all(0 <= at < steps for at in row["at"]), row
    for row in facts["harmony"]["comp"]:
        assert all(len(bar) == steps for bar in row["c"].split("|")), row["n"]


@pytest.mark.parametrize("name", genre_ids())
def test_no_stroke_falls_past_its_bar_in_any_meter(name: str) -> None:
    for meter in ((3, 4), (5, 4), (7, 8), (12, 8)):
        bar_ticks = grid_of(name, meter).bar_ticks
        for kind in ("patterns", "fills"):
            for index in range(len(genre(name)["drums"][kind])):
                bars = drum_pattern(name, index, meter, kind)
                assert all(hit.ticks < bar_ticks for bar in bars for hit in bar), (kind, index, meter)
