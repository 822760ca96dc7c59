"""Write the tables of docs/DATASETS.md from the descriptions.

python scripts/datasets_page.py
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from bandmate.io.atomic import write_text_atomic
from bandmate.library.datasets.description import Dataset
from bandmate.library.datasets.table import datasets
from bandmate.workflows.datasets import size_text

PAGE = Path(__file__).parent.parent / "docs" / "DATASETS.md"
MARK = "<!-- below: written by scripts/datasets_page.py -->\n"


def row(one: Dataset) -> str:
    """A line of the first table."""
    pieces = f"{one.pieces:,}" if one.pieces else "-"
    page = f"[{one.title}]({one.homepage})" if one.homepage.startswith("http") else one.title
    splits = "published" if one.splits else "by work"
    cells = (f"`{one.name}`", page, one.about, pieces, size_text(one.download_bytes), one.status, splits, one.licence)
    return f"| {' | '.join(cells)} |"


def checksums() -> Iterator[str]:
    """What is fetched, and what it is checked against."""
    yield "| dataset | file | checksum | as published by |"
    yield "|---|---|---|---|"
    for one in datasets():
        for remote, checksum in zip(one.remotes, one.checksums, strict=True):
            yield f"| `{one.name}` | {remote.url} | `{checksum}` | {remote.checksum_from or '-'} |"


def tables() -> str:
    """The tables of the page."""
    head = "| name | collection | what it is | pieces | download | had | splits | licence |\n" + "|---" * 8 + "|"
    rows = [f"- `{one.name}`: {one.where}" for one in datasets() if not one.remotes]
    muspy = ", ".join(f"`{one.muspy}` is `{one.name}`" for one in datasets() if one.muspy)
    return "\n\n".join([
        f"## The {len(datasets())} collections", "\n".join([head, *map(row, datasets())]),
        "## Had by hand", "\n".join(rows), "## Files and checksums", "\n".join(checksums()),
        "## MusPy's classes", f"{muspy}. Its `Remote...` classes are a description of your own, as above.",
    ])  # fmt: skip


def page() -> str:
    """The page as it should be: what people wrote, then the tables."""
    return PAGE.read_text(encoding="utf-8").split(MARK)[0] + MARK + "\n" + tables() + "\n"


if __name__ == "__main__":
    write_text_atomic(PAGE, page())
