"""The shape of the grid model, without any tensor library: sizes, fields, heads."""

from __future__ import annotations

import json
import tomllib
from dataclasses import asdict, dataclass
from importlib.resources import files
from typing import ClassVar, Self, TypeVar

from bandmate.errors import ModelError

HEAD_DIM = 64
ROPE_THETA = 10_000.0
NORM_EPS = 1e-6


@dataclass(frozen=True, slots=True)
class GridConfig:
    """What the tensors of a grid model look like.

    Attributes:
        fields: (name, codes) of every column of a row, in order.
        drawn: names of the fields that are drawn, in the order of drawing.
        shared: prefixes of fields that share an embedding table: with "value", value1 and value2 do.
        width, layers, heads, kv_heads, feed_forward: the trunk; all but the head counts are multiples of 64.
        dropout: in training only.
        form: what is drawn of the next cell before its notes: (name, field, its first code, codes) each.
        lags: what is drawn of a cell sees the rows of its track's cells so many bars before.
    """

    FORMAT: ClassVar[str] = "bandmate.grid.1"  # of a weights file

    fields: tuple[tuple[str, int], ...]
    drawn: tuple[str, ...]
    shared: tuple[str, ...] = ("value",)
    width: int = 256
    layers: int = 6
    heads: int = 4
    kv_heads: int = 1
    feed_forward: int = 704
    dropout: float = 0.0
    form: tuple[tuple[str, str, int, int], ...] = ()
    lags: tuple[int, ...] = ()

    def table_of(self, field: str) -> str:
        """The name of the embedding table of a field."""
        return next((prefix for prefix in self.shared if field.startswith(prefix)), field)

    @property
    def tables(self) -> dict[str, int]:
        """Embedding tables and their numbers of codes."""
        return {self.table_of(name): size for name, size in self.fields}

    @property
    def sizes(self) -> dict[str, int]:
        """Codes of each field by name."""
        return dict(self.fields)

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Shape of every tensor of the model by name."""
        width, inner, outer = self.width, self.heads * HEAD_DIM, self.kv_heads * HEAD_DIM
        block: dict[str, tuple[int, ...]] = {
            "q": (inner, width), "k": (outer, width), "v": (outer, width), "o": (width, inner),
            "gate": (self.feed_forward, width), "up": (self.feed_forward, width), "down": (width, self.feed_forward),
            "norm1": (width,), "norm2": (width,),
        }  # fmt: skip
        found: dict[str, tuple[int, ...]] = {f"embed.{name}.weight": (n, width) for name, n in self.tables.items()}
        for index in range(self.layers):
            found |= {f"blocks.{index}.{name}.weight": shape for name, shape in block.items()}
        found |= {f"heads.{name}.weight": (self.sizes[name], width) for name in self.drawn}
        found |= {f"chain.{name}.weight": (width, width) for name in self.drawn[2:]}
        for name, _, _, codes in self.form:
            found |= {f"heads.{name}.weight": (codes, width), f"chain.{name}.weight": (width, width)}
        found |= {f"past.{lag}.weight": (width, width) for lag in self.lags}
        return {**found, "norm.weight": (width,)}

    def to_json(self) -> str:
        """The config as one line of JSON, for a checkpoint's metadata."""
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what to_json wrote.

        Raises:
            ModelError: the text is no config of this version.
        """
        try:
            data = json.loads(text)
            data["fields"] = tuple((name, int(size)) for name, size in data["fields"])
            data["drawn"], data["shared"] = tuple(data["drawn"]), tuple(data["shared"])
            data["lags"] = tuple(data.get("lags", ()))
            data["form"] = tuple((n, field, int(first), int(codes)) for n, field, first, codes in data.get("form", ()))
            return cls(**data)
        except (KeyError, TypeError, ValueError) as error:
            raise ModelError(f"the model's configuration cannot be read ({error}); export it again") from error


Config = TypeVar("Config", bound=GridConfig)


def load_size(
    name: str,
    fields: dict[str, int],
    drawn: tuple[str, ...],
    dropout: float = 0.0,
    form: tuple[tuple[str, str, int, int], ...] = (),
    lags: tuple[int, ...] = (),
    kind: type[Config] = GridConfig,
) -> Config:
    """One of the sizes tiny, small, base (and small_flat, of a model without a chain) as a config for some fields.

    Raises:
        ModelError: no such size.
    """
    source = files("bandmate.models").joinpath(f"sizes/{name}.toml")
    if not source.is_file():
        raise ModelError(f"model size '{name}' is not known; choose tiny, small or base")
    sizes = tomllib.loads(source.read_text("utf-8"))
    return kind(tuple(fields.items()), drawn, dropout=dropout, form=form, lags=lags, **sizes)
