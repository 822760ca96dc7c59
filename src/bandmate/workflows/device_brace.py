"""The device's buttons over the loop brace: what lies under it is given, and the device's track gets what is new."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from bandmate.errors import BriefError
from bandmate.io.project import PART_WORDS
from bandmate.score.model import Score, Track
from bandmate.workflows.device_clips import bars_end
from bandmate.workflows.live_brace import ask_device
from bandmate.workflows.live_hear import Heard, hear_brace

VARIATIONS = 3


class UnderBrace(NamedTuple):
    """What was made: its files, what was heard for it, and where in the files the new bars begin and end."""

    files: list[Path]
    heard: Heard
    start_quarters: float
    end_quarters: float

    def new_of(self, score: Score) -> Score:
        """The tracks of a file that do not play what was heard, note for note; all of them if there are none."""
        given = {track.name: _strokes(self.heard.score, track) for track in self.heard.score.tracks}
        new = tuple(track for track in score.tracks if given.get(track.name) != _strokes(score, track))
        return replace(score, tracks=new) if new else score


def _strokes(score: Score, track: Track) -> list[tuple[float, int]]:
    return sorted((round(int(note["onset_ticks"]) / score.ticks_per_quarter, 3), int(note["pitch"]))
                  for note in track.notes)  # fmt: skip


def make_under_brace(
    action: str, words: str, bars: int, track: str, port: int, shared: Mapping[str, Any]
) -> UnderBrace:  # fmt: skip
    """Do what a button says with what lies under the brace.

    Args:
        action: "generate" adds a part to it, "continue" goes on behind it, "variations" varies it.
        words: what is wanted; the parts that generate adds, else the device's track says which by its name.
        bars: of continue.
        track: name of the device's track.
        port: of the device.
        shared: options of the edits.

    Raises:
        BriefError: nothing lies under it, or it is not known what to add. LiveError: it cannot be read.
    """
    from bandmate.workflows.edits import run_edit

    heard = hear_brace(ask_device(port))
    options = dict(shared)
    options["listener"]({"event": "heard", "text": heard.words})
    if heard.view.key is not None:
        options["key"] = heard.view.key.name
    if action == "generate":
        made = run_edit("accompany", heard.score, words, add=_parts(words, track), **options)
    elif action == "continue":
        made = run_edit("continue", heard.score, words, bars=bars, **options)
        start = bars_end(heard.score)
        return UnderBrace([made.takes[0].midi], heard, start, start + bars * heard.view.bar_quarters)
    else:
        made = run_edit("vary", heard.score, words, takes=VARIATIONS, **options)
    return UnderBrace([take.midi for take in made.takes], heard, 0.0, heard.quarters)


def _parts(words: str, track: str) -> str:
    from bandmate.workflows.edit_order import CommonOptions, understood

    asked = [f"{ask.role}={ask.name}" if ask.name else ask.role for ask in understood(words, CommonOptions()).tracks]
    if asked:
        return ",".join(asked)
    low = track.casefold()
    found = next((role for role, names in PART_WORDS.items() if any(name in low for name in names)), "")
    if not found:
        raise BriefError(f"it is not known what to add under the brace: neither the words nor the track '{track}' say "
                         "it; write for instance: a bass")  # fmt: skip
    return found
