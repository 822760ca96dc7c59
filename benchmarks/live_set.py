"""Edits of sets in a running Live, over a wire that loses packets: how many come out right, are reported, or go wrong.

    python benchmarks/live_set.py [--edits N] [--lost SHARE] [--engine NAME] [--seed N]

No Live is there: the peer is the fake of the tests, which keeps AbletonOSC's rules (`tests/fakes/abletonosc.py`). Each
edit has a set of its own (meter, tempo, scale, one to four clips, some of them sound) and one of the edits, drawn at
random. Packets are lost both ways, and of the others some are doubled or late. In a fifth of the edits Live vanishes,
or somebody deletes the clip, after a random number of packets; in another it stands still for 2 to 12 seconds, as it
does while a menu is open.

- right: every clip holds the notes of the take's MIDI file, and everything the user had is as it was, but for what
  `--replace` was to replace.
- reported: the edit ended in a sentence, and everything the user had is as it was or, where it was to be replaced, is
  in the journal.
- wrong: neither.

Seconds are those of the fake's clock, whose tick is AbletonOSC's.
"""

from __future__ import annotations

import argparse
import copy
import json
import os
import random
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.fakes.abletonosc import AbletonOsc, Clip, FakeLink, Song, Track, Weather

from bandmate.errors import BandmateError, LiveError
from bandmate.io.files import read
from bandmate.io.live.client import LiveClient
from bandmate.workflows.live_journal import read_journal
from bandmate.workflows.live_set import edit_set

METERS = ((4, 4), (4, 4), (3, 4), (6, 8))
PARTS = (("Beat", ["DrumGroupDevice"]), ("Keys", []), ("Bass", []), ("Lead", []))
COMMANDS = (
    ("accompany", {"add": "chords"}), ("accompany", {"add": "pad"}), ("regenerate", {}), ("vary", {}),
    ("continue", {"bars": 2}), ("regenerate", {"replace": True}), ("vary", {"replace": True}),
    ("fill", {"at": 1, "replace": True}),
)  # fmt: skip


def random_set(dice: random.Random) -> Song:
    """A set of one to four tracks with clips in its first scene, and clips that must be left alone in its second."""
    above, below = dice.choice(METERS)
    bar = above * 4 / below
    song = Song([Track(name, devices=list(devices)) for name, devices in PARTS], ["A", "B"],
                tempo=dice.choice((86.0, 112.5, 128.0)), signature_numerator=above, signature_denominator=below,
                root_note=dice.randrange(12), scale_name=dice.choice(("Major", "Minor", "Dorian")))  # fmt: skip
    song.tracks.append(
        Track("Vocal", "audio", slots=[Clip("vox", bar * 2, is_midi_clip=False, loop_end=bar * 2), None])
    )
    playing = dice.sample(range(len(PARTS)), dice.randint(1, len(PARTS)))
    for track in playing:
        for scene in (0, 1):
            bars = dice.choice((1, 2, 4))
            song.put(track, scene, Clip.of(_notes(dice, track, bar * bars), bar * bars, f"mine {track}"))
    return song


def _notes(dice: random.Random, track: int, quarters: float) -> list[tuple[int, float, float, int]]:
    steps = np.arange(0, quarters, 0.5 if track else 0.25)
    keys = (36, 38, 42) if track == 0 else [{1: 60, 2: 36, 3: 72}[track] + step for step in (0, 3, 5, 7, 10)]
    return [(dice.choice(keys), float(at), 0.4, dice.randint(50, 120)) for at in steps if dice.random() < 0.7] + [
        (keys[0], 0.0, 0.4, 100)
    ]


def one_edit(number: int, lost: float, engine: str, seed: int, home: Path) -> tuple[str, str, float, int]:
    """One edit: its outcome, why, the fake's seconds, and how often something was sent again."""
    dice = random.Random(f"{seed} {number}")
    song, live = random_set(dice), None
    for scene in range(2):  # as Live keeps them: of a key never two at once
        for track in range(len(PARTS)):
            _settle(song.clip(track, scene))
    before = copy.deepcopy(song)
    live = AbletonOsc(song, overlaps=dice.choice(("cut", "keep")))
    link = FakeLink(live, Weather(lost, 0.02, 0.03, seed=dice.randrange(2**31)))
    client = LiveClient(link)
    command, options = dice.choice(COMMANDS)
    harm = dice.choice(("vanish", "delete")) if number % 5 == 4 else ""
    when = dice.randint(40, 150)
    if harm == "vanish":
        live.at[when] = lambda _: setattr(live, "gone", True)
    elif harm == "delete":
        live.at[when] = lambda s: _delete_newest(s, before)
    elif number % 5 == 2:
        pause = random.Random(f"pause {seed} {number}")
        live.at[pause.randint(5, 150)] = lambda _: setattr(live, "still_sec", pause.uniform(2, 12))
        harm = "pause"
    known = len(read_journal())
    started = link.now()
    try:
        result = edit_set(
            client, command, scene="A", engine=engine, seed=number, out=home / f"take {number}", **options
        )
    except BandmateError as error:
        said = str(error)
        kept = _kept(before, song, known) and (harm != "delete" or isinstance(error, LiveError))
        return ("reported" if kept else "wrong"), f"{command} {harm}: {said}", link.now() - started, client.resent
    wrong = _differs(song, result) or ("" if _kept(before, song, known) else "something of the user's was changed")
    if wrong and harm == "delete" and "no clip" in wrong:
        wrong = ""  # deleted when all was written and read already
    return ("wrong" if wrong else "right"), f"{command} {harm}: {wrong}", link.now() - started, client.resent


