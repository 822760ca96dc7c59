"""The chunks of a MIDI file: its header, wherever it begins, and its tracks, whatever length they claim."""

from __future__ import annotations

from dataclasses import dataclass

from bandmate.errors import FileFormatError

MOST_TRACKS = 65_535


@dataclass(slots=True)
class Chunks:
    """The header: type, division word, number of tracks, where the chunks after it begin, and what was mended."""

    type: int
    division: int
    tracks: int
    first: int
    repairs: list[str]


def fault(
    name: str, at: int, found: str, cure: str = "export it again from the program that made it"
) -> FileFormatError:
    """The one sentence about a file that cannot be read."""
    return FileFormatError(f"{name}: byte {at} is {found}; {cure}")


_OTHER_FORMATS = (
    (b"ID3", "an MP3"), (b"\xff\xe3", "an MP3"), (b"\xff\xf3", "an MP3"), (b"\xff\xfb", "an MP3"), (b"OggS", "an Ogg"),
    (b"fLaC", "a FLAC"), (b"PK", "a ZIP"), (b"\x1f\x8b", "a gzip"), (b"<", "an XML or HTML"), (b"RIFF", "a RIFF"),
    (b"FORM", "an AIFF"), (b"%PDF", "a PDF"),
)  # fmt: skip


def find_header(data: bytes, name: str) -> Chunks:
    """Read the header chunk, wherever it begins (RMID files and downloads carry bytes before it).

    Raises:
        FileFormatError: there is none, or it breaks off.
    """
    if not data:
        raise FileFormatError(f"{name}: the file is empty (0 bytes); save or download it again")
    at = data.find(b"MThd")
    if at < 0:
        kind = next((kind for magic, kind in _OTHER_FORMATS if data.startswith(magic)), None)
        what = f"the start of {kind} file" if kind else f"{data[:4].hex(' ')}, and no MIDI header (MThd) follows"
        raise fault(name, 0, what, "give a Standard MIDI file")
    if len(data) < at + 14:
        raise fault(name, at, f"a MIDI header that breaks off after {len(data) - at} of 14 bytes", "download it again")
    length, kind, tracks, division = (
        int.from_bytes(data[at + a : at + b]) for a, b in ((4, 8), (8, 10), (10, 12), (12, 14))
    )
    repairs = [f"{at} bytes before the MIDI header were skipped"] if at else []
    first = at + 8 + length
    if length < 6 or data[first : first + 4] != b"MTrk":
        found = data.find(b"MTrk", at + 14)
        if length != 6 and (length < 6 or length > 64):
            raise fault(name, at + 4, f"a MIDI header of length {length} where 6 is due", "download it again as binary")
        first = found if length > 6 and found >= 0 else at + 8 + max(6, length)
    if kind > 2:
        repairs.append(f"type {kind} read as type 1")
        kind = 1
    return Chunks(kind, division, tracks, first, repairs)


def _is_chunk(data: bytes, at: int) -> bool:
    name = data[at : at + 4]
    if name == b"MTrk":
        return True
    if len(name) < 4 or not all(32 <= c < 127 for c in name):
        return False
    return at + 8 + int.from_bytes(data[at + 4 : at + 8]) <= len(data)


def next_track(data: bytes, at: int, repairs: list[str]) -> tuple[int, int, bool] | None:
    """The next track chunk from a byte on: first byte, end, whether the end is sure; None if there is no more."""
    for _ in range(MOST_TRACKS):
        if at + 8 > len(data):
            break
        length = int.from_bytes(data[at + 4 : at + 8])
        start, stop = at + 8, at + 8 + length
        if data[at : at + 4] == b"MTrk":
            if stop == len(data) or (stop < len(data) and _is_chunk(data, stop)):
                return start, stop, True
            following = data.find(b"MTrk", start)
            return start, following if following >= 0 else len(data), False
        if _is_chunk(data, at):
            at = stop
            continue
        found = data.find(b"MTrk", at)
        if found < 0:
            return None
        repairs.append(f"{found - at} bytes at {at} belong to no chunk and were skipped")
        at = found
    return None
