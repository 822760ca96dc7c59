"""A file of music to a mix and, with --stems, one file of sound a track, all of equal length."""

from __future__ import annotations

import argparse
from pathlib import Path

from bandmate.cli.commands.compose import options_of
from bandmate.cli.console import Console


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The file, and what it shall sound like."""
    parser.add_argument("file", help="a file of music: .mid, .musicxml, .als ...")
    parser.add_argument("--out", help="folder, or the mix itself: mix.flac (default: a folder named like the file)")
    parser.add_argument("--stems", action="store_true", help="one file a track beside the mix")
    parser.add_argument("--no-mix", action="store_true", help="only stems")
    parser.add_argument("--format", default="wav", help="wav, aiff or flac, 24 bits each, or ogg (default: wav)")
    parser.add_argument("--loop", action="store_true", help="exactly the bars, tails folded onto the start")
    parser.add_argument("--seconds", type=float, help="exact length instead of bars and tail")
    parser.add_argument("--sample-rate", type=int, default=44100, help="44100 (default), 48000, 88200 or 96000")
    parser.add_argument("--genre", metavar="NAME", help="levels, kit, room, echo, side-chain and tone of a genre")
    parser.add_argument("--soundfont", help="another SoundFont (.sf2, .sf3)")
    parser.add_argument("--drum-kit", metavar="DIR", help="folder of one-shots, told apart by file name")
    parser.add_argument("--sounds", action="append", default=[], metavar="ROLE=DIR", help="own sounds for a role")
    parser.add_argument("--overwrite", action="store_true", help="replace a mix of that name")


def run(arguments: argparse.Namespace, console: Console) -> None:
    """Render, then say how loud and how long it is."""
    from bandmate.workflows.jobs import Job
    from bandmate.workflows.making import sounds_of
    from bandmate.workflows.render import render

    job = Job(console.listen, {"rendering": 1.0})
    out = arguments.out or Path(arguments.file).with_suffix("").name
    result = render(
        arguments.file, out, stems=arguments.stems or arguments.no_mix, mix=not arguments.no_mix,
        suffix=f".{arguments.format.removeprefix('.').lower()}", overwrite=arguments.overwrite,
        soundfont=arguments.soundfont, drum_kit=arguments.drum_kit, sounds=sounds_of(options_of(arguments)["sounds"]),
        sample_rate=arguments.sample_rate, loop=arguments.loop, end_sec=arguments.seconds, genre=arguments.genre,
        progress=lambda share, _what: job.progress("rendering", share),
    )  # fmt: skip
    for path in (*result.stems, *([result.mix] if result.mix else [])):
        console.say(f"wrote {path}")
    if result.mix:
        console.say(f"{result.seconds:.1f} s, {result.lufs:.1f} LUFS, true peak {result.true_peak_db:.1f} dB")
    console.result(
        {
            "stems": [str(path) for path in result.stems],
            "mix": str(result.mix) if result.mix else None,
            "lufs": result.lufs if result.mix else None,
            "true_peak_db": result.true_peak_db if result.mix else None,
            "seconds": result.seconds,
        }
    )
