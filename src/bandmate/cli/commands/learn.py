"""Take in a folder of your music: read, clean, label, report, and train on it where torch is installed.

bandmate learn my-midi --name mine
bandmate compose "something like mine" --model mine
bandmate learn --from-takes --name liked        a model tuned on the takes that you starred and discarded
"""

from __future__ import annotations

import argparse

from bandmate.cli.console import Console


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The folder, the model's name, and how far to go."""
    parser.add_argument("folder", nargs="?", help="of any layout, with files of music at any depth")
    parser.add_argument("--name", required=True, help="what --model will take")
    parser.add_argument("--update", action="store_true", help="add to a model of that name")
    parser.add_argument("--no-train", action="store_true", help="only read, label and report")
    parser.add_argument("--from-takes", action="store_true", help="learn from stars and discards instead of a folder")
    parser.add_argument("--model", help="with --from-takes: the model to begin from (default: the shipped one)")
    parser.add_argument("--minutes", type=float, help="longest time for training")
    parser.add_argument("--method", default="auto", help="how to train: auto, full, low-rank or prefix")
    parser.add_argument("--audio", action="store_true", help="also take in sounds: loops, stems, drum loops")
    parser.add_argument("--workers", type=int, help="processes that read files")


def run(arguments: argparse.Namespace, console: Console) -> None:
    """Learn, then report."""
    from bandmate.errors import BriefError

    if arguments.from_takes == bool(arguments.folder):
        raise BriefError("learn from what? give a folder of music, or --from-takes alone")
    if arguments.from_takes:
        from bandmate.workflows.learn_takes import learn_from_takes

        tuned = learn_from_takes(
            arguments.name, base=arguments.model, minutes=arguments.minutes, listener=console.listen
        )
        for line in tuned.lines():
            console.say(line)
        console.result(tuned.to_json())
        return
    from bandmate.workflows.learn import learn

    report = learn(
        arguments.folder, arguments.name, train=not arguments.no_train, update=arguments.update,
        minutes=arguments.minutes, method=arguments.method, audio=arguments.audio,
        workers=arguments.workers, listener=console.listen,
    )  # fmt: skip
    for line in report.lines():
        console.say(line)
    console.result(report.to_json())
