"""The notebooks: equal to the files they are made from, and every code cell runs, one after the other."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BOOKS = sorted((ROOT / "docs" / "notebooks").glob("*.ipynb"))


def builder():
    spec = importlib.util.spec_from_file_location("notebooks", ROOT / "scripts" / "notebooks.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("book", BOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_what_its_file_gives(book: Path) -> None:
    assert book.read_text(encoding="utf-8") == builder().notebook_of(book.with_suffix(".py"))


def test_every_file_has_its_notebook() -> None:
    assert {path.stem for path in BOOKS} == {path.stem for path in (ROOT / "docs" / "notebooks").glob("*.py")}
    assert len(BOOKS) >= 3


@pytest.mark.slow
@pytest.mark.parametrize("book", BOOKS, ids=lambda path: path.stem)
def test_every_cell_of_a_notebook_runs(book: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("BANDMATE_HOME", str(tmp_path / "home"))
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    names: dict = {}
    for cell in json.loads(book.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            exec(compile("".join(cell["source"]), f"{book.name} {cell['id']}", "exec"), names)
    assert names
