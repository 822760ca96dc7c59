"""Write the tables at the end of docs/EVALUATION.md from the card, the yardsticks and the facts.

python scripts/evaluation_page.py
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from bandmate.evaluation.card import CARD
from bandmate.evaluation.yardstick import kinds, yardstick

PAGE = Path(__file__).parent.parent / "docs" / "EVALUATION.md"
MARK = "<!-- below: written by scripts/evaluation_page.py -->\n"
MAIN = ("band", "piano", "chamber", "drums")


def lines() -> Iterator[str]:
    """The table of lines, with people's 10th, 50th and 90th percentile of full bands."""
    yield "| line | what it is | unit | band: 10 % | 50 % | 90 % |"
    yield "|---|---|---|---|---|---|"
    people = yardstick("band").lines
    group = ""
    for line in CARD:
        if line.group != group:
            group = line.group
            yield f"| **{group}** | | | | | |"
        spread = people[line.name]
        values = " | ".join(f"{spread.at(percent):.3g}" for percent in (10, 50, 90))
        yield f"| `{line.name}` | {line.words} | {line.unit} | {values} |"


def sources() -> Iterator[str]:
    """The table of yardsticks."""
    yield "| kind | windows | works | windows by source |"
    yield "|---|---|---|---|"
    for kind in kinds():
        people = yardstick(kind)
        listed = ", ".join(f"{name} {count}" for name, count in people.sources.items())
        yield f"| {kind} | {people.windows} | {people.works} | {listed} |"


def page() -> str:
    """The page as it should be: what people wrote, then the tables."""
    written = PAGE.read_text(encoding="utf-8").split(MARK)[0]
    blocks = ("## The yardsticks\n\n" + "\n".join(sources()), f"## The {len(CARD)} lines\n\n" + "\n".join(lines()))
    return written + MARK + "\n" + "\n\n".join(blocks) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
