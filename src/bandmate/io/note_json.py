"""Note JSON and YAML: a piece in MusPy's own form (`io.note_document`), read and written."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from bandmate.errors import FileFormatError, MissingExtra
from bandmate.io.atomic import write_text_atomic
from bandmate.io.midi import read_file_bytes
from bandmate.io.note_document import document_of, score_of
from bandmate.limits import MIDI_NOTES
from bandmate.score.model import Score

_MOST_VALUES = 16 * int(MIDI_NOTES.high)  # eight for a note, and as much again
_CHARS_A_VALUE = 64
_MOST_MERGED = 1000


def read_note_json(path: str | Path) -> Score:
    """Read a piece from JSON in MusPy's form.

    Raises:
        FileFormatError: it is missing, too large, no JSON or no such piece; the message names the place.
    """
    return _read(path, json.loads, "JSON")


def write_note_json(score: Score, path: str | Path) -> Path:
    """Write a piece as JSON in MusPy's form.

    Raises:
        OutputError: the place cannot be written.
    """
    return write_text_atomic(path, json.dumps(document_of(score), ensure_ascii=False) + "\n")


def read_note_yaml(path: str | Path) -> Score:
    """Read a piece from YAML in MusPy's form; tags that would make objects are refused, and aliases of aliases that
    unfold to more than a piece may hold.

    Raises:
        FileFormatError: as `read_note_json`.
        MissingExtra: PyYAML is not installed.
    """
    yaml = _yaml()
    loader = _bounded(yaml, getattr(yaml, "CSafeLoader", yaml.SafeLoader))

    def parse(text: str) -> Any:
        document = yaml.load(text, loader)
        if _values_in(document, {}) > _MOST_VALUES:
            raise FileFormatError(f"{path} unfolds to more than {_MOST_VALUES:,} values, more than a piece may have")
        return document

    return _read(path, parse, "YAML")


def write_note_yaml(score: Score, path: str | Path) -> Path:
    """Write a piece as YAML in MusPy's form.

    Raises:
        OutputError: the place cannot be written.
        MissingExtra: PyYAML is not installed.
    """
    yaml = _yaml()
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    text = yaml.dump(document_of(score), Dumper=dumper, allow_unicode=True, sort_keys=False, default_flow_style=None)
    return write_text_atomic(path, text)


def _bounded(yaml: Any, loader: Any) -> Any:
    """A loader whose merge keys (`<<`) copy no more than a table of a piece can have."""

    class Bounded(loader):
        def flatten_mapping(self, node: Any) -> None:
            super().flatten_mapping(node)
            if len(node.value) > _MOST_MERGED:
                raise yaml.YAMLError(f"a table has {len(node.value):,} names, more than {_MOST_MERGED:,}")

    return Bounded


def _values_in(value: Any, known: dict[int, int]) -> int:
    """How many values something holds where every alias counts as what it stands for; long texts count as several.

    Args:
        value: of a document.
        known: what its lists and tables hold, by identity, so that each is counted once.
    """
    if isinstance(value, str | bytes):
        return 1 + len(value) // _CHARS_A_VALUE
    if not isinstance(value, list | Mapping):
        return 1
    if id(value) not in known:
        known[id(value)] = _MOST_VALUES + 1  # what holds itself never ends
        members = value.values() if isinstance(value, Mapping) else value
        known[id(value)] = 1 + sum(_values_in(one, known) for one in members)
    return known[id(value)]


def _yaml() -> Any:
    try:
        import yaml
    except ImportError as missing:
        raise MissingExtra("scores", "reading and writing YAML") from missing
    return yaml


def _read(path: str | Path, parse: Callable[[str], Any], language: str) -> Score:
    name = str(path)
    data = read_file_bytes(path)
    try:
        document = parse(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise FileFormatError(f"{name} is damaged at byte {error.start} (no UTF-8 text); restore it") from None
    except RecursionError:
        raise FileFormatError(f"{name} is nested too deep to be read") from None
    except FileFormatError:
        raise
    except Exception as error:  # json.JSONDecodeError, yaml.YAMLError and ValueErrors of odd numbers and dates
        said = " ".join(str(error).split()).partition("; use sys.")[0]
        raise FileFormatError(f"{name} is no {language}: {said[:160]}") from None
    return score_of(document, name)
