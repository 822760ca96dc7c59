"""The one table of file formats: a suffix names its reader and its writer.

A format joins by a line here or by a plugin registered as `format.<suffix>`, an object with `name`, `read` and
`write`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from difflib import get_close_matches
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from bandmate import registry
from bandmate.errors import FileFormatError, OutputError
from bandmate.io.abc.read import read_abc
from bandmate.io.abc.write import write_abc
from bandmate.io.als.to_score import read_als
from bandmate.io.als.write import write_als
from bandmate.io.arrays import read_npy, read_npz, write_npy, write_npz
from bandmate.io.dawproject import write_dawproject
from bandmate.io.dawproject_read import read_dawproject
from bandmate.io.lilypond import unsaid, write_lilypond
from bandmate.io.midi import read_midi, write_midi
from bandmate.io.musescore.file import looks_like_musescore
from bandmate.io.musescore.read import read_musescore
from bandmate.io.musicxml_file import looks_like_musicxml
from bandmate.io.musicxml_read import read_musicxml
from bandmate.io.musicxml_write import write_musicxml
from bandmate.io.note_json import read_note_json, read_note_yaml, write_note_json, write_note_yaml
from bandmate.io.reaper import write_rpp
from bandmate.io.reaper_read import read_rpp
from bandmate.io.recognise import is_named_array, is_note_json, is_note_yaml, is_roll_archive
from bandmate.io.sound import SOUND_FORMATS
from bandmate.io.verovio_read import read_humdrum, read_mei
from bandmate.score.features import NOTATION, PLAYED, SOUND
from bandmate.score.model import Score


@dataclass(frozen=True, slots=True)
class Format:
    """A file format.

    Attributes:
        name: of it; read, write: its doors, where it has them.
        holds: what its files hold of `score.features`.
        looks_so: where files of that suffix are seldom music, whether one is; a walk through folders asks it.
        extra, module: the part of Bandmate that its reader is of, and the module by which that is known.
        instead: what to write instead, where programs of that name open it.
        is_sound: whether its files hold what is heard, and no notes that could be read back.
        holds_in_part: whether some of what they hold they hold in part, so that reading one again says how much.
        unsaid: the same of a format that is not read: how much of what it holds is not in a file of a score.
    """

    name: str
    read: Callable[[str | Path], Score] | None = None
    write: Callable[[Score, str | Path], Path] | None = None
    holds: frozenset[str] = frozenset()
    looks_so: Callable[[Path], bool] | None = None
    extra: str = ""
    module: str = ""
    instead: str = ""
    is_sound: bool = False
    holds_in_part: bool = False
    unsaid: Callable[[Score], dict[str, int]] | None = None

    @property
    def is_installed(self) -> bool:
        """Whether all is there that its reader needs."""
        return not self.module or find_spec(self.module) is not None


def _write_rendered(score: Score, path: str | Path) -> Path:
    # The table of files knows no player: who renders is found by name at call time.
    return registry.get("workflows.sound_writer")(score, path)


_MIDI = Format("MIDI", read_midi, write_midi, SOUND | PLAYED | {"lyrics"})
_SEQUENCER = SOUND - {"keys", "instruments"} | {"played timing"}
_CONTROLLED = _SEQUENCER | {"pedal", "volume and pan", "controllers, bends and pressure"}
_LISTED = SOUND - {"release velocities"} | {"played timing", "lyrics"}
_STEPPED = frozenset({"notes", "velocities"})
_UNWRITTEN = {"staves", "note heads", "bar numbers"}
_ABC = Format(
    "ABC", read_abc, write_abc, SOUND - {"velocities", "release velocities"} | (NOTATION - _UNWRITTEN),
    holds_in_part=True,
)  # fmt: skip
_ENGRAVED = Format(
    "LilyPond", None, write_lilypond,
    frozenset({
        "notes", "tempo changes", "meters", "keys", "spellings", "voices", "ties", "tuplets", "grace notes", "lyrics",
        "articulations and ornaments", "dynamics", "slurs", "clefs", "bar lines", "credits", "repeats and jumps",
        "hairpins and octave lines", "words", "tempo words", "transposing instruments",
    }),
    unsaid=unsaid,
)  # fmt: skip
_YAML = Format("note YAML", read_note_yaml, write_note_yaml, _LISTED, is_note_yaml, "scores", "yaml")
_MUSICXML = Format(
    "MusicXML", read_musicxml, write_musicxml,
    SOUND - {"release velocities"} | NOTATION | {"played timing", "pedal", "volume and pan"},
)  # fmt: skip
_HEARD = SOUND - {"release velocities", "keys", "markers"} | PLAYED - {"text and system events"}
_RENDERED = _HEARD | {"ties", "tuplets", "grace notes", "dynamics", "transposing instruments"}
_MUSESCORE = Format("MuseScore", read_musescore, instead=".musicxml, which MuseScore opens")
FORMATS: dict[str, Format] = {
    **dict.fromkeys((".mid", ".midi", ".kar", ".rmi", ".smf"), _MIDI),
    **dict.fromkeys((".musicxml", ".mxl", ".xml"), _MUSICXML),
    **dict.fromkeys((".mscz", ".mscx"), _MUSESCORE),
    ".als": Format("Ableton Live", read_als, write_als, _SEQUENCER),
    ".dawproject": Format("DAWproject", read_dawproject, write_dawproject, _CONTROLLED),
    ".rpp": Format("REAPER", read_rpp, write_rpp, _CONTROLLED),
    ".abc": _ABC,
    ".mei": Format("MEI", read_mei, extra="scores", module="verovio"),
    ".krn": Format("Humdrum", read_humdrum, extra="scores", module="verovio"),
    ".ly": _ENGRAVED,
    ".json": Format("note JSON", read_note_json, write_note_json, _LISTED, is_note_json),
    ".yaml": _YAML,
    ".yml": _YAML,
    ".npz": Format(
        "piano-roll NumPy", read_npz, write_npz, _STEPPED | {"tempo changes", "meters", "instruments"}, is_roll_archive
    ),
    ".npy": Format("event NumPy", read_npy, write_npy, _STEPPED, is_named_array),
    **{
        suffix: Format(sound.name, None, _write_rendered, _RENDERED, is_sound=True)
        for suffix, sound in SOUND_FORMATS.items()
    },
}
MUSIC_SUFFIXES = tuple(suffix for suffix, known in FORMATS.items() if known.read and not known.looks_so)
_MARKS = {b"MThd": ".mid", b"X:": ".abc", b"%abc": ".abc", b"<REAPER_PROJECT": ".rpp", b"\x1f\x8b": ".als"}
PROJECT_SUFFIXES = (".als", ".dawproject", ".rpp")


def format_of(path: str | Path) -> Format | None:
    """The format a path's suffix names, None if there is none."""
    suffix = (path if isinstance(path, Path) else Path(path)).suffix.lower()  # a path is dear to make
    if suffix.startswith(".abc#"):  # one tune of a tunebook
        return _ABC
    if suffix in FORMATS:
        return FORMATS[suffix]
    name = f"format.{suffix[1:]}"
    return _as_format(registry.get(name)) if suffix and name in registry.names("format.") else None


