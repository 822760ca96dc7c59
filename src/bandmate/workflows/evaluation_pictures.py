"""Pictures of what `evaluate` found, drawn from the object that it gives to programs, so that a kept one can be drawn
again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from bandmate.counts import counted
from bandmate.errors import OutputError
from bandmate.pictures.measures import BandLine, ShareBar, draw_bands, draw_counts, draw_shares

CARD, CONTROLS, COPIES, EDITS = "card.png", "controls.png", "copies.png", "edits.png"
QUOTE = 8  # notes from which a shared run counts as one (see workflows/origin)


def plots_folder(folder: str | Path) -> Path:
    """The folder for pictures, made before anything long begins.

    Raises:
        OutputError: it cannot be made.
    """
    place = Path(folder).expanduser()
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"{place} cannot be a folder of pictures ({error.strerror}); choose another with --plots"
        ) from error
    return place


def draw_evaluation(found: Mapping[str, Any], folder: str | Path) -> tuple[Path, ...]:
    """Draw whatever was measured.

    Args:
        found: `Evaluation.to_json()`.
        folder: for the pictures: `card.png` always, `controls.png` and `copies.png` where demands were made,
            `edits.png` where bars were written anew.

    Raises:
        OutputError: the folder cannot be written to.
    """
    place = plots_folder(folder)
    painters: tuple[tuple[bool, str, Callable[[Mapping[str, Any], Path], Path]], ...] = (
        (bool(found["lines"]), CARD, _card),
        (bool(found["obeyed"]), CONTROLS, _controls),
        (bool(found["obeyed"] and found["obeyed"]["shared_notes"]), COPIES, _copies),
        (bool(found["edits"]), EDITS, _edits),
    )
    return tuple(paint(found, place / name) for there, name, paint in painters if there)


def _card(found: Mapping[str, Any], path: Path) -> Path:
    lines = [
        BandLine(row["group"], name, (row["people"]["p10"], row["people"]["p50"], row["people"]["p90"]), row["median"])
        for name, row in found["lines"].items()
    ]
    below = "grey: from people's 10th to their 90th percentile, with their median; dot: median of the takes"
    title = f"{found['subject']}: {found['inside']} of {found['of']} lines inside what people do ({found['kind']})"
    return draw_bands(lines, path, title=title, below=below)


def _controls(found: Mapping[str, Any], path: Path) -> Path:
    bars = [
        ShareBar(name, row["met"] / max(1, row["asked"]), f"{row['met']} of {row['asked']} met")
        for name, row in found["obeyed"]["demands"].items()
    ]
    return draw_shares(bars, path, title=f"{found['subject']}: which demands its takes meet", below="asked at random")


def _copies(found: Mapping[str, Any], path: Path) -> Path:
    notes = found["obeyed"]["shared_notes"]
    return draw_counts(
        notes, path, title=f"{found['subject']}: longest run that a take shares with what it learned from",
        unit="notes, in any key and tempo", below=f"{counted(len(notes), 'take')}; 0 = no run of {QUOTE} notes",
    )  # fmt: skip


def _edits(found: Mapping[str, Any], path: Path) -> Path:
    edits = found["edits"]
    low, high = edits["interval"]
    bars = [ShareBar("all bars", edits["nearer"], f"{edits['nearer']:.0%} of {edits['cases']}", (low, high))]
    bars += [ShareBar(role or "other", share, f"{share:.0%} of {n}") for role, (share, n) in edits["by_role"].items()]
    below = f"F measure {edits['f']:.2f} against {edits['f_of_another_bar']:.2f}; line: as near as another bar"
    title = f"{found['subject']}: bars written anew that are nearer to people's than another bar of the track"
    return draw_shares(bars, path, title=title, below=below, mark=0.5)
