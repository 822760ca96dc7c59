"""What is known of a file beside its notes: metadata files, folder names and hints in file names."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from bandmate.analysis.genres import load_table
from bandmate.library.sources.base import Hints

METADATA_STEMS = ("metadata", "manifest", "info", "index", "labels")
METADATA_SUFFIXES = (".csv", ".tsv", ".json", ".jsonl", ".yaml", ".yml")
MAX_METADATA_BYTES = 256 * 2**20

# The names people give to columns; the first that is there wins.
FILE_COLUMNS = (
    "file", "filename", "file_name", "midi_filename", "midi_file", "midi_path", "midi", "filepath", "file_path", "path",
)  # fmt: skip
COLUMNS: dict[str, tuple[str, ...]] = {
    "title": ("title", "song", "song_title", "track_name", "name"),
    "artist": ("artist", "composer", "author", "performer", "drummer"),
    "group": ("group", "work", "work_id", "song_id", "piece_id"),
    "split": ("split", "subset", "partition"),
    "genres": ("genre", "genres"),
    "styles": ("style", "styles", "drum_style", "subgenre"),
    "moods": ("mood", "moods", "emotion"),
    "instruments": ("instrument", "instruments"),
    "tempo_bpm": ("tempo_bpm", "bpm", "tempo"),
    "key": ("key", "tonality"),
    "licence": ("licence", "license", "rights"),
    "credit": ("credit", "attribution", "copyright"),
    "caption": ("caption", "description", "prompt"),
}
SPLIT_WORDS = {"train": "train", "training": "train", "valid": "valid", "validation": "valid", "val": "valid",
               "dev": "valid", "test": "test", "testing": "test", "eval": "test"}  # fmt: skip

# Aliases that mean a genre in a sentence about music, but hardly ever in the name of a file or a folder.
_NOT_IN_NAMES = frozenset(
    [
        "140",
        "303",
        "3/4",
        "acoustic",
        "adventure",
        "alternative",
        "arcade",
        "ballad",
        "ballroom",
        "carousel",
        "chart",
        "chip",
        "choir",
        "church",
        "colombian",
        "commercial",
        "dance",
        "deep",
        "doom",
        "drip",
        "drone",
        "epic",
        "fantasy",
        "festival",
        "freestyle",
        "goa",
        "groove",
        "jingle",
        "liquid",
        "medieval",
        "minimal",
        "minuet",
        "neuro",
        "oi",
        "pixel",
        "quartet",
        "rage",
        "rave",
        "rio",
        "riddim",
        "robot",
        "rollers",
        "roots",
        "son",
        "spa",
        "spiritual",
        "tropical",
        "wave",
        "western",
        "wub",
        "wubs",
    ]
)
_KEY = re.compile(r"([A-G])(#|b|♯|♭)?[ _-]?(m|min|minor|maj|major|M)?")
_SEPARATORS = re.compile(r"[\s_\-,.()\[\]+]+")
_BPM = re.compile(r"(?<![\d.])(\d{2,3}(?:\.\d{1,3})?)[ _-]*bpm|bpm[ _-]*(\d{2,3}(?:\.\d{1,3})?)(?!\d)", re.IGNORECASE)
_CAMEL = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z'&]+|\d+(?:-?bit|step)?|[^\W\d_]+")


def _plain(text: str) -> str:
    return re.sub(r"[\s_\-]+", " ", text.casefold()).strip()


@cache
def genre_words() -> dict[str, str]:
    """Every word for a genre, in plain form -> genre id; near genres count as the one they are built on."""
    table = load_table("genres")
    words: dict[str, str] = {}
    for near, block in load_table("words").get("near_genres", {}).items():
        if isinstance(block, dict) and block.get("base") in table:
            words[_plain(near)] = block["base"]
    names = [name for name in table if not name.startswith("_")]
    for name in names:
        for alias in table[name].get("aliases", ()):
            words.setdefault(_plain(alias), name)
    for name in names:  # the genre's own names win over every alias
        words[_plain(name)] = words[_plain(table[name].get("name", name))] = name
    return words


@cache
def mood_words() -> dict[str, str]:
    """Every word for a mood, in plain form -> mood id."""
    moods = load_table("moods")["moods"]
    words = {_plain(word): name for name, block in moods.items() for word in block.get("aka", ())}
    return {**words, **{_plain(name): name for name in moods}}


@cache
def instrument_words() -> dict[str, int]:
    """Every word for an instrument, in plain form -> General MIDI program; kits and samples have none."""
    words: dict[str, int] = {}
    for item in load_table("instruments")["instruments"]:
        if isinstance(item.get("program"), int):
            for word in item["words"]:
                words.setdefault(_plain(word), item["program"])
    return words


@cache
def _name_table() -> dict[str, tuple[tuple[str, str], ...]]:
    """Plain phrase -> (hint field, the phrase), for names of files and folders."""
    genres = {word for word in genre_words() if word not in _NOT_IN_NAMES and len(word) >= 3}
    found: dict[str, list[tuple[str, str]]] = {}
    for field, words in (("genres", genres), ("moods", mood_words()), ("instruments", instrument_words())):
        for word in words:
            found.setdefault(word, []).append((field, word))
    return {word: tuple(pairs) for word, pairs in found.items()}


def _name_words(text: str) -> list[str]:
    return [word.casefold() for word in _CAMEL.findall(text)]


def _phrases(words: list[str]) -> dict[str, tuple[str, ...]]:
    """The longest known phrases in a row of words, each word used once a field."""
    table = _name_table()
    found: dict[str, list[str]] = {"genres": [], "moods": [], "instruments": []}
    at = 0
    while at < len(words):
        for size in range(min(4, len(words) - at), 0, -1):
            pairs = table.get(" ".join(words[at : at + size])) or table.get("".join(words[at : at + size]))
            if pairs:
                for field, word in pairs:
                    found[field].append(word)
                at += size
                break
        else:
            at += 1
    return {field: tuple(dict.fromkeys(values)) for field, values in found.items()}


def _key_in(chunks: list[str]) -> str:
    for at, chunk in enumerate(chunks):
        following = chunks[at + 1].casefold() if at + 1 < len(chunks) else ""
        match = _KEY.fullmatch(chunk)
        if not match:
            continue
        if match[3] or match[2]:
            mode = match[3] or (following if following in ("minor", "major", "min", "maj") else "")
        elif following in ("minor", "major", "min", "maj"):
            mode = following
        else:
            continue  # a letter alone is a letter
        minor = mode == "m" or mode.casefold().startswith("min")
        return f"{match[1]}{(match[2] or '').replace('♯', '#').replace('♭', 'b')} {'minor' if minor else 'major'}"
    return ""


def hints_from_name(stem: str, origin: str = "file name") -> Hints:
    """Read tempo, key, genre, mood and instruments out of a name such as "FunkyBeat120bpm" or "lofi_Dm_84".

    A number with "bpm" is a tempo; a bare number from 50 to 220 beside a word or a key may be one (`weak_tempo_bpm`).
    A letter alone is no key: "Dm", "F#" and "D minor" are.
    """
    bpm = _BPM.search(stem)
    tempo = float(bpm[1] or bpm[2]) if bpm else None
    rest = stem[: bpm.start()] + " " + stem[bpm.end() :] if bpm else stem
    chunks = [chunk for chunk in _SEPARATORS.split(rest) if chunk]
    found: dict[str, Any] = _phrases(_name_words(rest))
    key = _key_in(chunks)
    weak = None
    if tempo is None and (key or any(found.values())):
        numbers = [int(c) for c in chunks if c.isdigit() and not c.startswith("0") and 50 <= int(c) <= 220]
        weak = float(numbers[-1]) if numbers else None
    hints = Hints(tempo_bpm=tempo, weak_tempo_bpm=weak, key=key, **found)
    return _signed(hints, origin)


def hints_from_folders(parts: Iterable[str]) -> Hints:
    """Hints in the names of the folders above a file, the nearest first to be believed."""
    hints = Hints()
    for part in parts:
        hints = replace(hints_from_name(part, "folder name"), weak_tempo_bpm=None).or_else(hints)
    return hints


def _signed(hints: Hints, origin: str) -> Hints:
    said = ("title", "genres", "styles", "moods", "instruments", "tempo_bpm", "key", "split", "group", "caption")
    return replace(hints, origin={name: origin for name in said if getattr(hints, name)})


# metadata files


class MetadataError(ValueError):
    """A metadata file that says nothing usable; the message says why. Never leaves this layer."""


def _words(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        value = re.split(r"[,;|/]", value)
    if not isinstance(value, list | tuple):
        return ()
    return tuple(str(item).strip() for item in value if str(item).strip())


def _number(value: Any) -> float | None:
    try:
        number = float(str(value).strip().removesuffix("bpm").removesuffix("BPM"))
    except ValueError:
        return None
    return number if 20 <= number <= 400 else None


def hints_from_entry(entry: dict[str, Any]) -> Hints:
    """Turn one row or object of a metadata file into hints; its "tags" object counts as columns of its own."""
    flat = {str(key).strip().casefold().replace(" ", "_"): value for key, value in entry.items()}
    tags = flat.pop("tags", None)
    if isinstance(tags, dict):
        flat.update({str(key).casefold(): value for key, value in tags.items()})
    values: dict[str, Any] = {}
    for field, columns in COLUMNS.items():
        value = next((flat[name] for name in columns if flat.get(name) not in (None, "", [])), None)
        if value is None:
            continue
        if field in ("genres", "styles", "moods", "instruments"):
            values[field] = _words(value)
        elif field == "tempo_bpm":
            values[field] = _number(value)
        else:
            values[field] = str(value).strip()[:500]
    values["split"] = SPLIT_WORDS.get(str(values.get("split", "")).casefold(), "")
    used = {name for columns in COLUMNS.values() for name in columns} | {*FILE_COLUMNS, "hash", "hash_on", "names"}
    kept = {name: value for name, value in flat.items() if name not in used and isinstance(value, str | int | float)}
    return _signed(Hints(**values, tags=kept), "metadata")


def _decoded(path: Path) -> str:
    if path.stat().st_size > MAX_METADATA_BYTES:
        raise MetadataError(f"it is larger than {MAX_METADATA_BYTES // 2**20} MB")
    data = path.read_bytes()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def _csv_entries(text: str, suffix: str) -> list[dict[str, Any]]:
    first = text.partition("\n")[0]
    delimiter = "\t" if suffix == ".tsv" else max(",;\t", key=first.count)
    return [{k: v for k, v in row.items() if k} for row in csv.DictReader(io.StringIO(text), delimiter=delimiter)]


def _object_entries(data: Any) -> list[dict[str, Any]]:
    """A list of objects, an object of objects by file name, an object that holds such a list, or one for all files."""
    if isinstance(data, list):
        return [item for item in data if isinstance(item, dict)]
    if not isinstance(data, dict):
        return []
    if data and all(isinstance(value, dict) for value in data.values()):
        return [{"file": name, **value} for name, value in data.items()]
    for value in data.values():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            return [item for item in value if isinstance(item, dict)]
    return [data]


def _yaml_entries(text: str) -> list[dict[str, Any]]:
    try:
        import yaml  # pyright: ignore[reportMissingModuleSource]
    except ImportError:
        raise MetadataError(
            "YAML needs PyYAML; install it with: pip install pyyaml, or save it as metadata.json"
        ) from None
    try:
        return _object_entries(yaml.safe_load(text))
    except yaml.YAMLError as error:
        raise MetadataError(f"it is not valid YAML ({str(error).splitlines()[0]})") from None


def read_entries(path: Path) -> list[dict[str, Any]]:
    """The rows or objects of one metadata file.

    Raises:
        MetadataError: it cannot be read, is not valid, or needs PyYAML; the message says which.
    """
    suffix = path.suffix.lower()
    try:
        text = _decoded(path)
        if suffix in (".csv", ".tsv"):
            return _csv_entries(text, suffix)
        if suffix == ".jsonl":
            return [item for item in map(json.loads, filter(str.strip, text.splitlines())) if isinstance(item, dict)]
        return _yaml_entries(text) if suffix in (".yaml", ".yml") else _object_entries(json.loads(text))
    except (json.JSONDecodeError, csv.Error, RecursionError) as error:
        raise MetadataError(f"it is not valid {suffix[1:]} ({error})") from None
    except OSError as error:
        raise MetadataError(error.strerror or str(error)) from None


class MetadataTable:
    """The metadata files of one folder: file name -> hints, for the folder and those below it."""

    def __init__(self, folder: Path, names: Iterable[str]) -> None:
        self.folder = folder
        self.by_file: dict[str, Hints] = {}
        self.for_all = Hints()
        self.notices: list[str] = []
        for name in sorted(names):
            if Path(name).stem.casefold() in METADATA_STEMS and Path(name).suffix.lower() in METADATA_SUFFIXES:
                self._read(folder / name)

    def _read(self, path: Path) -> None:
        try:
            entries = read_entries(path)
        except MetadataError as error:
            self.notices.append(f"{path} was not used: {error}")
            return
        for entry in entries:
            columns = {str(key).strip().casefold().replace(" ", "_"): key for key in entry}
            column = next((columns[name] for name in FILE_COLUMNS if name in columns), None)
            if column is None and "name" in columns and str(entry[columns["name"]]).lower().endswith((".mid", ".midi")):
                column = columns["name"]
            hints = hints_from_entry(entry)
            if column is None:
                if len(entries) == 1:
                    self.for_all = hints.or_else(self.for_all)
                continue
            for key in _file_keys(str(entry[column])):
                self.by_file.setdefault(key, hints)

    def hints(self, path: Path) -> Hints:
        """What it says of a file in its folder or below."""
        if not self.by_file:
            return self.for_all
        for key in _file_keys(path.relative_to(self.folder).as_posix()):
            if key in self.by_file:
                return self.by_file[key].or_else(self.for_all)
        return self.for_all


def _file_keys(text: str) -> tuple[str, ...]:
    plain = text.replace("\\", "/").strip().removeprefix("./").casefold()
    name = plain.rpartition("/")[2]
    stem = name.rpartition(".")[0] or name
    return tuple(dict.fromkeys((plain, name, stem)))
