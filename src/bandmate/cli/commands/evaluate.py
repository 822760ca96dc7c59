"""The report card: how near pieces, or takes of a model, are to people's music, line by line.

bandmate evaluate --pieces my-midi
bandmate evaluate --model small --takes 40
bandmate evaluate --model small --demands 20
bandmate evaluate --model small --edits 40 --pieces people
"""

from __future__ import annotations

import argparse

from bandmate.cli.console import Console


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What is measured, and against what."""
    parser.add_argument("--pieces", metavar="DIR", help="a folder of MIDI files, or one file")
    parser.add_argument("--model", metavar="NAME", help='an installed model, or "rules"; its takes are measured')
    parser.add_argument("--kind", help="band, piano, chamber, drums or drums.STYLE; default: what most pieces are")
    parser.add_argument("--genre", metavar="ID", help="hold the facts of this genre against them too")
    parser.add_argument("--takes", type=int, default=20, help="how many takes of the model (default 20)")
    parser.add_argument("--demands", type=int, default=0, metavar="N",
                        help="also make random demands of a model, in N takes, and count which it meets")  # fmt: skip
    parser.add_argument("--edits", type=int, default=0, metavar="N",
                        help="also take N bars out of --pieces and let the model write them anew")  # fmt: skip
    parser.add_argument("--library", nargs="?", const=True, default=False, metavar="DIR",
                        help="also hold a model of yours against its library, or the music in a folder")  # fmt: skip
    parser.add_argument("--plots", metavar="DIR", help="also draw what was measured, as PNG files in this folder")
    parser.add_argument("--seed", type=int, default=0, help="of the first take")


def run(arguments: argparse.Namespace, console: Console) -> None:
    """Measure, then show the card."""
    from bandmate.workflows.evaluate import evaluate

    found = evaluate(
        arguments.pieces, model=arguments.model, kind=arguments.kind, takes=arguments.takes, seed=arguments.seed,
        genre_id=arguments.genre, demands=arguments.demands, edits=arguments.edits, library=arguments.library,
        plots=arguments.plots, listener=console.listen,
    )  # fmt: skip
    for line in found.lines():
        console.say(line)
    console.result(found.to_json())
