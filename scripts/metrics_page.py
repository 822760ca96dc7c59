"""Write the tables of docs/METRICS.md from the table of metrics.

python scripts/metrics_page.py
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from bandmate.evaluation.metrics import METRICS
from bandmate.io.atomic import write_text_atomic

PAGE = Path(__file__).parent.parent / "docs" / "METRICS.md"
MARK = "<!-- below: written by scripts/metrics_page.py -->\n"


def table() -> Iterator[str]:
    """What each metric is."""
    yield "| metric | what it is | unit |"
    yield "|---|---|---|"
    group = ""
    for metric in METRICS:
        if metric.group != group:
            group = metric.group
            yield f"| **{group}** | | |"
        yield f"| `{metric.name}` | {metric.words} | {metric.unit} |"


def faults() -> Iterator[str]:
    """What MusPy counts otherwise."""
    yield "| metric | MusPy 0.5 |"
    yield "|---|---|"
    for metric in METRICS:
        if metric.differs:
            yield f"| `{metric.name}` | {metric.fault} |"


def page() -> str:
    """The page as it should be: what people wrote, then the tables."""
    written = PAGE.read_text(encoding="utf-8").split(MARK)[0]
    blocks = (
        f"## The {len(METRICS)} metrics\n\n" + "\n".join(table()),
        "## Where MusPy counts otherwise\n\nThe others that it has are equal to its own to 1e-9. These stand beside\n"
        "ours as `reference_metrics`, equal to its own to 1e-9, faults included.\n\n" + "\n".join(faults()),
    )
    return written + MARK + "\n" + "\n\n".join(blocks) + "\n"


if __name__ == "__main__":
    write_text_atomic(PAGE, page())
