"""Published collections of music: list them, see their licence and citation, fetch one, convert one.

bandmate datasets
bandmate datasets show maestro_v3
bandmate datasets download maestro_v3 --to data
bandmate datasets convert maestro_v3 data/maestro_v3 --out maestro

`download` is the one command that opens a connection: to the address that `show` names.
"""

from __future__ import annotations

import argparse

from bandmate.cli.console import Console
from bandmate.counts import counted
from bandmate.errors import UserError

_NEEDS = {"list": "", "show": "NAME", "download": "NAME --to DIR", "convert": "NAME DIR --out DIR",
          "shards": "NAME DIR --out DIR"}  # fmt: skip


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to do with which dataset."""
    parser.add_argument("action", nargs="?", default="list", choices=list(_NEEDS), help="what to do (default: list)")
    parser.add_argument("name", nargs="?", help="the dataset, or a JSON file that describes one of your own")
    parser.add_argument("folder", nargs="?", metavar="DIR", help="where it lies, for convert and shards")
    parser.add_argument("--to", metavar="DIR", help="download: folder that gets a folder of its name")
    parser.add_argument("--out", metavar="DIR", help="convert and shards: where the files go")
    parser.add_argument("--format", default=".mid", metavar="SUFFIX", help="convert: format to write (default: .mid)")
    parser.add_argument("--split", default="", choices=["", "train", "valid", "test"], help="those of one side alone")
    parser.add_argument("--seed", type=int, default=0, help="draws the sides where none are published (default: 0)")


def run(arguments: argparse.Namespace, console: Console) -> None:
    """List, or do one thing."""
    from bandmate.workflows import datasets

    _check(arguments)
    if arguments.action in ("list", "show"):
        listing = datasets.list_datasets() if arguments.action == "list" else datasets.show_dataset(arguments.name)
        for line in listing.lines() if arguments.action == "list" else datasets.about(listing.datasets[0]):
            console.say(line)
        console.result(listing.to_json())
    elif arguments.action == "download":
        got = datasets.fetch_dataset(arguments.name, arguments.to, listener=console.listen)
        unchecked = [file for file, checksum in got.fetched.items() if checksum == "unverified"]
        console.say(f"{got.folder}: {counted(got.files, 'file')}" if got.fetched else f"{got.folder} is there already")
        for file in unchecked:
            console.note(f"note: nobody published a checksum of {file}, so it could not be verified")
        console.result({"folder": str(got.folder), "files": got.files, "fetched": got.fetched})
    elif arguments.action == "convert":
        made = datasets.convert_dataset(
            arguments.name, arguments.folder, arguments.out, suffix=_suffix(arguments.format), split=arguments.split,
            seed=arguments.seed, listener=console.listen,
        )  # fmt: skip
        console.say(f"{made.folder}: {made.written} written, {made.known} there before, {len(made.skipped)} left out")
        console.result({"folder": str(made.folder), "written": made.written, "known": made.known,
                        "skipped": list(made.skipped)})  # fmt: skip
    else:
        done = datasets.shard_dataset(arguments.name, arguments.folder, arguments.out, split=arguments.split,
                                      seed=arguments.seed, listener=console.listen)  # fmt: skip
        console.say(
            f"{done.folder}: {counted(done.pieces, 'piece')} in "
            f"{counted(done.shards, 'shard')}, {len(done.skipped)} left out"
        )
        console.result({"folder": str(done.folder), "pieces": done.pieces, "shards": done.shards,
                        "skipped": list(done.skipped)})  # fmt: skip


def _check(arguments: argparse.Namespace) -> None:
    given = {"NAME": arguments.name, "DIR": arguments.folder, "--to DIR": arguments.to, "--out DIR": arguments.out}
    needs = _NEEDS[arguments.action]
    if needs.startswith("NAME DIR"):
        missing = not (arguments.name and arguments.folder and arguments.out)
    else:
        missing = (needs != "" and not arguments.name) or ("--to" in needs and not arguments.to)
    if missing:
        raise UserError(f"something is missing; write: bandmate datasets {arguments.action} {needs}")
    spare = [word for word, value in given.items() if value and word not in needs]
    if spare:
        raise UserError(f"bandmate datasets {arguments.action} takes no {spare[0]}; leave it out")


def _suffix(text: str) -> str:
    return text.lower() if text.startswith(".") else f".{text.lower()}"
