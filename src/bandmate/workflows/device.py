"""The Max for Live device and its service: words come in over OSC, music is written, its path goes back.

To the service (UDP, this machine only):
/bandmate/hello                                     is anybody there?
/bandmate/generate    words bars tracks tempo brace   a piece; 0 tracks or tempo = as the words say
/bandmate/continue    words bars tracks tempo brace   so many bars behind the last piece
/bandmate/variations  words bars tracks tempo brace   three variations of the last piece
/bandmate/track       name                            there is a track that takes clips
/bandmate/placed      number notes scene              a clip is there, with so many notes
/bandmate/unplaced    number sentence                 it is not
/bandmate/again       number                          packets of it were lost
With brace 1 the piece is what lies under Live's loop brace; generate adds a part to it.

To the device, at the port after it:
/bandmate/status    sentence
/bandmate/progress  share from 0 to 1
/bandmate/done      path of the MIDI file, address of its folder
/bandmate/failed    sentence
/bandmate/clip      begin | notes | end, see bandmate-clip.js
/bandmate/hear      page, see bandmate-brace.js
"""

from __future__ import annotations

import errno
import queue
import secrets
import socket
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

from bandmate.counts import counted
from bandmate.errors import BandmateError, BriefError, FileFormatError, OutputError
from bandmate.io.atomic import write_bytes_atomic
from bandmate.io.files import read
from bandmate.io.max_device import ACTIONS, DEVICE_PORT, SCRIPTS, SERVICE_PORT, device_bytes
from bandmate.io.osc import MOST_BYTES, Argument, OscMessage, osc_bytes, read_osc
from bandmate.io.project import meter_at
from bandmate.limits import BARS, TEMPO, TRACKS
from bandmate.score.model import Score
from bandmate.settings import user_folder
from bandmate.workflows.device_brace import VARIATIONS, UnderBrace, make_under_brace
from bandmate.workflows.device_clips import DeviceClip, bars_end, clip_for, packets
from bandmate.workflows.places import safe_name

HOST = "127.0.0.1"
FILE_NAME = "Bandmate.amxd"
_PREFIX = "/bandmate/"
_WAIT_SEC = 0.2
_ANSWER_SEC = 2.0  # for a clip to be put into Live
_TRIES = 4
_TELL_SEC = 0.25  # between two reports of progress


def write_device(out: str | Path | None = None) -> Path:
    """Write the device into a folder, and beside it the scripts that put clips into Live and read them there.

    Args:
        out: the folder, made if it is not there; None = the current one.

    Raises:
        OutputError: the place cannot be written.
    """
    folder = Path(out or ".").expanduser()
    for script in SCRIPTS:
        write_bytes_atomic(folder / script, files("bandmate.data").joinpath("device", script).read_bytes())
    return write_bytes_atomic(folder / FILE_NAME, device_bytes())


@dataclass(frozen=True, slots=True)
class Wish:
    """What a press of a button asks for; 0 = not said, `brace` = of what lies under Live's loop brace."""

    action: str
    words: str = ""
    bars: int = 8
    tracks: int = 0
    tempo: float = 0.0
    brace: bool = False


def wish_of(message: OscMessage) -> Wish:
    """A message as a wish, with its numbers checked.

    Raises:
        BriefError: it asks for something unknown, out of range or not at all.
    """
    action = message.address.removeprefix(_PREFIX)
    if not message.address.startswith(_PREFIX) or action not in ACTIONS:
        raise BriefError(
            f"{message.address[:60]} is not known here; send {', '.join(_PREFIX + name for name in ACTIONS)}"
        )
    if not 1 <= len(message.arguments) <= 5:
        raise BriefError(
            f"{message.address} came with {counted(len(message.arguments), 'value')}; send words, bars, tracks, "
            "tempo and brace"
        )
    words, bars, tracks, tempo, brace = (*message.arguments, *("", 8, 0, 0.0, 0)[len(message.arguments) :])
    wish = Wish(action, str(words or "").strip(), int(_number("bars", bars)), int(_number("tracks", tracks)),
                _number("tempo", tempo), bool(_number("brace", brace)))  # fmt: skip
    BARS.check(wish.bars)
    for limit, value in ((TRACKS, wish.tracks), (TEMPO, wish.tempo)):
        if value:
            limit.check(value)
    if action == "generate" and not wish.words and not wish.brace:
        raise BriefError("write into the box what you want to hear, such as: funky house with a slap bass")
    return wish


def _number(name: str, value: Argument) -> float:
    if isinstance(value, int | float) and value == value and abs(value) < 1e6:
        return float(value)
    raise BriefError(f"{name} {str(value)[:40]!r} is no number; send one")


