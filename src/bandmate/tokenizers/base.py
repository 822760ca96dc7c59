"""What every tokenizer of single ids shares: the sequence, the vocabulary, and the shape of a tokenizer and a grammar.

A tokenizer's vocabulary comes from one table of token types; ids, text, decode checks and the grammar derive from it.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from bandmate.errors import UserError
from bandmate.score.model import Score


@dataclass(frozen=True, slots=True, eq=False)
class TokenSequence:
    """Integers, and the versioned name of the tokenizer that made them (such as `trackbar.v1`).

    Attributes:
        ids: one a token, (n,); of representations by rows (n, columns).
        tokenizer: its name.
    """

    ids: NDArray[Any]
    tokenizer: str

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, slots=True)
class TokenType:
    """One row of a vocabulary table.

    Attributes:
        name: how the token begins, such as `NOTE_ON`.
        values: what may stand behind the `=`; empty for a token that stands alone.
        meaning: one line for the printed reference.
        places: where a reader accepts it ("header", "track", "bar" ...).
        follows: names of the types that a writer may put behind it.
    """

    name: str
    values: tuple[str, ...]
    meaning: str
    places: tuple[str, ...] = ()
    follows: tuple[str, ...] = ()

    @property
    def texts(self) -> tuple[str, ...]:
        """The tokens of the type as they are written."""
        return tuple(f"{self.name}={value}" for value in self.values) if self.values else (self.name,)


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """Every token of a table, numbered in table order."""

    types: Mapping[str, TokenType]
    texts: tuple[str, ...] = field(init=False)
    offsets: dict[str, int] = field(init=False)
    owners: tuple[tuple[str, int], ...] = field(init=False)

    def __post_init__(self) -> None:
        offsets, texts, owners = {}, [], []
        for name, kind in self.types.items():
            offsets[name] = len(texts)
            texts += kind.texts
            owners += [(name, index) for index in range(len(kind.texts))]
        object.__setattr__(self, "offsets", offsets)
        object.__setattr__(self, "texts", tuple(texts))
        object.__setattr__(self, "owners", tuple(owners))

    def __len__(self) -> int:
        return len(self.texts)

    def __iter__(self) -> Iterator[str]:
        return iter(self.texts)

    def taken(self, token: int, allowed: NDArray[np.int32]) -> tuple[str, int]:
        """Type and index of an id that a grammar takes as the next.

        Raises:
            UserError: the id is not among those allowed.
        """
        if token not in allowed:
            raise UserError(f"token {token} may not follow here; ask `allowed` first")
        return self.owners[token]

    def id(self, name: str, index: int = 0) -> int:
        """The id of a type's value, by the index of the value."""
        return self.offsets[name] + index

    def ids(self, name: str) -> NDArray[np.int32]:
        """All ids of a type."""
        return self.offsets[name] + np.arange(len(self.types[name].texts), dtype=np.int32)

    def find(self, text: str) -> int:
        """The id of a token as it is written.

        Raises:
            UserError: the vocabulary has no such token; the message names close ones.
        """
        name, _, value = text.partition("=")
        kind = self.types.get(name)
        if kind is None or text not in kind.texts:
            near = difflib.get_close_matches(text, self.types if kind is None else kind.texts, n=3, cutoff=0.5)
            hint = f"did you mean {', '.join(near)}?" if near else f"known types: {', '.join(self.types)}"
            raise UserError(f"'{text}' is not a token of this vocabulary; {hint}")
        return self.id(name, kind.values.index(value) if kind.values else 0)


class Tokenizer(Protocol):
    """Turns a score into ids and back."""

    name: str
    vocabulary: Vocabulary

    def encode(self, score: Score) -> TokenSequence:
        """The score as ids."""
        ...

    def decode(self, tokens: TokenSequence) -> Score:
        """The score that ids stand for."""
        ...


class Grammar(Protocol):
    """A finite automaton over ids: whoever only takes what it allows, ends in a sequence that decodes."""

    def allowed(self, state: Any) -> NDArray[np.int32]:
        """Ids that may come next, ascending; empty only when the sequence is complete."""
        ...

    def advance(self, state: Any, token: int) -> Any:
        """The state after an id."""
        ...
