"""REAPER projects read: MIDI items with loops, offsets, takes and pools, tempo map with glides, meters, markers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np

from bandmate.errors import FileFormatError
from bandmate.io.messages import CONTROL, KINDS
from bandmate.io.midi import read_file_bytes
from bandmate.io.safe_xml import as_number
from bandmate.io.sounds_named import named_sound
from bandmate.io.timed import Allowance, Loop, Message, Note, Part, Piece
from bandmate.score.model import Score

_DEEPEST = 64
_MOST_STEPS = 4096
_ALL_NOTES_OFF = 123
_SLOWEST = 0.01  # rate of a take; REAPER has none beyond it and its inverse
_TOKEN = re.compile(r'"[^"]*"?|\'[^\']*\'?|`[^`]*`?|\S+')
_NOTES = ("MIDI", "MIDIPOOL")


@dataclass(slots=True)
class Block:
    """One `<TAG ...>` of a project: its words, its lines as words, the blocks in it.

    `takes` are the further takes of an item, each with its own lines and blocks; its first take is the item itself.
    """

    words: list[str]
    lines: list[list[str]] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    takes: list[Block] = field(default_factory=list)

    @property
    def tag(self) -> str:
        """Its first word."""
        return self.words[0] if self.words else ""

    def line(self, name: str) -> list[str]:
        """The words after a name, of the first line that begins with it; empty if there is none."""
        return next((words[1:] for words in self.lines if words and words[0] == name), [])

    def number(self, name: str, place: int = 0, default: float = 0.0) -> float:
        """A number of such a line."""
        words = self.line(name)
        return as_number(words[place], default) if place < len(words) else default

    def all(self, tag: str) -> Iterator[Block]:
        """The blocks of a tag directly in it."""
        return (block for block in self.blocks if block.tag == tag)

    @property
    def here(self) -> Block:
        """Where what comes next belongs: the last take that has begun."""
        return self.takes[-1] if self.takes else self

    @property
    def chosen(self) -> Block:
        """The take of an item that plays; the others are kept beside it."""
        return next((take for take in self.takes if "SEL" in take.words), self)


def read_rpp(path: str | Path) -> Score:
    """Read a REAPER project.

    Raises:
        FileFormatError: it is missing, no REAPER project, or damaged.
    """
    text = read_file_bytes(path).decode("utf-8-sig", errors="replace")
    root = _parsed(text, path)
    clock = _Clock(root)
    allowance = Allowance(path)
    pools = _pools(root)
    parts = [_part(track, clock, pools, path, allowance) for track in root.all("TRACK")]
    markers = [
        (clock.quarters(as_number(words[2])), words[3] if len(words) > 3 else "")
        for words in root.lines
        if len(words) > 2 and words[0] == "MARKER"
    ]
    named = [(at, name) for at, name in markers if at >= 0]
    return Piece(
        Path(path).stem, [part for part in parts if part is not None], clock.points(), clock.meters, named
    ).score()


def _parsed(text: str, path: str | Path) -> Block:
    if not text.lstrip().startswith("<REAPER_PROJECT"):
        raise FileFormatError(f"{path} is no REAPER project (it does not begin with <REAPER_PROJECT); save it again")
    outside = Block([])
    stack = [outside]
    for number, line in enumerate(text.splitlines(), 1):
        words = [_bare(token) for token in _TOKEN.findall(line)]
        if not words:
            continue
        if line.lstrip().startswith("<"):
            words[0] = words[0][1:]
            block = Block(words)
            stack[-1].here.blocks.append(block)
            stack.append(block)
            if len(stack) > _DEEPEST:
                raise FileFormatError(f"{path}, line {number}: blocks are nested too deep; the file is damaged")
        elif words == [">"]:
            stack.pop()
            if not stack:
                raise FileFormatError(f"{path}, line {number}: a block ends that never began; the file is damaged")
        elif words[0] == "TAKE" and stack[-1].tag == "ITEM":
            stack[-1].takes.append(Block(words))
        else:
            stack[-1].here.lines.append(words)
    if len(stack) != 1:
        raise FileFormatError(f"{path} is damaged: it breaks off inside <{stack[-1].tag[:40]}; restore it")
    return outside.blocks[0]


def _bare(token: str) -> str:
    return token[1:-1] if len(token) > 1 and token[0] in "\"'`" and token[-1] == token[0] else token


class _Clock:
    """The tempo map: seconds to quarter notes, where tempo is constant or goes evenly with time."""

    def __init__(self, root: Block) -> None:
        bpm = root.number("TEMPO", 0, 120.0)
        meter = int(root.number("TEMPO", 1, 4)), int(root.number("TEMPO", 2, 4))
        points: list[tuple[float, float, bool]] = []
        signs: list[tuple[float, tuple[int, int]]] = [(0.0, meter)]
        for envelope in root.all("TEMPOENVEX"):
            for words in (words for words in envelope.lines if words[0] == "PT" and len(words) > 2):
                at, tempo = as_number(words[1]), as_number(words[2])
                if at >= 0 and tempo > 0:
                    points.append((at, tempo, len(words) > 3 and words[3] == "0"))
                    sign = int(as_number(words[4])) if len(words) > 4 else 0
                    if sign:
                        signs.append((at, (sign & 0xFFFF, sign >> 16)))
        points.sort(key=lambda point: point[0])
        if not points or points[0][0] > 0:
            points.insert(0, (0.0, bpm if bpm > 0 else 120.0, False))
        self._points = points
        self._at = np.array([at for at, _, _ in points])
        self._quarters = [0.0]
        for (at, tempo, glides), (stop, target, _) in pairwise(points):
            mean = (tempo + target) / 2 if glides else tempo
            self._quarters.append(self._quarters[-1] + (stop - at) * mean / 60)
        places = {self.quarters(at): meter for at, meter in signs if _is_meter(meter)}
        self.meters = sorted({0.0: (4, 4), **places}.items())

    def quarters(self, seconds: float) -> float:
        """Where a time lies, in quarter notes."""
        place = max(0, int(np.searchsorted(self._at, seconds, side="right")) - 1)
        at, tempo, glides = self._points[place]
        passed = seconds - at
        if glides and place + 1 < len(self._points):
            stop, target, _ = self._points[place + 1]
            tempo += (target - tempo) * passed / max(stop - at, 1e-12) / 2
        return self._quarters[place] + passed * tempo / 60

    def points(self) -> list[tuple[float, float]]:
        """The map as steps of tempo, two points each; a glide, even in time, becomes steps of a sixteenth."""
        steps: list[tuple[float, float]] = []
        for place, (at, tempo, glides) in enumerate(self._points):
            if not glides or place + 1 == len(self._points):
                steps.append((self._quarters[place], tempo))
                continue
            stop, target, _ = self._points[place + 1]
            count = int(min(_MOST_STEPS, max(1, np.ceil(4 * (self._quarters[place + 1] - self._quarters[place])))))
            for step in range(count):
                here, middle = step / count, (step + 0.5) / count
                steps.append((self.quarters(at + (stop - at) * here), tempo + (target - tempo) * middle))
        out = steps[:1]
        for before, after in pairwise(steps):
            out += [(after[0], before[1]), after]
        return out


def _is_meter(meter: tuple[int, int]) -> bool:
    above, below = meter
    return 1 <= above <= 255 and 1 <= below <= 128 and below & (below - 1) == 0


def _pools(root: Block) -> dict[str, Block]:
    """The notes that items have in common, by the name of their pool: one of them holds the events, the others none."""
    found: dict[str, Block] = {}
    takes = [take for track in root.all("TRACK") for item in track.all("ITEM") for take in (item, *item.takes)]
    for source in (source for take in takes for source in _note_sources(take)):
        if (name := " ".join(source.line("POOLEDEVTS"))) and source.line("HASDATA"):
            found.setdefault(name, source)
    return found


def _part(track: Block, clock: _Clock, pools: dict[str, Block], path: str | Path, allowance: Allowance) -> Part | None:
    name = " ".join(track.line("NAME")[:1])
    sound = next(
        (" ".join(words[1:]) for block in track.all("EXT") for words in block.lines if words[0] == "bandmate"), ""
    )
    items = [item for item in track.all("ITEM") if item.number("MUTE") == 0]
    sources = [(item, _pooled(source, pools)) for item in items for source in _note_sources(item.chosen)]
    if not sources and not sound:
        return None
    played = [_played(item, source, clock, path, allowance) for item, source in sources]
    notes = [note for notes, _ in played for note in notes]
    return Part(name, notes, *named_sound(name, sound), [message for _, messages in played for message in messages])


def _note_sources(take: Block) -> list[Block]:
    return [source for source in take.all("SOURCE") if len(source.words) > 1 and source.words[1] in _NOTES][:1]


def _pooled(source: Block, pools: dict[str, Block]) -> Block:
    return source if source.line("HASDATA") else pools.get(" ".join(source.line("POOLEDEVTS")), source)


def _played(
    item: Block, source: Block, clock: _Clock, path: str | Path, allowance: Allowance
) -> tuple[list[Note], list[Message]]:
    start_sec, length_sec = item.number("POSITION"), item.number("LENGTH")
    start, end = clock.quarters(start_sec), clock.quarters(start_sec + length_sec)
    rate = item.chosen.number("PLAYRATE", 0, 1.0)
    rate = rate if _SLOWEST <= rate <= 1 / _SLOWEST else 1.0
    grid = (int(source.number("HASDATA", 1, 960)) or 960) * rate
    notes, messages, length = _source_events(source, grid, path)
    offset = (clock.quarters(start_sec + item.chosen.number("SOFFS")) - start) / rate
    name = " ".join(item.chosen.line("NAME")[:1])
    loop = (
        Loop(notes, 0.0, length, offset % length, True, name, messages) if item.number("LOOP") and length > 0
        else Loop(notes, offset, offset + end - start, 0.0, False, name, messages)
    )  # fmt: skip
    return (
        [note._replace(time=note.time + start) for note in allowance.take(loop.played(end - start))],
        [message._replace(time=message.time + start) for message in allowance.take(loop.sent(end - start))],
    )


def _source_events(source: Block, grid: float, path: str | Path) -> tuple[list[Note], list[Message], float]:
    """Notes of an item's MIDI, first begun first ended, its other messages, and its length; in quarter notes."""
    at, sounding, notes, messages = 0, {}, [], []
    for words in source.lines:
        if words[0] not in ("E", "e", "Em", "em") or len(words) < 5:
            continue
        try:
            wait, status, key, value = int(words[1]), *(int(word, 16) for word in words[2:5])
        except ValueError:
            raise FileFormatError(f"{path}: MIDI event '{' '.join(words)[:40]}' is damaged; save it again") from None
        at += max(0, wait)
        muted = len(words[0]) > 1
        kind, channel = status & 0xF0, status & 0x0F
        if kind == 0x90 and value and not muted:
            sounding.setdefault((channel, key), []).append((at, value))
        elif kind in (0x80, 0x90) and sounding.get((channel, key)):
            begun, velocity = sounding[channel, key].pop(0)
            off = value if kind == 0x80 else 64
            notes.append(Note(begun / grid, (at - begun) / grid, key & 127, velocity & 127, off & 127))
        elif kind in KINDS and not muted:
            messages.append(Message(at / grid, kind, key & 127, value & 127))
    if messages and messages[-1] == Message(at / grid, CONTROL, _ALL_NOTES_OFF, 0):
        messages.pop()  # marks the end of an item
    for (_, key), begun in sounding.items():  # what never ended, ends with the item
        notes += [Note(on / grid, (at - on) / grid, key & 127, velocity & 127, 64) for on, velocity in begun]
    return notes, messages, at / grid
