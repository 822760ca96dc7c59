"""Write the notebooks of docs/notebooks from the Python files beside them: `# %%` begins code, `# %% [markdown]` words.

    python scripts/notebooks.py

The .py files are what one edits; the .ipynb files hold the same cells without output. A test holds the two together
and runs every code cell.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent.parent / "docs" / "notebooks"
_CODE, _WORDS = "# %%", "# %% [markdown]"


def cells_of(text: str) -> list[dict[str, Any]]:
    """The cells of a Python file."""
    cells: list[dict[str, Any]] = []
    for line in text.splitlines():
        if line in (_CODE, _WORDS):
            kind = "markdown" if line == _WORDS else "code"
            cells.append({"cell_type": kind, "lines": []})
        elif cells:
            cells[-1]["lines"].append(
                line.removeprefix("#").removeprefix(" ") if cells[-1]["cell_type"] == "markdown" else line
            )
    return [_cell(number, cell["cell_type"], "\n".join(cell["lines"]).strip()) for number, cell in enumerate(cells)]


def _cell(number: int, kind: str, source: str) -> dict[str, Any]:
    lines = source.splitlines(keepends=True)
    base: dict[str, Any] = {"cell_type": kind, "id": f"cell-{number}", "metadata": {}, "source": lines}
    return base | ({"execution_count": None, "outputs": []} if kind == "code" else {})


def notebook_of(path: Path) -> str:
    """A Python file as the text of a notebook."""
    book = {
        "cells": cells_of(path.read_text(encoding="utf-8")),
        "metadata": {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}},
        "nbformat": 4, "nbformat_minor": 5,
    }  # fmt: skip
    return json.dumps(book, indent=1, ensure_ascii=False) + "\n"


def main() -> None:
    """Write them all."""
    for path in sorted(FOLDER.glob("*.py")):
        path.with_suffix(".ipynb").write_text(notebook_of(path), encoding="utf-8")
        print(f"wrote {path.with_suffix('.ipynb').name}")


if __name__ == "__main__":
    main()
