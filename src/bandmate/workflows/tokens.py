"""tokens: a piece as the words that a model sees, and back."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from bandmate.errors import FileFormatError, UserError
from bandmate.io.files import read, write
from bandmate.limits import Limit
from bandmate.score.model import Score
from bandmate.score.ops import split_channels
from bandmate.tokenizers.trackbar import TrackBarOptions, TrackBarTokenizer

FORMS = ("trackbar", "grid")
TEXT_BYTES = Limit("text size", 0, 64 * 2**20, "bytes")


def tokens(
    source: Score | str | Path,
    form: Literal["trackbar", "grid"] | str = "trackbar",
    options: TrackBarOptions | None = None,
    *,
    genre: str | None = None,
    lines: bool = True,
) -> str:
    """A piece as text; ends in a line feed.

    Args:
        source: a score or a file.
        form: "trackbar" (words, see docs/TRACKBAR.md) or "grid" (one row of the grid a line).
        options: how trackbar writes; None = note-offs, 12 steps a quarter, track after track.
        genre: what the header of trackbar says, None = nothing.
        lines: trackbar with every bar on a line of its own; else all on one line.

    Raises:
        UserError: the form or the genre is unknown. FileFormatError: the file cannot be read.
    """
    if form not in FORMS:
        raise UserError(f"tokens as '{form}' are not known; give {' or '.join(FORMS)}")
    score = split_channels(source if isinstance(source, Score) else read(source))  # a type-0 file holds a band in one
    if form == "grid":
        from bandmate.tokenizers.grid import encode_piece

        return "".join(f"{line}\n" for line in encode_piece(score).lines())
    tokenizer = TrackBarTokenizer(options)
    return tokenizer.text(tokenizer.encode(score, genre=genre), lines=lines) + "\n"


def detokenise(text_path: str | Path, out: str | Path | None = None) -> Path:
    """Write the piece that a trackbar text stands for.

    Args:
        text_path: a UTF-8 text, as `tokens` writes it or as typed.
        out: file to write, its suffix names the format; None = beside the text, as MIDI.

    Returns:
        The file as written.

    Raises:
        FileFormatError: the text is missing, no trackbar text, or wrong in a place; the message names the token.
        OutputError: the place cannot be written.
    """
    path = Path(text_path)
    text = _read_text(path)
    if not text.lstrip("\ufeff").strip():
        raise FileFormatError(f"{path} is empty; begin the text with PIECE_START")
    return write(TrackBarTokenizer().decode_text(text.lstrip("\ufeff"), str(path)), out or path.with_suffix(".mid"))


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