@dataclass(slots=True)
class DeviceService:
    """Hears the device and answers it; one piece at a time. Use it in a `with` block, which holds the port.

    Attributes:
        out: folder of what is written; port: to hear at; answer_port: of the device.
        options: for `compose` and the edits: engine, model, seed.
        say: gets a line for every request and answer.
        last: the piece that is gone on from and varied.
        track: name of the track that takes clips; None until the device tells it.
    """

    out: Path
    port: int = SERVICE_PORT
    answer_port: int = DEVICE_PORT
    options: Mapping[str, Any] = field(default_factory=dict)
    say: Callable[[str], None] = print
    last: Path | None = field(default=None, init=False)
    track: str | None = field(default=None, init=False)
    _told_of_clips: queue.Queue[OscMessage] = field(default_factory=queue.Queue, init=False)
    _socket: socket.socket | None = field(default=None, init=False)
    _work: threading.Thread | None = field(default=None, init=False)
    _busy: bool = field(default=False, init=False)
    _told_sec: float = field(default=0.0, init=False)
    _start_quarters: float = field(default=0.0, init=False)  # where in what was made the new bars begin
    _end_quarters: float | None = field(default=None, init=False)  # where they end; None = behind its last bar
    _under: UnderBrace | None = field(default=None, init=False)  # if it was made of what lay under the brace

    def __enter__(self) -> DeviceService:
        """Take the port.

        Raises:
            OutputError: somebody has it.
        """
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            self._socket.bind((HOST, self.port))
        except OSError as error:
            self._socket.close()
            taken = error.errno in (errno.EADDRINUSE, errno.EACCES, getattr(errno, "WSAEADDRINUSE", -1))
            reason = "is taken, perhaps by another 'bandmate device serve'" if taken else f"cannot be used ({error})"
            raise OutputError(f"port {self.port} {reason}; end that one, or give another with --port") from error
        self.port = self._socket.getsockname()[1]
        self._socket.settimeout(_WAIT_SEC)
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of the port; what is being written is finished first."""
        if self._work is not None:
            self._work.join()
        if self._socket is not None:
            self._socket.close()

    def serve(self, go_on: Callable[[], bool] = lambda: True) -> None:
        """Hear and answer as long as `go_on` says so."""
        assert self._socket is not None, "serve inside a with block"
        while go_on():
            try:
                data, _ = self._socket.recvfrom(MOST_BYTES)
            except (TimeoutError, ConnectionError):  # Windows tells here that nobody heard an answer
                continue
            self.hear(data)

    def hear(self, data: bytes) -> None:
        """Take one packet; a wish is worked on beside."""
        try:
            message = read_osc(data)
            if message.address == f"{_PREFIX}hello":
                self._answer("status", "ready: write what you want to hear")
                return
            if message.address in _OF_CLIPS:
                self._hear_of_clips(message)
                return
            wish = wish_of(message)
        except (BriefError, FileFormatError) as error:
            self._answer("failed", str(error))
            return
        if self._busy:
            self._answer("status", "still writing; press again when it is done")
            return
        self.say(f"{wish.action}: {wish.words or '(no words)'}, {counted(wish.bars, 'bar')}")
        self._answer("status", "writing ...")
        self._busy = True
        self._work = threading.Thread(target=self._grant, args=(wish,), daemon=True)
        self._work.start()

    def _hear_of_clips(self, message: OscMessage) -> None:
        if message.address == f"{_PREFIX}track":
            self.track = str(message.arguments[0]) if message.arguments else ""
        else:
            self._told_of_clips.put(message)

    def _grant(self, wish: Wish) -> None:
        made, fault, placed = [], "", []
        try:
            made = self._made(wish)
            placed = self._placed(made)
        except BandmateError as error:
            fault = str(error)
        except Exception as error:  # a thread has nobody above it who would say so
            fault = f"this is our mistake ({type(error).__name__}: {str(error)[:200]})"
        self._busy = False  # before it is answered, so that who hears the answer may ask again
        if fault:
            self._answer("failed", fault)
            return
        first = made[0].resolve()
        self._answer("progress", 1.0)
        self._answer("done", str(first), first.parent.as_uri())
        several = f", and {len(made) - 1} more beside it" if len(made) > 1 else ""
        where = "; ".join(placed) or "Show opens its folder, drag it from there"
        self._answer("status", f"done: {first.name}{several}; {where}")

    def _placed(self, made: list[Path]) -> list[str]:
        """Put what was made into empty slots of the device's track, and say where it is."""
        said = []
        for path in made:
            clip = None if self.track is None else self._clip_of(read(path), self.track)
            said += [] if clip is None else [self._place(clip)]
        return said

    def _clip_of(self, score: Score, track: str) -> DeviceClip | None:
        if self._under is not None:
            score = self._under.new_of(score)
        return clip_for(score, track, self._start_quarters, self._end_quarters)

    def _place(self, clip: DeviceClip) -> str:
        number = 1 + secrets.randbelow(2**31 - 1)
        for _ in range(_TRIES):
            for packet in packets(number, clip):
                self._send(packet)
            told = self._answer_about(number)
            if told is None or told.address == f"{_PREFIX}again":
                continue
            if told.address == f"{_PREFIX}unplaced":
                return f"{clip.name} is not in Live: {told.arguments[1]}"
            _, notes, scene = told.arguments
            less = "" if notes == len(clip.notes) else f", {notes} of its {counted(len(clip.notes), 'note')}"
            return f"{clip.name} is in scene {scene}{less}"
        self.track = None  # nobody is there; the next press tells it anew
        return f"the device did not say whether {clip.name} is in Live; look, and drag the file if it is not"

    def _answer_about(self, number: int) -> OscMessage | None:
        """What the device says of a clip; None if it says nothing in time."""
        stop = time.monotonic() + _ANSWER_SEC
        while (left := stop - time.monotonic()) > 0:
            try:
                message = self._told_of_clips.get(timeout=left)
            except queue.Empty:
                break
            if len(message.arguments) == _OF_CLIPS[message.address] and message.arguments[0] == number:
                return message
        return None

    def _made(self, wish: Wish) -> list[Path]:
        from bandmate.workflows.compose import compose
        from bandmate.workflows.edits import run_edit

        place = self.out / safe_name(f"{wish.action} {wish.words}")
        self._start_quarters, self._end_quarters, self._under = 0.0, None, None
        shared: dict[str, Any] = {**self.options, "out": place, "listener": self._listen}
        if wish.brace:
            track = self.track or ""
            self._under = make_under_brace(wish.action, wish.words, wish.bars, track, self.answer_port, shared)
            made, _, self._start_quarters, self._end_quarters = self._under
        elif wish.action == "generate":
            words = f"{wish.words}, {wish.tracks} tracks" if wish.tracks else wish.words
            tempo = {"tempo": wish.tempo} if wish.tempo else {}
            made = [compose(words, bars=wish.bars, stems=False, **tempo, **shared).best.midi]
        elif self.last is None or not self.last.is_file():
            raise BriefError(f"there is no piece yet to {_VERBS[wish.action]}; generate one first")
        elif wish.action == "continue":
            before = read(self.last)
            above, below = meter_at(before, 0)
            self._start_quarters = bars_end(before)
            self._end_quarters = self._start_quarters + wish.bars * 4 * above / below
            made = [run_edit("continue", self.last, wish.words, bars=wish.bars, **shared).takes[0].midi]
        else:
            return [t.midi for t in run_edit("vary", self.last, wish.words, takes=VARIATIONS, **shared).takes]
        self.last = made[0]
        return made

    def _listen(self, event: dict[str, Any]) -> None:
        if event["event"] == "heard":
            self._answer("status", event["text"])
        elif event["event"] == "progress" and time.monotonic() - self._told_sec > _TELL_SEC:
            self._told_sec = time.monotonic()
            self._answer("progress", float(event["done"]))
            self._answer("status", f"writing, {100 * event['done']:.0f} %")

    def _answer(self, kind: str, *values: Argument) -> None:
        if kind in ("failed", "done"):
            self.say(f"{kind}: {values[0]}")
        self._send(osc_bytes(f"{_PREFIX}{kind}", *values))

    def _send(self, packet: bytes) -> None:
        if self._socket is not None:
            self._socket.sendto(packet, (HOST, self.answer_port))


# how many values the device sends with what it says of clips
_OF_CLIPS = {
    f"{_PREFIX}{name}": values for name, values in (("track", 1), ("placed", 3), ("unplaced", 2), ("again", 1))
}
_VERBS = {"continue": "go on from", "variations": "vary"}


def check_port(name: str, port: int) -> int:
    """Give a port back if there is one of that number.

    Raises:
        BriefError: there is not.
    """
    if not 1 <= port <= 65535:
        raise BriefError(f"{name.replace('_', ' ')} {port} is none; give 1 to 65535")
    return port


def device_folder() -> Path:
    """Where the service writes if it is not told: a folder in the user's music."""
    return user_folder("music") / "Live device"
