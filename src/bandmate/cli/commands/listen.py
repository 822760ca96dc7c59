"""A page on which people judge takes blind, and what their answers say.

bandmate listen takes --out listen.html
bandmate listen --results answers*.csv
"""

from __future__ import annotations

import argparse
import math
from typing import Any

from bandmate.cli.console import Console
from bandmate.counts import counted
from bandmate.errors import UserError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The folder of takes, or the answers to read."""
    parser.add_argument("folder", nargs="?", help="takes; sub-folders that hold some are sets, which stay hidden")
    parser.add_argument("--out", metavar="FILE.html", help="the page (default: listen.html)")
    parser.add_argument("--overwrite", action="store_true", help="replace a file of that name")
    parser.add_argument("--seconds", type=float, default=30.0, help="how much of a take is heard (default: 30)")
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--pairs", action="store_true", help="only A/B")
    kind.add_argument("--ratings", action="store_true", help="only ratings, 1 to 5")
    parser.add_argument("--seed", type=int, default=0, help="of the order, with each listener's name")
    parser.add_argument("--title", default="Listening", help="what listeners see")
    parser.add_argument("--results", nargs="+", metavar="CSV", help="read saved answers instead of making a page")


def run(arguments: argparse.Namespace, console: Console) -> None:
    """Write the page, or report."""
    if arguments.results:
        if arguments.folder:
            raise UserError("give a folder to make a page from, or --results to read answers, not both")
        from bandmate.workflows.listen import listen_results

        found = listen_results(arguments.results)
        for line in _table(found):
            console.say(line)
        console.result(found.to_json())
        return
    if not arguments.folder:
        raise UserError("which takes? give the folder that holds them, or --results with saved answers")
    from bandmate.workflows.listen import listen

    mode = "pairs" if arguments.pairs else "ratings" if arguments.ratings else "both"
    made = listen(
        arguments.folder, arguments.out, seconds=arguments.seconds, mode=mode, seed=arguments.seed,
        title=arguments.title, overwrite=arguments.overwrite, listener=console.listen,
    )  # fmt: skip
    sets = f" of {counted(len(made.sets), 'set')} ({', '.join(made.sets)})" if made.sets else ""
    console.say(
        f"{made.page}: {counted(made.takes, 'take')} to rate and {counted(made.pairs, 'pair')}{sets}, "
        f"{made.megabytes:.1f} MB, about {counted(made.minutes, 'minute')} a listener"
    )
    console.say(
        f"loudness {made.lufs[0]:.1f} to {made.lufs[1]:.1f} LUFS; open the page in a browser, it needs no network"
    )
    console.result(made.to_json())


def _table(found: Any) -> list[str]:
    lines = [
        ", ".join([counted(found.raters, "listener"), counted(found.takes, "take"), counted(found.answers, "answer")])
    ]
    if found.hasty:
        left = f"{counted(found.hasty, 'answer')} {'is' if found.hasty == 1 else 'are'} left out"
        lines.append(f"{left}: the take had not been heard for five seconds")
    width = max([len(row.set or "all") for row in found.means] + [3])
    for name in dict.fromkeys(row.question for row in found.means):
        lines.append(name)
        lines += [
            f"  {(row.set or 'all').ljust(width)}  {row.mean:.2f}  ({row.low:.2f} to {row.high:.2f}), "
            f"{counted(row.answers, 'answer')}"
            for row in found.means
            if row.question == name
        ]
    if found.preferences:
        lines.append("A/B")
    for row in found.preferences:
        ties = f", {counted(row.ties, 'time')} no difference" if row.ties else ""
        if math.isnan(row.share):
            lines.append(f"  {row.set} and {row.other}: no decided pair{ties}")
            continue
        lines.append(
            f"  {row.set} over {row.other}: {row.wins} of {row.wins + row.losses}, {row.share:.0%} "
            f"({row.low:.0%} to {row.high:.0%}){ties}; p = {row.p_value:.3g}"
        )
    lines += [f"  {item}: {text}" for _, item, text in found.comments]
    return lines
