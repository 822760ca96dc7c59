"""The sounds that the clips of a Live set play: their files, and how they are warped to its beat."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from bandmate.io.safe_xml import Element, as_number, number_of, value_of


class SampleReference(NamedTuple):
    """A sound file that a clip plays.

    Attributes:
        clip, track: their names; path: as the set says; exists: whether it is there.
        warped: whether it follows the tempo; bpm: its own tempo by its warp markers, None if it is not warped.
        start, quarters: where it stands in the arrangement (None in a slot), how long it plays.
        part: from where to where it plays, in quarter notes of the clip if it is warped, else in seconds of the file.
        markers: (second of the file, quarter note of the clip), rising; empty if it is not warped.
        meter: of the clip.
    """

    clip: str
    track: str
    path: str
    exists: bool
    warped: bool
    bpm: float | None
    start: float | None
    quarters: float
    part: tuple[float, float] = (0.0, 0.0)
    markers: tuple[tuple[float, float], ...] = ()
    meter: tuple[int, int] = (4, 4)


def samples_of(track: Element, home: Path) -> list[SampleReference]:
    """The sounds of a track, those of the arrangement first.

    Args:
        track: of the set.
        home: the folder in which the set lies.
    """
    name, found = value_of(track, "Name/EffectiveName"), []
    places = [
        (clip, True) for clip in track.findall("DeviceChain/MainSequencer/Sample/ArrangerAutomation/Events/AudioClip")
    ]
    places += [
        (clip, False)
        for clip in track.findall("DeviceChain/MainSequencer/ClipSlotList/ClipSlot/ClipSlot/Value/AudioClip")
    ]
    for clip, arranged in places:
        reference = clip.find("SampleRef/FileRef")
        path = _sample_path(reference, home)
        warped = value_of(clip, "IsWarped") == "true"
        start, end = number_of(clip, "CurrentStart"), number_of(clip, "CurrentEnd")
        markers = _markers(clip) if warped else ()
        signature = clip.find("TimeSignature/TimeSignatures/RemoteableTimeSignature")
        found.append(SampleReference(
            value_of(clip, "Name"), name, str(path or ""), _is_there(home, str(path or "")), warped,
            _bpm(markers), start if arranged else None, max(0.0, end - start),
            (number_of(clip, "Loop/LoopStart"), number_of(clip, "Loop/LoopEnd")), markers,
            (int(number_of(signature, "Numerator", 4)), int(number_of(signature, "Denominator", 4))),
        ))  # fmt: skip
    return found


def _sample_path(reference: Element | None, home: Path) -> Path | None:
    """Where a sample lies: in the project if it is there, else where the set says."""
    if reference is None:
        return None
    relative, absolute = value_of(reference, "RelativePath"), value_of(reference, "Path")
    if relative and _is_there(home, relative):
        return home / relative
    text = absolute or relative
    return Path(text) if text and "\0" not in text else None


def _is_there(home: Path, text: str) -> bool:
    """Whether a file is there; a path into the network is not followed, since a set of anybody's may hold one."""
    if not text or text.replace("\\", "/").startswith("//"):
        return False
    try:
        return (home / text).is_file()
    except (OSError, ValueError):  # too long for this disk, or no name at all
        return False


def _markers(clip: Element) -> tuple[tuple[float, float], ...]:
    """Warp markers that rise in both times; others cannot be followed."""
    rows = [(as_number(m.get("SecTime")), as_number(m.get("BeatTime"))) for m in clip.findall("WarpMarkers/WarpMarker")]
    kept: list[tuple[float, float]] = []
    for row in sorted(rows):
        if not kept or (row[0] > kept[-1][0] and row[1] > kept[-1][1]):
            kept.append(row)
    return tuple(kept) if len(kept) > 1 else ()


def _bpm(markers: tuple[tuple[float, float], ...]) -> float | None:
    """Tempo of the sound itself: over all its warp markers."""
    if not markers:
        return None
    (first_sec, first), (last_sec, last) = markers[0], markers[-1]
    return round(60.0 * (last - first) / (last_sec - first_sec), 3)
