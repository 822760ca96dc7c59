"""DAWproject files read: notes of the arrangement, tempo, meter, markers; guarded against bombs and odd XML."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from itertools import chain, pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np

from bandmate.errors import FileFormatError
from bandmate.io.messages import KINDS, POLY, messages_of
from bandmate.io.midi import read_file_bytes
from bandmate.io.safe_xml import Element, as_number, parse_xml
from bandmate.io.sounds_named import named_sound
from bandmate.io.timed import Allowance, Loop, Message, Note, Part, Piece
from bandmate.score.model import Score

MOST_XML_BYTES = 192 * 2**20
_DEEPEST = 12
_MOST_CLIPS = 200_000  # that are visited: clips may play what others hold, which play what others hold
_HOLDERS = ("Lanes", "Clips", "Notes", "Points")
_UNITS = {"normalized": 1.0, "percent": 100.0}
_EXPRESSIONS = {name: kind for kind, name in KINDS.items()}


class _Clock:
    """Seconds to quarter notes under the tempo map, for clips that count in seconds."""

    def __init__(self, tempos: list[tuple[float, float]]) -> None:
        self._at = np.array([at for at, _ in tempos])
        self._bpm = np.array([bpm for _, bpm in tempos])
        spent = np.diff(self._at) * 60 / self._bpm[:-1]
        self._seconds = np.append(0.0, np.cumsum(spent))

    def quarters(self, seconds: float) -> float:
        place = max(0, int(np.searchsorted(self._seconds, seconds, side="right")) - 1)
        return float(self._at[place] + (seconds - self._seconds[place]) * self._bpm[place] / 60)


class _Lane(NamedTuple):
    """Where a walk through the arrangement is: the track, and whether times are in seconds."""

    track: str
    in_seconds: bool


def read_dawproject(path: str | Path) -> Score:
    """Read a DAWproject file: its arrangement; of one without, its scenes one after another.

    Raises:
        FileFormatError: it is missing, no DAWproject file, damaged, encrypted or too large.
    """
    root = parse_xml(_project_xml(path), f"project.xml in {path}")
    if root.tag != "Project":
        raise FileFormatError(f"{path} holds no project but <{root.tag[:40]}>; export it again as DAWproject")
    tempos, meters = _tempos(root), _meters(root)
    names = {track.get("id", ""): track for track in root.iter("Track")}
    walk = _Walk(root, _Clock(tempos), path)
    notes: dict[str, list[Note | Message]] = {identifier: [] for identifier in names}
    arrangement = root.find("Arrangement")
    if arrangement is not None:
        for lane in arrangement.findall("Lanes"):
            for track, note in walk.played(lane, _Lane("", lane.get("timeUnit") == "seconds"), 0):
                notes.setdefault(track, []).append(note)
    markers = [
        (as_number(marker.get("time")), marker.get("name", ""))
        for marker in root.iterfind("Arrangement/Markers/Marker")
    ]  # fmt: skip
    if not any(isinstance(one, Note) for played in notes.values() for one in played):
        markers = _scenes(root, walk, notes, meters[0][1])
    parts = [
        _part(names.get(identifier), played)
        for identifier, played in notes.items()
        if _has_notes(names, identifier, played)
    ]
    return Piece(Path(path).stem, parts, _stepped(tempos), meters, markers).score()


def _has_notes(names: dict[str, Element], identifier: str, played: list[Note | Message]) -> bool:
    track = names.get(identifier)
    return bool(played) or (track is not None and (track.get("contentType") or "") == "notes")


def _project_xml(path: str | Path) -> bytes:
    read_file_bytes_check(path)
    try:
        with zipfile.ZipFile(path) as archive:
            found = archive.getinfo("project.xml")
            if found.flag_bits & 1:
                raise FileFormatError(f"{path} is encrypted; save it without a password")
            if found.file_size > MOST_XML_BYTES:
                raise FileFormatError(f"{path} unpacks to more than {MOST_XML_BYTES // 2**20} MB; it is not read")
            with archive.open(found) as file:
                data = file.read(MOST_XML_BYTES + 1)
    except KeyError:
        raise FileFormatError(f"{path} holds no project.xml; export it again as DAWproject") from None
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, RuntimeError, OSError) as error:
        raise FileFormatError(f"{path} is no DAWproject file, or is damaged ({error}); export it again") from None
    if len(data) > MOST_XML_BYTES:
        raise FileFormatError(f"{path} unpacks to more than {MOST_XML_BYTES // 2**20} MB; it is not read")
    return data


def read_file_bytes_check(path: str | Path) -> None:
    """Find out, in the same words as for every file of music, whether a file can be opened; of any size."""
    place = Path(path)
    if not place.is_file():
        read_file_bytes(path)  # says why


def _tempos(root: Element) -> list[tuple[float, float]]:
    start = as_number(_attribute(root, "Transport/Tempo", "value"), 120.0)
    points = [
        (max(0.0, as_number(point.get("time"))), as_number(point.get("value")))
        for point in root.iterfind("Arrangement/TempoAutomation/RealPoint")
    ]  # fmt: skip
    found = sorted(((at, bpm) for at, bpm in points if bpm > 0), key=lambda point: point[0])
    if not found or found[0][0] > 0:
        found.insert(0, (0.0, start if start > 0 else 120.0))
    return found


def _stepped(tempos: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Points that hold their tempo, as steps of two points."""
    out = [tempos[0]]
    for before, (at, bpm) in pairwise(tempos):
        out += [(at, before[1]), (at, bpm)]
    return out


