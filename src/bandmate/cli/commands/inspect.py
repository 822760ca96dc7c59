"""What a file is, measured: tempo, meter, key, sections, tracks with roles, a caption; of a Live set its clips too."""

from __future__ import annotations

import argparse
from typing import Any

from bandmate.cli.console import Console
from bandmate.counts import counted


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The file, and where its picture goes."""
    parser.add_argument("file", help="a file of music: MIDI, an Ableton Live set ...")
    parser.add_argument("--picture", metavar="FILE.png", help="draw the piano roll")
    parser.add_argument("--overwrite", action="store_true", help="replace a picture of that name")


def run(arguments: argparse.Namespace, console: Console) -> None:
    """Measure, then show it."""
    from bandmate.workflows.inspect import inspect

    found = inspect(arguments.file, picture=arguments.picture, overwrite=arguments.overwrite)
    for line in _lines(found):
        console.say(line)
    for repair in found.repairs:
        console.note(f"note: the file is damaged: {repair}")
    if arguments.picture:
        console.say(f"drew {arguments.picture}")
    console.result(found.to_json())


def _lines(found: Any) -> list[str]:
    minutes, seconds = divmod(round(found.seconds), 60)
    meter = f"{found.meter[0]}/{found.meter[1]}"
    key = f"{found.key} ({found.key_confidence:.0%} sure)" if found.key else "no key"
    lines = [
        f"{found.file}: {found.caption}",
        f"  {found.bpm:g} BPM, {meter}, {key}, {counted(found.bars, 'bar')}, {minutes}:{seconds:02d}, "
        f"{counted(found.notes, 'note')}",
    ]
    if len(found.tempos) > 1 or len(found.meters) > 1:
        lines.append(f"  {len(found.tempos) - 1} tempo changes, {len(found.meters) - 1} meter changes")
    sections = [f"{s.label} {s.start_bar}-{s.start_bar + s.bars - 1}" for s in found.sections]
    lines.append(f"  sections: {', '.join(sections)}" if sections else "  no sections")
    for track in found.tracks:
        if not track.notes:
            continue
        span = "" if track.low is None else f", {track.low}-{track.high}"
        density = "" if track.density is None else f", {track.density:g} notes a quarter"
        name = f' "{" ".join(track.name.split())}"' if track.name.strip() else ""
        lines.append(
            f"  {track.number:2d} {track.role:7s} {track.instrument}{name}: {counted(track.notes, 'note')} in "
            f"{counted(track.bars, 'bar')}"
            f"{span}{density}"
        )
    return lines if found.live is None else [*lines, *_live_lines(found.live)]


def _live_lines(live: Any) -> list[str]:
    lines = [
        f"  Live {live.version} set: {counted(live.arrangement_clips, 'clip')} in the arrangement, "
        f"{live.session_clips} in slots of {counted(len(live.scenes), 'scene')}"
    ]
    if live.locators:
        lines.append(f"  locators: {', '.join(f'{name} at {at:g}' for at, name in live.locators)}")
    for path in dict.fromkeys(sample["path"] for sample in live.samples):
        uses = [sample for sample in live.samples if sample["path"] == path]
        tempo = next((f", warped from {s['bpm']:g} BPM" for s in uses if s["bpm"]), "")
        lines.append(f"  sample {path}{tempo}{'' if uses[0]['exists'] else ' (missing)'}")
    return lines