def _settle(clip: Clip | None) -> None:
    if clip is not None:
        clip.notes = [list(row) for row in {(n[0], n[1]): tuple(n) for n in clip.notes}.values()]


def _delete_newest(song: Song, before: Song) -> None:
    """Somebody deletes the clip that was made last."""
    for scene in range(len(song.scenes) - 1, -1, -1):
        for track in range(len(song.tracks) - 1, -1, -1):
            had = track < len(before.tracks) and scene < len(before.scenes) and before.clip(track, scene)
            if song.clip(track, scene) is not None and not had:
                song.put(track, scene, None)
                return


def _kept(before: Song, now: Song, known: int) -> bool:
    """Whether all that the user had is there, or in the journal."""
    replaced = {(e.track - 1, e.scene - 1): [list(row) for row in e.before] for e in read_journal()[known:] if e.before}
    for track, old in enumerate(before.tracks):
        if now.tracks[track].name != old.name:
            return False
        for scene, clip in enumerate(old.slots):
            there = now.clip(track, scene)
            if clip is None:
                continue
            if there is None or there.name != clip.name:
                return False
            if _rows(there.notes) != _rows(clip.notes):
                saved = [[pitch, start, length, velocity] for start, pitch, length, velocity, _ in
                         replaced.get((track, scene), [])]  # fmt: skip
                if _rows(saved) != _rows(clip.notes):
                    return False
    return now.tempo == before.tempo


def _rows(notes: list) -> list:
    return sorted((n[0], round(n[1], 3), round(n[2], 2), round(n[3])) for n in notes)


def _differs(song: Song, result) -> str:
    """Where Live holds something else than the take's file; "" if nowhere."""
    score = read(result.take)
    for written in result.clips:
        clip = song.clip(written.track - 1, written.scene - 1)
        if clip is None:
            return f"no clip on track {written.track}"
        if len(clip.notes) != written.notes:
            return f"{len(clip.notes)} notes on track {written.track} where {written.notes} were written"
        shift = _shift(score, written)
        part = next(
            t for t in score.tracks if t.name in (written.track_name, written.track_name.removesuffix(" drums"))
        )
        grid = score.ticks_per_quarter
        span = round(written.quarters * grid)
        rows = [(int(n["pitch"]), int(n["onset_ticks"]) - round(shift * grid), int(n["velocity"])) for n in part.notes]
        want = {row for row in rows if 0 <= row[1] < span}
        have = {(pitch, round(start * grid), round(velocity)) for pitch, start, _, velocity, _ in clip.notes}
        if not have <= want or {row[:2] for row in have} != {row[:2] for row in want}:
            return f"other notes on track {written.track}"
    return ""


def _shift(score, written) -> float:
    bar = score.meters["numerator"][0] * 4 / score.meters["denominator"][0]
    bars = -(-score.last_ticks / score.ticks_per_quarter // bar)
    return bar * bars - written.quarters if written.clip.startswith("continue") else 0.0


def main() -> None:
    """Print the table and the JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--edits", type=int, default=200)
    parser.add_argument("--lost", type=float, default=0.1)
    parser.add_argument("--engine", default="rules")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    rows, began = [], time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["BANDMATE_HOME"] = folder
        for number in range(options.edits):
            rows.append(one_edit(number, options.lost, options.engine, options.seed, Path(folder)))
            if rows[-1][0] != "right":
                print(f"{number}: {rows[-1][0]}, {rows[-1][1][:300]}")
    count = {name: sum(row[0] == name for row in rows) for name in ("right", "reported", "wrong")}
    seconds = [row[2] for row in rows if row[0] == "right"] or [0.0]
    table = {**count, "edits": len(rows), "lost": options.lost, "resent": sum(row[3] for row in rows),
             "median_live_seconds": round(float(np.median(seconds)), 1),
             "processor_seconds": round(time.process_time() - began, 1)}  # fmt: skip
    for name, value in table.items():
        print(f"{name:>20}  {value}")
    print(json.dumps(table))


if __name__ == "__main__":
    main()
