"""What is in a sound file: tempo, beats, key, chords, drums or notes, loudness and timbre, each with how sure it is."""

from __future__ import annotations

import argparse
from typing import Any

from bandmate.cli.console import Console
from bandmate.counts import counted


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The file, and what is known of it."""
    parser.add_argument("file", help="WAV, FLAC, Ogg, MP3 or AIFF, or a clip of sound in a Live set: set.als#clip")
    parser.add_argument("--as", dest="kind", default="auto", help="drums, line, chords or band (default: as it sounds)")
    parser.add_argument("--tempo", type=float, help="quarter notes a minute, where it is known")
    parser.add_argument("--minutes", type=float, default=6.0, help="how much is listened to, from its start")
    parser.add_argument("--midi", metavar="FILE.mid", help="write the drums or notes that were heard")
    parser.add_argument("--overwrite", action="store_true", help="replace a file of that name")


def run(arguments: argparse.Namespace, console: Console) -> None:
    """Listen, then say what was heard."""
    from bandmate.workflows.hear import hear
    from bandmate.workflows.places import check_free

    if arguments.midi:  # known before minutes are listened to
        check_free(arguments.midi, overwrite=arguments.overwrite)
    heard = hear(arguments.file, kind=arguments.kind, tempo=arguments.tempo, minutes=arguments.minutes)
    for line in _lines(heard):
        console.say(line)
    if arguments.midi:
        from bandmate.workflows.heard_score import write_heard

        console.say(f"wrote {write_heard(heard, arguments.midi, overwrite=arguments.overwrite)}")
    for notice in heard.notices:
        console.note(f"note: {notice}")
    console.result(heard.to_json())


def _lines(heard: Any) -> list[str]:
    from bandmate.workflows.hear import said

    minutes, seconds = divmod(round(heard.seconds), 60)
    lines = [f"{heard.file}: {said(heard)}", f"  {minutes}:{seconds:02d}, {heard.timbre.lufs:.0f} LUFS"]
    if heard.words:
        lines[-1] += f", {', '.join(heard.words)}"
    if len(heard.tempos) > 1:
        others = ", ".join(f"{guess.bpm:.4g}" for guess in heard.tempos[1:3])
        lines.append(f"  tempo from its {heard.tempo_from}; it may also be {others}")
    if len(heard.keys) > 1:
        lines.append("  keys: " + ", ".join(f"{key.name} {sure:.0%}" for key, sure in heard.keys))
    if heard.chords:
        names = [chord.chord.spell() for chord in heard.chords if chord.chord]
        lines.append("  chords: " + " ".join(names[:16]) + (" ..." if len(names) > 16 else ""))
    patterns = heard.to_json()["patterns"]
    lines += [f"  {drum:6s} {pattern}" for drum, pattern in patterns.items() if "x" in pattern]
    if heard.notes:
        lines.append(f"  {counted(len(heard.notes), 'note')}")
    return lines
