"""The pages on grid, data and models say what the code says."""

import hashlib
import re
import runpy
from pathlib import Path

import numpy as np
import pytest

from bandmate.models.grid_config import load_size
from bandmate.score.pitch import MODES, QUALITIES
from bandmate.tokenizers.grid_table import (
    DURATIONS,
    FIELDS,
    FORM,
    FORM_LAGS,
    HEADS,
    KITS,
    VALUE_COUNT,
    VALUES,
    reference,
)

ROOT = Path(__file__).parents[1]
PINNED = "c26f395f90e36bd0"


def page(name):
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def test_the_reference_of_the_grid_is_current():
    script = runpy.run_path(str(ROOT / "scripts" / "grid_page.py"))
    assert page("GRID.md") == script["page"](), "run: python scripts/grid_page.py"
    assert reference().splitlines()[-1] in page("GRID.md")


def test_the_row_table_of_this_version_never_changes():
    """Weights hold these ids. Who adds a genre, a mood or a code makes a new grid version, and trains for it."""
    values = {name: entries for name, entries in VALUES.items() if name != "key"}  # keys may be spelt otherwise
    modes, qualities = [(n, *steps) for n, steps in MODES.items()], [(n, *tones) for n, tones in QUALITIES.items()]
    said = repr((values, modes, qualities, FIELDS, HEADS, DURATIONS.tolist(), KITS, VALUE_COUNT))
    assert hashlib.sha256(said.encode("utf-8")).hexdigest()[:16] == PINNED, (
        "the table of grid.v1 differs from the one that weights were trained on; give it another NAME"
    )


def test_every_source_of_the_recipe_is_on_the_page_of_data():
    pytest.importorskip("torch")
    from bandmate.training.corpora import CORPORA
    from bandmate.training.recipe import Recipe

    text, recipe = page("DATA.md"), Recipe.read("small")
    rows = {row[0]: row for line in text.splitlines() if (row := [c.strip() for c in line.strip("|").split("|")])}
    for name, share in recipe.stages[-1].shares.items():
        assert f"{100 * share:g} %" in rows[name], f"{name}: run python scripts/describe_data.py --data DIR"
    assert all(text.count(f"| {name} |") == 2 for name in CORPORA)
    assert f"before step {recipe.stages[0].until_step} people's" in " ".join(text.split())
    assert re.search(r"(/home|/work|/tmp|[A-Z]:\\)", text) is None


def test_the_mapped_pads_are_on_the_page_of_data():
    from bandmate.training.corpora import _TD11_TO_GM

    text = " ".join(page("DATA.md").split())
    assert all(f"{pad} to {key}" in text for pad, key in _TD11_TO_GM.items())


@pytest.mark.parametrize("size, said", [("tiny", "0.3 M"), ("small", "5.5 M"), ("base", "24 M")])
def test_sizes_are_as_the_page_of_models_says(size, said):
    count = (
        sum(int(np.prod(shape)) for shape in load_size(size, FIELDS, HEADS, form=FORM, lags=FORM_LAGS).shapes.values())
        / 1e6
    )
    assert f"| {size} | {said} |" in page("MODELS.md")
    assert said == (f"{count:.0f} M" if count > 10 else f"{count:.1f} M")


def test_the_report_card_page_is_what_the_table_says() -> None:
    script = runpy.run_path(str(ROOT / "scripts" / "evaluation_page.py"))
    assert page("EVALUATION.md") == script["page"](), "run: python scripts/evaluation_page.py"
