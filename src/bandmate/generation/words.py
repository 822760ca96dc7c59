"""Words to a Brief: a lexicon and a parser on the tables of moods, instruments, genres and words.

    compile_text("funky house beat at 120 BPM with a slap bass line")

    text -> words_tokens (fold, split) -> words_scan (longest rule or phrase, spelling) -> words_read (scope, order,
    conflicts) -> words_finish (what wins) -> Brief

Every word ends in a rule, in the list of plain words, or in `not_understood`; nothing is guessed in silence.
"""

from __future__ import annotations

from bandmate import limits
from bandmate.generation.words_describe import describe
from bandmate.generation.words_flags import BriefFlags, merge_flags
from bandmate.generation.words_read import read
from bandmate.generation.words_scan import scan
from bandmate.score.brief import Brief

__all__ = ["BriefFlags", "compile_text", "describe", "merge_flags"]


def compile_text(text: str) -> Brief:
    """Turn words into what they ask for; fields that were not stated stay empty, or stand in `guessed`.

    Args:
        text: up to 4,000 characters; empty gives an empty Brief.

    Raises:
        BriefError: the text is too long, or a number in it is out of range; the message names number and range.
    """
    limits.PROMPT_CHARS.check(len(text))
    return read(text, scan(text)) if text.strip() else Brief(text=text)