def _meters(root: Element) -> list[tuple[float, tuple[int, int]]]:
    start = root.find("Transport/TimeSignature")
    places = {0.0: start} if start is not None else {}
    for point in root.iterfind("Arrangement/TimeSignatureAutomation/TimeSignaturePoint"):
        places[max(0.0, as_number(point.get("time")))] = point
    meters = [
        (at, (int(as_number(p.get("numerator"))), int(as_number(p.get("denominator"))))) for at, p in places.items()
    ]
    known = sorted((at, m) for at, m in meters if 1 <= m[0] <= 255 and 1 <= m[1] <= 128 and m[1] & (m[1] - 1) == 0)
    return known if known and known[0][0] == 0 else [(0.0, (4, 4)), *known]


def _attribute(root: Element, path: str, name: str) -> str | None:
    found = root.find(path)
    return None if found is None else found.get(name)


class _Walk:
    """Goes through lanes and clips and gives what sounds, with its track."""

    def __init__(self, root: Element, clock: _Clock, path: str | Path) -> None:
        self._clock, self._allowance, self._path = clock, Allowance(path), path
        self._known = {name: one for one in root.iter() if one.tag in _HOLDERS and (name := one.get("id"))}
        self._clips_left = _MOST_CLIPS

    def played(self, element: Element, lane: _Lane, depth: int) -> Iterator[tuple[str, Note | Message]]:
        """Notes and controllers below an element that holds them, in quarters from where the element begins."""
        if depth > _DEEPEST:
            return
        unit = element.get("timeUnit")
        lane = _Lane(element.get("track") or lane.track, lane.in_seconds if unit is None else unit == "seconds")
        if element.tag == "Notes":
            yield from ((lane.track, note) for note in _written(element))
            return
        if element.tag == "Points":
            for message in self._allowance.take(_told(element)):
                at = self._clock.quarters(message.time) if lane.in_seconds else message.time
                yield lane.track, message._replace(time=at)
            return
        for child in element:
            if child.tag in _HOLDERS:
                yield from self.played(child, lane, depth + 1)
            elif child.tag == "Clip" and child.get("enable") != "false":
                yield from self._clip(child, lane, depth + 1)

    def _clip(self, clip: Element, lane: _Lane, depth: int) -> Iterator[tuple[str, Note | Message]]:
        self._clips_left -= 1
        if self._clips_left < 0:
            raise FileFormatError(f"{self._path} has more than {_MOST_CLIPS:,} clips within clips; it is not read")
        start = as_number(clip.get("time"))
        end = start + as_number(clip.get("duration"))
        if lane.in_seconds:
            start, end = self._clock.quarters(start), self._clock.quarters(end)
        inside = [found for child in self._content(clip) for found in self.played(child, lane, depth + 1)]
        play = as_number(clip.get("playStart"))
        looped = clip.get("loopEnd") is not None
        loop_start, loop_end = as_number(clip.get("loopStart")), as_number(clip.get("loopEnd"))
        if end <= start and clip.get("duration") is None:
            end = start + max((n.time + n.length for _, n in inside if isinstance(n, Note)), default=0.0) - play
        for track in dict.fromkeys(track for track, _ in inside):
            notes = tuple(note for other, note in inside if other == track and isinstance(note, Note))
            told = tuple(one for other, one in inside if other == track and isinstance(one, Message))
            name = clip.get("name", "")
            loop = (
                Loop(notes, loop_start, loop_end, play - loop_start, True, name, told)
                if looped and loop_end > loop_start
                else Loop(notes, play, play + end - start, 0.0, False, name, told)
            )  # fmt: skip
            for one in self._allowance.take(chain(loop.played(end - start), loop.sent(end - start))):
                yield track, one._replace(time=one.time + start)

    def _content(self, clip: Element) -> list[Element]:
        """What a clip plays: what it holds, else what it refers to, as a linked clip does."""
        held = [child for child in clip if child.tag in _HOLDERS]
        linked = self._known.get(clip.get("reference") or "")
        return held or ([] if linked is None else [linked])


