"""The edits from Python: each takes a score or a file, and gives takes.

Options are the flags of the command line: tracks, bars, seed, takes, out, key, genre, variety, temperature, candidates,
engine, model. Without `out` the takes lie in a folder beside the file.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bandmate.score.model import Score
from bandmate.workflows.edits import EditResult, run_edit


def regenerate(source: Score | str | Path, text: str = "", **options: Any) -> EditResult:
    """Any bars of any tracks anew; everything else comes back untouched.

    Args:
        source: a score or a file.
        text: what is wanted, such as "busier, more syncopated".
        options: `tracks="bass"`, `bars="5-8"` and the common ones.

    Raises:
        BandmateError: as `run_edit`.
    """
    return run_edit("regenerate", source, text, **options)


def continue_song(source: Score | str | Path, text: str = "", **options: Any) -> EditResult:
    """Bars behind the last; `bars=8`, and the common options.

    Raises:
        BandmateError: as `run_edit`.
    """
    return run_edit("continue", source, text, **options)


def accompany(source: Score | str | Path, add: str, text: str = "", **options: Any) -> EditResult:
    """New tracks beside those that are there.

    Args:
        source: a score or a file.
        add: such as "bass,chords=rhodes".
        text: what is wanted.
        options: the common ones.

    Raises:
        BandmateError: as `run_edit`.
    """
    return run_edit("accompany", source, text, add=add, **options)


def fill(source: Score | str | Path, at: int, text: str = "", **options: Any) -> EditResult:
    """A drum fill, or a run, at the end of bar `at`; `beats=2`, and the common options.

    Raises:
        BandmateError: as `run_edit`.
    """
    return run_edit("fill", source, text, at=at, **options)


def vary(source: Score | str | Path, text: str = "", **options: Any) -> EditResult:
    """The same, otherwise; `strength=0.3`, `keep="rhythm"`, and the common options.

    Raises:
        BandmateError: as `run_edit`.
    """
    return run_edit("vary", source, text, **options)


def respond(source: Score | str | Path, text: str = "", **options: Any) -> EditResult:
    """An answer of the same length; `bars="1-4"` answers those, `mode="contrast"`, `memory="answer/exchange.mid"`.

    Raises:
        BandmateError: as `run_edit`.
    """
    return run_edit("respond", source, text, **options)
