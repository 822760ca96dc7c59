"""Write the reference at the end of docs/GRID.md from the row table.

python scripts/grid_page.py
"""

from __future__ import annotations

from pathlib import Path

from bandmate.tokenizers.grid_table import reference

PAGE = Path(__file__).parent.parent / "docs" / "GRID.md"
MARK = "<!-- below: written by scripts/grid_page.py -->\n"


def page() -> str:
    """The page as it should be: what people wrote, then the table."""
    written = PAGE.read_text(encoding="utf-8").split(MARK)[0]
    return written + MARK + "\n#" + reference()


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