def _written(element: Element) -> Iterator[Note]:
    for note in element.iterfind("Note"):
        key = int(as_number(note.get("key"), -1))
        velocity = round(127 * as_number(note.get("vel"), 0.8))
        if 0 <= key <= 127 and velocity > 0:
            off = round(127 * as_number(note.get("rel"), 0.5))
            yield Note(as_number(note.get("time")), max(0.0, as_number(note.get("duration"))), key, min(velocity, 127),
                       min(max(off, 0), 127))  # fmt: skip


def _told(points: Element) -> Iterator[Message]:
    """The messages that a lane of points means; none if it moves something else than a controller."""
    target, scale = points.find("Target"), _UNITS.get(points.get("unit", "normalized"))
    kind = None if target is None else _EXPRESSIONS.get(target.get("expression", ""))
    if target is None or kind is None or scale is None:
        return
    number = int(as_number(target.get("key" if kind == POLY else "controller")))
    rows = [
        (max(0.0, as_number(point.get("time"))), as_number(point.get("value")) / scale,
         point.get("interpolation") == "linear")
        for point in points.iterfind("RealPoint")
    ]  # fmt: skip
    if 0 <= number <= 127:
        yield from messages_of(kind, number, sorted(rows, key=lambda row: row[0]))


def _part(track: Element | None, played: list[Note | Message]) -> Part:
    notes = [one for one in played if isinstance(one, Note)]
    told = [one for one in played if isinstance(one, Message)]
    if track is None:
        return Part("", notes, messages=told)
    name = track.get("name", "")
    return Part(name, notes, *named_sound(name, track.get("comment", "")), told)


def _scenes(
    root: Element, walk: _Walk, notes: dict[str, list[Note | Message]], meter: tuple[int, int]
) -> list[tuple[float, str]]:  # fmt: skip
    """The clips of the scenes, one scene after another, into `notes`; where each begins."""
    markers, at, bar = [], 0.0, 4 * meter[0] / meter[1]
    for number, scene in enumerate(root.iterfind("Scenes/Scene"), 1):
        longest, played = 0.0, []
        for slot in scene.iter("ClipSlot"):
            clip = slot.find("Clip")
            if clip is None:
                continue
            found = list(walk.played(slot, _Lane(slot.get("track", ""), False), 0))
            played += found
            longest = max(longest, as_number(clip.get("duration")) if found else 0.0)
        if not played:
            continue
        markers.append((at, scene.get("name") or f"Scene {number}"))
        for track, note in played:
            notes.setdefault(track, []).append(note._replace(time=note.time + at))
        at += bar * max(1, -(-longest // bar))
    return markers
