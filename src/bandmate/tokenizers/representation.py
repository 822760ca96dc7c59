"""What the representations of the toolkit share: names with versions, options in text, checks, and the printed tables.

A representation is a class with `about`, a frozen options class, `encode` and `decode`. Words (one id a token) and rows
(some numbers a line) differ in how they are checked and written; everything else is here.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bandmate.errors import FileFormatError, ScoreError, UserError
from bandmate.score.model import Score
from bandmate.tokenizers.base import TokenSequence, TokenType, Vocabulary

MOST_TOKENS = 20_000_000  # of one sequence; only damaged times make more
MOST_STEPS = 1_000_000  # of what has a place for every step
_SHOWN = 12  # values that a table prints in full


@dataclass(frozen=True, slots=True)
class About:
    """What the page says of a representation.

    Attributes:
        what: one line.
        shape: of the array.
        loss: what a score loses on the way there and back.
        source: where it comes from.
        grammar: whether there is an automaton for sampling.
    """

    what: str
    shape: str
    loss: str
    source: str
    grammar: bool = False


def whole(name: str, value: Any, low: int, high: int) -> None:
    """Refuse an option that is no whole number of a range.

    Raises:
        UserError: it names option, value and range.
    """
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise UserError(f"{name} {value!r} is out of range; give a whole number from {low} to {high}")


def check_length(count: int, name: str) -> None:
    """Refuse a sequence that no memory should be spent on.

    Raises:
        ScoreError: it is longer than MOST_TOKENS.
    """
    if count > MOST_TOKENS:
        raise ScoreError(
            f"the score would be {count:,} tokens of {name}, more than {MOST_TOKENS:,}; trim it or mend its times"
        )


def check_steps(count: int, name: str) -> None:
    """Refuse what would have too many places for memory.

    Raises:
        ScoreError: there are more than MOST_STEPS.
    """
    if count > MOST_STEPS:
        raise ScoreError(
            f"the score would be {count:,} steps of {name}, more than {MOST_STEPS:,}; trim it or mend its times"
        )


def named_options(kind: type[Any], given: Mapping[str, Any], owner: str) -> Any:
    """Options of a class by their names; `owner` is what a message calls them.

    Raises:
        UserError: an option is unknown or out of range; the message names it.
    """
    usual = asdict(kind())
    for name, value in given.items():
        if name not in usual:
            has = f"it has {', '.join(sorted(usual))}" if usual else "it has none"
            raise UserError(f"{owner} has no option '{name}'; {has}")
        if isinstance(usual[name], bool) and not isinstance(value, bool):
            raise UserError(f"{name} {value!r} is neither true nor false")
    return kind(**given)


class Representation(ABC):
    """A score as an array of numbers and back, under some options."""

    name: ClassVar[str]
    about: ClassVar[About]
    options_type: ClassVar[type[Any]]

    def __init__(self, options: Any = None) -> None:
        self.options = options or self.options_type()

    @abstractmethod
    def encode(self, score: Score) -> TokenSequence:
        """The score as numbers."""

    @abstractmethod
    def decode(self, tokens: TokenSequence | ArrayLike) -> Score:
        """The score that numbers stand for.

        Raises:
            FileFormatError: they are of another representation or mean nothing; the message names place and value.
        """

    @abstractmethod
    def lines(self, tokens: TokenSequence) -> list[str]:
        """The numbers as lines of text."""

    @abstractmethod
    def parse_body(self, text: str, source: str) -> TokenSequence:
        """The numbers of lines as `lines` writes them."""

    @abstractmethod
    def tables(self) -> list[str]:
        """The vocabulary as lines of Markdown."""

    def text(self, tokens: TokenSequence) -> str:
        """Numbers as text whose first line says the name and the options that are not the usual ones."""
        usual, own = asdict(self.options_type()), asdict(self.options)
        other = {name: value for name, value in own.items() if value != usual[name]}
        head = f"# {self.name} {json.dumps(other)}" if other else f"# {self.name}"
        return "".join(f"{line}\n" for line in [head, *self.lines(tokens)])

    def reference(self) -> str:
        """The representation as Markdown: what it is, what it loses, its options and its vocabulary."""
        about = self.about
        options = ", ".join(f"`{name}` = {json.dumps(value)}" for name, value in asdict(self.options).items())
        head = [f"# {self.name}: {about.what}", "", f"- Shape: {about.shape}", f"- Loses: {about.loss}"]
        head += [f"- Source: {about.source}", f"- Options: {options}", ""]
        return "\n".join(head + self.tables()) + "\n"

    def array(self, tokens: TokenSequence | ArrayLike) -> NDArray[Any]:
        """The numbers of a sequence, which must be of this representation.

        Raises:
            FileFormatError: they are of another one, or no whole numbers.
        """
        if isinstance(tokens, TokenSequence):
            if tokens.tokenizer != self.name:
                raise FileFormatError(f"these tokens are of {tokens.tokenizer}, not of {self.name}; decode them there")
            return tokens.ids
        found = np.asarray(tokens)
        if found.size and found.dtype.kind not in "iub":
            raise FileFormatError(f"{self.name} holds whole numbers, not {found.dtype}; give an integer array")
        return found if found.size else found.astype(np.int64)

    @classmethod
    def with_options(cls, given: Mapping[str, Any]) -> Representation:
        """The representation under named options.

        Raises:
            UserError: an option is unknown or out of range; the message names it.
        """
        return cls(named_options(cls.options_type, given, cls.name))


class Words(Representation):
    """A representation of one id a token."""

    vocabulary: Vocabulary

    def ids(self, tokens: TokenSequence | ArrayLike) -> NDArray[np.int64]:
        """The ids of a sequence, all within the vocabulary.

        Raises:
            FileFormatError: one is not; the message names its place and value.
        """
        ids = self.array(tokens).astype(np.int64).reshape(-1)
        if len(ids) and not 0 <= int(ids.min()) <= int(ids.max()) < len(self.vocabulary):
            at = int(np.argmax((ids < 0) | (ids >= len(self.vocabulary))))
            raise FileFormatError(
                f"token {at + 1} has the id {ids[at]}, outside the vocabulary of {self.name}, which has ids 0 to "
                f"{len(self.vocabulary) - 1} under these options"
            )
        return ids

    def bad(self, place: int, ids: NDArray[Any], why: str) -> FileFormatError:
        """The error that names a token: its number, its id, its word and what is wrong."""
        value = int(ids[place])
        return FileFormatError(f"token {place + 1} ({value}, {self.vocabulary.texts[value]}) {why}")

    def lines(self, tokens: TokenSequence) -> list[str]:
        """Words, sixteen a line."""
        words = np.array(self.vocabulary.texts, object)[self.ids(tokens)].tolist()
        return [" ".join(words[at : at + 16]) for at in range(0, len(words), 16)]

    def parse_body(self, text: str, source: str) -> TokenSequence:
        """The ids of words."""
        index = {word: number for number, word in enumerate(self.vocabulary.texts)}
        words = text.split()
        for number, word in enumerate(words, 1):
            if word not in index:
                raise FileFormatError(f"{source}, token {number} '{word}' is not in the vocabulary of {self.name}")
        return TokenSequence(np.array([index[word] for word in words], np.int32), self.name)

    def tables(self) -> list[str]:
        """A row a type of token."""
        rows = [f"{len(self.vocabulary):,} ids.", "", "| ids | token | values | meaning |", "|---|---|---|---|"]
        for name, kind in self.vocabulary.types.items():
            first = self.vocabulary.offsets[name]
            last = first + len(kind.texts) - 1
            ids = f"{first}" if first == last else f"{first}-{last}"
            rows.append(f"| {ids} | `{name}` | {shown(kind.values)} | {kind.meaning} |")
        return rows


@dataclass(frozen=True, slots=True)
class Field:
    """A column of a representation by rows: its name, its range, and what it says."""

    name: str
    low: int
    high: int
    meaning: str


class Rows(Representation):
    """A representation of some whole numbers a row."""

    @property
    @abstractmethod
    def columns(self) -> tuple[Field, ...]:
        """The columns under these options, in order."""

    def rows(self, tokens: TokenSequence | ArrayLike) -> NDArray[Any]:
        """The rows of a sequence, as wide as they should be and every number within its range.

        Raises:
            FileFormatError: not so; the message names row, column and value.
        """
        found, columns = self.array(tokens), self.columns
        if not found.size:
            return found.reshape(0, len(columns))
        if found.ndim != 2 or found.shape[1] != len(columns):
            raise FileFormatError(f"{self.name} has rows of {len(columns)} numbers, not the shape {found.shape}")
        low, high = (np.array([getattr(column, side) for column in columns]) for side in ("low", "high"))
        if (found.min(axis=0) < low).any() or (found.max(axis=0) > high).any():
            row, column = (int(place[0]) for place in np.nonzero((found < low) | (found > high)))
            field = columns[column]
            raise FileFormatError(
                f"row {row + 1} of {self.name} has {field.name} {found[row, column]}; it must be {field.low} to "
                f"{field.high}"
            )
        return found

    def lines(self, tokens: TokenSequence) -> list[str]:
        """Numbers parted by a space, a row a line."""
        return [" ".join(map(str, row)) for row in self.array(tokens).astype(np.int64).tolist()]

    def parse_body(self, text: str, source: str) -> TokenSequence:
        """The rows of lines."""
        width, rows = len(self.columns), []
        for number, line in enumerate(text.splitlines(), 2):  # the first line is the head
            cells = line.split()
            if not cells:
                continue
            try:
                row = [int(cell) for cell in cells]
            except ValueError:
                bad = next(cell for cell in cells if not cell.lstrip("+-").isdigit())
                raise FileFormatError(f"{source}, line {number}: '{bad[:40]}' is no whole number") from None
            if len(row) != width or max(map(abs, row)) >= 1 << 62:
                raise FileFormatError(
                    f"{source}, line {number}: {self.name} has {width} numbers a line, not {len(row)}"
                )
            rows.append(row)
        return TokenSequence(np.array(rows, np.int64).reshape(-1, width), self.name)

    def tables(self) -> list[str]:
        """A row a column."""
        rows = ["| column | from | to | meaning |", "|---|---|---|---|"]
        return rows + [f"| `{f.name}` | {f.low} | {f.high:,} | {f.meaning} |" for f in self.columns]


def shown(values: tuple[str, ...]) -> str:
    """The values of a type as a table prints them."""
    if len(values) <= _SHOWN:
        return ", ".join(values)
    return f"{', '.join(values[:3])} ... {values[-1]} ({len(values):,})"


def numbers(low: int, high: int) -> tuple[str, ...]:
    """The texts of whole numbers, both ends in."""
    return tuple(str(number) for number in range(low, high + 1))


@lru_cache(maxsize=32)
def vocabulary_of(types: tuple[TokenType, ...]) -> Vocabulary:
    """The vocabulary of some types, made once."""
    return Vocabulary({kind.name: kind for kind in types})
