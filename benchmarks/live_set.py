"""Edits of a running Live set over a bad wire: how many are right, how many are reported, none may be silently wrong.

    python benchmarks/live_set.py [--edits 200] [--loss 0.1] [--engine rules]

A fake that speaks AbletonOSC's rules over UDP loses the given share of messages each way, doubles 2 % and delays 5 %.
Every edit (accompany, regenerate, vary, continue in turn) is held against what the fake holds afterwards: right = all
clips as in the take; reported = an error said what was and was not written; the clips that were there stay as they are.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))
from tests.daw.fake_live import FakeLive, groove_set

from bandmate.daw.bridge import Bridge, Patience
from bandmate.errors import BandmateError
from bandmate.io.files import read
from bandmate.workflows.live_set import play_along

COMMANDS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("accompany", {"add": "bass"}),
    ("regenerate", {"tracks": "1"}),
    ("vary", {"tracks": "2"}),
    ("continue", {"bars": 4}),
)


def one(number: int, options: argparse.Namespace, folder: Path) -> tuple[str, int]:
    """One edit: right, reported or wrong; and messages sent again."""
    command, asked = COMMANDS[number % len(COMMANDS)]
    with FakeLive(loss=options.loss, twice=0.02, late=0.05, seed=number) as fake:
        groove_set(fake)
        before = [{s: dict(c.notes) for s, c in track.clips.items()} for track in fake.tracks]
        with Bridge("127.0.0.1", fake.port, fake.answer_port, Patience(0.05, 12, 0.015)) as bridge:
            try:
                made = play_along(
                    bridge, command, engine=options.engine, seed=number, out=folder / str(number), **asked
                )
            except BandmateError as error:
                kept = all(fake.tracks[t].clips[s].notes == n for t, own in enumerate(before) for s, n in own.items())
                return ("reported" if kept and str(error) else "wrong"), bridge.resent
        kept = all(fake.tracks[t].clips[s].notes == n for t, own in enumerate(before) for s, n in own.items())
        take = (
            Counter(int(p) for track in read(made.midi).tracks for p in track.notes["pitch"])
            if made.midi
            else Counter()
        )
        there = [fake.tracks[c.track].clips[c.scene] for c in made.clips]
        counted = all(len(clip.notes) == c.notes for clip, c in zip(there, made.clips, strict=True))
        known = all(pitch in take for clip in there for pitch, _ in clip.notes)
        return ("right" if kept and counted and known and made.clips else "wrong"), made.resent


def main(arguments: list[str] | None = None) -> dict[str, Any]:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--edits", type=int, default=200)
    parser.add_argument("--loss", type=float, default=0.1, help="share of messages lost each way")
    parser.add_argument("--engine", default="rules")
    options = parser.parse_args(arguments)
    found, resent, began = Counter[str](), 0, time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        for number in range(options.edits):
            how, again = one(number, options, Path(folder))
            found[how], resent = found[how] + 1, resent + again
    result = {"edits": options.edits, "loss": options.loss, **{k: found[k] for k in ("right", "reported", "wrong")},
              "sent_again_an_edit": round(resent / max(1, options.edits), 1),
              "sec": round(time.perf_counter() - began, 1)}  # fmt: skip
    print(", ".join(f"{name} {value}" for name, value in result.items()))
    print(json.dumps(result))
    return result


if __name__ == "__main__":
    main()
