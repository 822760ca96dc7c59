"""tokens: a piece as the words or numbers that a model sees, and back."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bandmate import registry
from bandmate.errors import FileFormatError, UserError
from bandmate.io.files import read, write
from bandmate.limits import Limit
from bandmate.score.model import Score
from bandmate.score.ops import split_channels
from bandmate.tokenizers.representation import Representation, named_options
from bandmate.tokenizers.trackbar import TrackBarOptions, TrackBarTokenizer
from bandmate.workflows.places import check_free

TEXT_BYTES = Limit("text size", 0, 64 * 2**20, "bytes")
_PREFIX = "tokenizer."
_GRID_START = "START"  # the first row of every text of the grid
_HEAD = re.compile(r"#\s*([a-z][a-z0-9_]*\.v\d+)\s*(\{.*\})?\s*\Z")


def forms() -> dict[str, str]:
    """Every form that `tokens` writes: its short name, and the newest version behind it."""
    found: dict[str, str] = {}
    for name in sorted(registry.names(_PREFIX), key=_version):
        full = name.removeprefix(_PREFIX)
        found[full.rpartition(".v")[0] or full] = full
    return dict(sorted(found.items()))


def _version(name: str) -> tuple[str, int]:
    short, _, number = name.rpartition(".v")
    return short, int(number) if number.isdigit() else 0


def full_name(form: str) -> str:
    """The versioned name of a form, given with or without its version.

    Raises:
        UserError: there is none; the message lists them.
    """
    known = forms()
    if form in known:
        return known[form]
    if _PREFIX + form in registry.names(_PREFIX):
        return form
    close = difflib.get_close_matches(form, known, n=1)
    cure = f"did you mean '{close[0]}'? Else give" if close else "give"
    raise UserError(f"tokens as '{form}' are not known; {cure} {', '.join(list(known)[:-1])} or {list(known)[-1]}")


def representation(form: str, options: Mapping[str, Any] | None = None) -> Representation:
    """A representation by name, under named options.

    Raises:
        UserError: the form or an option is unknown, or the form is one without options (grid, trackbar).
    """
    kind = registry.get(_PREFIX + full_name(form))
    if not (isinstance(kind, type) and issubclass(kind, Representation)):
        raise UserError(f"{full_name(form)} is no representation with options; take it from bandmate.tokenizers")
    return kind.with_options(options or {})


def tokens(
    source: Score | str | Path,
    form: str = "trackbar",
    options: TrackBarOptions | Mapping[str, Any] | None = None,
    *,
    genre: str | None = None,
    lines: bool = True,
) -> str:
    """A piece as text; ends in a line feed.

    Args:
        source: a score or a file.
        form: "trackbar" (words, see docs/TRACKBAR.md), "grid" (one row of the grid a line), or any name of
            docs/TOKENS.md with or without its version.
        options: of the form, by name; of trackbar as TrackBarOptions too. None = as usual; trackbar then writes
            note-offs, 12 steps a quarter, track after track.
        genre: what the header of trackbar says, None = nothing.
        lines: trackbar with every bar on a line of its own; else all on one line.

    Raises:
        UserError: the form, an option or the genre is unknown. FileFormatError: the file cannot be read.
    """
    name = full_name(form)
    score = split_channels(source if isinstance(source, Score) else read(source))  # a type-0 file holds a band in one
    if name.startswith("grid."):
        if options:
            raise UserError(f"{name} has no options; leave them out")
        return "".join(f"{line}\n" for line in registry.get(_PREFIX + name).encode(score).lines())
    if name.startswith("trackbar."):
        given = options if isinstance(options, TrackBarOptions) else named_options(TrackBarOptions, options or {}, name)
        tokenizer = TrackBarTokenizer(given)
        return tokenizer.text(tokenizer.encode(score, genre=genre), lines=lines) + "\n"
    if isinstance(options, TrackBarOptions):
        raise UserError(f"options of trackbar are none of {name}; give its own by name")
    kind = representation(name, options)
    return kind.text(kind.encode(score))


def vocabulary(form: str, options: Mapping[str, Any] | None = None) -> str:
    """The vocabulary of a form as Markdown, from its table.

    Raises:
        UserError: the form is unknown.
    """
    name = full_name(form)
    if name.startswith(("grid.", "trackbar.")):
        from bandmate.tokenizers import grid_table, trackbar_table

        return (grid_table if name.startswith("grid.") else trackbar_table).reference()
    return representation(name, options).reference()


def detokenise(text_path: str | Path, out: str | Path | None = None, *, overwrite: bool = False) -> Path:
    """Write the piece that a text stands for.

    Args:
        text_path: a UTF-8 text, as `tokens` writes it; without a first line that names its form it is trackbar.
        out: file to write, its suffix names the format; None = beside the text, as MIDI.
        overwrite: whether a file of that name may be replaced.

    Returns:
        The file as written.

    Raises:
        FileFormatError: the text is missing, of no form that is known here, or wrong in a place; the message names it.
        OutputError: the place cannot be written or is taken.
    """
    path = Path(text_path)
    out = out or path.with_suffix(".mid")
    check_free(out, overwrite=overwrite)
    text = _read_text(path).lstrip("\ufeff")
    if not text.strip():
        raise FileFormatError(f"{path} is empty; begin the text with PIECE_START")
    return write(_score_of(text, str(path)), out)


def _score_of(text: str, source: str) -> Score:
    head, _, body = text.partition("\n")
    if head.strip() == _GRID_START:
        raise FileFormatError(f"{source} holds rows of the grid, which are only written; write tokens --as trackbar")
    said = _HEAD.match(head)
    if not said or said[1].startswith("trackbar."):
        return TrackBarTokenizer().decode_text(text, source)
    try:
        kind = representation(said[1], json.loads(said[2] or "{}"))
        return kind.decode(kind.parse_body(body, source))
    except json.JSONDecodeError as error:
        raise FileFormatError(f"{source}, line 1: the options are no JSON ({error.msg})") from error
    except FileFormatError as error:
        message = str(error)
        raise FileFormatError(message if message.startswith(source) else f"{source}, {message}") from error
    except UserError as error:
        raise FileFormatError(f"{source}, line 1: {error}") from error


def _read_text(path: Path) -> str:
    try:
        if path.stat().st_size > TEXT_BYTES.high:
            raise FileFormatError(f"{path} is larger than {TEXT_BYTES.high:,.0f} bytes; cut it into pieces")
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise FileFormatError(
            f"{path} is no UTF-8 text (byte {error.start}); give a text written by: bandmate tokens"
        ) from error
    except OSError as error:
        raise FileFormatError(f"{path} cannot be read: {error.strerror}; check the name") from error
