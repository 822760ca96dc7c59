"""A file as the text that a model sees, and back.

bandmate tokens song.mid --as trackbar --out piece.txt
bandmate tokens piece.txt --out piece.mid
bandmate tokens song.mid --as event --set encode_velocity=true --out events.txt
bandmate tokens --vocabulary event
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from bandmate.cli.console import Console
from bandmate.counts import counted

TEXTS = (".txt", ".text", ".tokens")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The file, the form, and where the result goes."""
    parser.add_argument("file", nargs="?", help="a MIDI file, or a text (.txt) to turn back into one")
    parser.add_argument("--as", dest="form", default="trackbar",
                        help="trackbar (words), grid (rows), or a representation such as event")  # fmt: skip
    parser.add_argument("--out", help="file to write (default: the text is shown)")
    parser.add_argument("--overwrite", action="store_true", help="replace a file of that name")
    parser.add_argument("--genre", help="what the header of a trackbar text says")
    parser.add_argument("--set", dest="options", action="append", default=[], metavar="OPTION=VALUE",
                        help="an option of the form, such as steps_per_quarter=24; may be given again")  # fmt: skip
    parser.add_argument("--vocabulary", metavar="NAME", help="print the vocabulary of a form and do nothing else")


def run(arguments: argparse.Namespace, console: Console) -> None:
    """Turn one into the other."""
    from bandmate.errors import UserError
    from bandmate.io.atomic import write_text_atomic
    from bandmate.workflows.places import check_free
    from bandmate.workflows.tokens import detokenise, tokens, vocabulary

    if arguments.vocabulary is not None:
        text = vocabulary(arguments.vocabulary, _options(arguments.options))
        console.say(text.rstrip("\n"))
        console.result({"text": text})
        return
    if not arguments.file:
        raise UserError("which file? give a MIDI file or a text, or --vocabulary NAME")
    if Path(arguments.file).suffix.lower() in TEXTS:
        path = detokenise(arguments.file, arguments.out, overwrite=arguments.overwrite)
        console.say(f"wrote {path}")
        console.result({"file": str(path)})
        return
    if arguments.out:
        check_free(arguments.out, overwrite=arguments.overwrite)
    text = tokens(arguments.file, arguments.form, _options(arguments.options) or None, genre=arguments.genre)
    if arguments.out:
        write_text_atomic(Path(arguments.out), text)
        console.say(f"wrote {arguments.out}: {counted(len(text.split()), 'word')}")
        console.result({"file": arguments.out, "words": len(text.split())})
    else:
        console.say(text.rstrip("\n"))
        console.result({"text": text})


def _options(given: list[str]) -> dict[str, Any]:
    """Options by name: numbers, true, false and JSON as they are, all else as text."""
    from bandmate.errors import UserError

    found: dict[str, Any] = {}
    for word in given:
        name, sign, value = word.partition("=")
        if not sign or not name:
            raise UserError(f"--set '{word}' is not understood; write it like steps_per_quarter=12")
        try:
            found[name] = json.loads(value)
        except json.JSONDecodeError:
            found[name] = value
    return found
