"""docs/WORDS.md is what the tables say."""

from __future__ import annotations

import runpy
from pathlib import Path

from bandmate.generation.words import compile_text

ROOT = Path(__file__).parent.parent.parent


def test_the_page_of_words_is_current() -> None:
    script = runpy.run_path(str(ROOT / "scripts" / "words_page.py"))
    written = (ROOT / "docs" / "WORDS.md").read_text(encoding="utf-8")
    assert written == script["page"](), "run: python scripts/words_page.py"


def test_examples_on_the_page_are_true() -> None:
    assert compile_text("bossa nova x trap").genre == "trap"
    assert compile_text("trap 65").tempo == 130
    assert compile_text("no drums, slap bass").tracks[0].program == 36
    assert compile_text("strings enter at bar 9").tracks[0].enter_bar == 9
