"""Write docs/TOKENS.md from the tables of the representations.

python scripts/tokens_page.py
"""

from __future__ import annotations

from pathlib import Path

from bandmate import registry
from bandmate.tokenizers.families import Family
from bandmate.tokenizers.representation import Representation
from bandmate.workflows.tokens import forms, representation

PAGE = Path(__file__).parent.parent / "docs" / "TOKENS.md"
MARK = "<!-- below: written by scripts/tokens_page.py -->\n"


def all_representations() -> list[Representation]:
    """Every representation that can be made here, by name."""
    kinds = [(name, registry.get(f"tokenizer.{name}")) for name in forms().values()]
    return [representation(name) for name, kind in kinds if isinstance(kind, type) and issubclass(kind, Representation)]


def page() -> str:
    """The page as it should be: what people wrote, then the tables."""
    written = PAGE.read_text(encoding="utf-8").split(MARK)[0]
    found = all_representations()
    lines = ["| name | what | shape | grammar | what is lost |", "|---|---|---|---|---|"]
    for kind in found:
        about = kind.about
        grammar = "yes" if about.grammar else ""
        lines.append(f"| `{kind.name}` | {about.what} | {about.shape} | {grammar} | {about.loss} |")
    # the vocabularies of MidiTok's families are those of the version of MidiTok that is installed
    tables = "\n".join(f"#{kind.reference()}" for kind in found if not isinstance(kind, Family))
    return written + MARK + "\n" + "\n".join(lines) + "\n\n" + tables


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