def _as_format(plugin: Any) -> Format:
    """What a plugin says of its format; the rest is as usual."""
    if isinstance(plugin, Format):
        return plugin
    said = {item.name: getattr(plugin, item.name) for item in fields(Format) if hasattr(plugin, item.name)}
    return Format(**said)


def is_score_name(path: str | Path) -> bool:
    """Whether the suffix of a name is of a format that notes are written in, other than sound."""
    known = format_of(path)
    return known is not None and known.write is not None and not known.is_sound


def is_music(path: Path) -> bool:
    """Whether a file is one of music that is read: by its suffix, or, where that seldom is music, by how it begins."""
    known = format_of(path)
    return known is not None and known.read is not None and (known.looks_so is None or known.looks_so(path))


def read(path: str | Path) -> Score:
    """Read a piece of music; the suffix names the format, of a file without a known one what it begins with.

    Raises:
        FileFormatError: the file is missing, not music we read, or damaged; the message names the file and the cure.
    """
    known = format_of(path)
    if known is None:
        path = Path(path)
        known = _by_content(path)
        if known is None:
            wrong = f"'{path.suffix}' is" if path.suffix else "it has no suffix and begins as"
            raise FileFormatError(f"{path}: {wrong} no format of music known here; give {_list('read')}")
    if known.is_sound:
        raise FileFormatError(f"{path}: sound is heard, not read; bandmate hear {Path(path).name} says what is in it")
    if known.read is None:
        raise FileFormatError(f"{path}: {known.name} files are only written, not read; give {_list('read')}")
    try:
        return known.read(path)
    except FileFormatError as error:
        raise FileFormatError(_plainer(Path(path), known) or str(error)) from error


def _plainer(path: Path, known: Format) -> str:
    """What is wrong with a file, where that is plainer than what its reader found; "" if it is not."""
    start = _start_of(path)
    if start == b"":
        return f"{path}: the file is empty (0 bytes); save or download it again"
    content = _begins_as(path, start) if start else None
    if content is None or content.name == known.name:
        return ""
    suffix = next(suffix for suffix, one in FORMATS.items() if one is content)
    return f"{path} is called {path.suffix} and begins as {content.name} does; rename it to end in {suffix}"


def write(score: Score, path: str | Path) -> Path:
    """Write a piece of music in the format that the suffix names; whole or not at all.

    Returns:
        The path as written.

    Raises:
        OutputError: the suffix names no format that is written, or the place cannot be written.
        ScoreError: the score holds what the format cannot.
    """
    known = format_of(path)
    if known is not None and known.instead:
        raise OutputError(f"{path}: {known.name} files are read, not written; write {known.instead}")
    if known is None or known.write is None:
        suffix = Path(path).suffix
        wrong = f"'{suffix}' is no format written here" if suffix else "a name without a suffix names no format"
        written = [end for end, known in FORMATS.items() if known.write]
        meant = get_close_matches(suffix.lower(), written, 1, 0.75)
        cure = f"did you mean {meant[0]}" if meant else f"end the name in {', '.join(written)}"
        raise OutputError(f"{path or 'nothing'}: {wrong}; {cure}")
    return known.write(score, path)


def _by_content(path: Path) -> Format | None:
    start = _start_of(path)
    return _MIDI if start is None else _begins_as(path, start)  # the MIDI door says that a file is missing or a folder


def _start_of(path: Path) -> bytes | None:
    try:
        if not path.is_file():  # a pipe would have to be waited for
            return None
        with path.open("rb") as file:
            return file.read(4096)
    except (OSError, ValueError):
        return None


def _begins_as(path: Path, start: bytes) -> Format | None:
    if looks_like_musescore(path, start):
        return _MUSESCORE
    if looks_like_musicxml(start):
        return _MUSICXML
    suffix = next((suffix for mark, suffix in _MARKS.items() if start.startswith(mark)), None)
    return FORMATS[suffix] if suffix else None


def _list(door: str) -> str:
    return ", ".join(suffix for suffix, known in FORMATS.items() if getattr(known, door))
