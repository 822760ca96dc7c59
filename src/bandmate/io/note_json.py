"""Note JSON and YAML: a piece in MusPy's own form (`io.note_document`), read and written."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bandmate.errors import FileFormatError, MissingExtra
from bandmate.io.atomic import write_text_atomic
from bandmate.io.midi import read_file_bytes
from bandmate.io.note_document import document_of, score_of
from bandmate.score.model import Score


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
    """Read a piece from YAML in MusPy's form; tags that would make objects are refused.

    Raises:
        FileFormatError: as `read_note_json`.
        MissingExtra: PyYAML is not installed.
    """
    yaml = _yaml()
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return _read(path, lambda text: yaml.load(text, loader), "YAML")


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
        said = " ".join(str(error).split())
        raise FileFormatError(f"{name} is no {language}: {said[:160]}") from None
    return score_of(document, name)
