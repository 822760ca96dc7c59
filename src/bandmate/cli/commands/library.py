"""A folder of any size as Parquet shards: take it in, merge the shards of many machines, report.

bandmate library ingest my-midi --to shards
bandmate library ingest my-midi --to shards --shard 1/8      one of eight runs, on any machine; then:
bandmate library merge shards
bandmate library report shards
"""

from __future__ import annotations

import argparse

from bandmate.cli.console import Console


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to do with which folder."""
    parser.add_argument("action", choices=("ingest", "merge", "report"), help="what to do")
    parser.add_argument(
        "folder", nargs="?", metavar="DIR", help="of music to ingest, or of shards to merge or report on"
    )
    parser.add_argument("--to", metavar="DIR", help="ingest: folder of the shards; a run that was stopped goes on")
    parser.add_argument("--shard", metavar="i/n", default="1/1", help="ingest: only the i-th of n slices")
    parser.add_argument("--notes", action="store_true", help="ingest: keep the notes in the shards, too, for training")
    parser.add_argument("--workers", type=int, help="ingest: processes that read files")
    parser.add_argument("--executor", default="processes", help="ingest: processes, or ray for a Ray cluster")


def run(arguments: argparse.Namespace, console: Console) -> None:
    """Do it, then report."""
    from bandmate.errors import BriefError
    from bandmate.workflows import library

    if not arguments.folder:
        words = "MUSIC --to SHARDS" if arguments.action == "ingest" else "SHARDS"
        raise BriefError(f"which folder? write: bandmate library {arguments.action} {words}")
    if arguments.action == "ingest":
        if not arguments.to:
            raise BriefError("where shall the shards go? add --to DIR")
        report = library.ingest_library(
            arguments.folder, arguments.to, shard=arguments.shard, notes=arguments.notes,
            workers=arguments.workers, executor=arguments.executor, listener=console.listen,
        )  # fmt: skip
    else:
        if arguments.to:
            raise BriefError(f"--to means nothing to {arguments.action}; leave it out")
        report = (
            library.merge(arguments.folder) if arguments.action == "merge" else library.library_report(arguments.folder)
        )
    for line in report.lines():
        console.say(line)
    console.result(report.to_json())
