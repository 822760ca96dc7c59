"""A Live with AbletonOSC, as far as the wire shows it: its rules and its limits, and all that goes wrong on the way.

Written from AbletonOSC's README and from what its handlers do (2025-11), none of it copied; it has never been beside a
real Live. What it keeps: packets are looked at once a tick of 100 ms; orders are not answered; values come behind the
indices that were asked with; an error ends the tick, goes to /live/error and does not say whose it is; an answer that
is too long for a packet is an error; `get/notes` without a window leaves out key 127; a negative index counts from the
end; `*` as a track answers for the first alone.
"""

from __future__ import annotations

import heapq
import itertools
import random
import re
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from bandmate.io.osc import osc_bytes, read_osc

TICK_SEC = 0.1
MAC_PACKET = 9216


@dataclass
class Clip:
    """A clip; notes are lists [pitch, start, duration, velocity, mute]."""

    name: str = ""
    length: float = 4.0
    is_midi_clip: bool = True
    looping: bool = True
    loop_start: float = 0.0
    loop_end: float = 4.0
    start_marker: float = 0.0
    notes: list[list[Any]] = field(default_factory=list)
    is_playing: bool = False
    muted: bool = False

    @classmethod
    def of(cls, notes, quarters: float, name: str = "", **more) -> Clip:
        """A clip from rows (pitch, start, duration, velocity)."""
        rows = [[p, float(s), float(d), float(v), False] for p, s, d, v in notes]
        return cls(name, float(quarters), loop_end=float(quarters), notes=rows, **more)


@dataclass
class Track:
    """A track: kind is midi, audio or group; clips of the arrangement with where they start and end there."""

    name: str
    kind: str = "midi"
    devices: list[str] = field(default_factory=list)
    slots: list[Clip | None] = field(default_factory=list)
    playing_slot_index: int = -1
    arrangement: list[tuple[float, float, Clip]] = field(default_factory=list)

    @property
    def has_midi_input(self) -> bool:
        return self.kind == "midi"

    @property
    def is_foldable(self) -> bool:
        return self.kind == "group"


@dataclass
class Song:
    """The set."""

    tracks: list[Track] = field(default_factory=list)
    scenes: list[str] = field(default_factory=list)
    tempo: float = 120.0
    signature_numerator: int = 4
    signature_denominator: int = 4
    root_note: int = 0
    scale_name: str = "Major"
    loop_start: float = 0.0
    loop_length: float = 16.0
    is_playing: bool = False
    current_song_time: float = 0.0
    selected_scene: int = 0

    def __post_init__(self) -> None:
        for track in self.tracks:
            track.slots += [None] * (len(self.scenes) - len(track.slots))

    def clip(self, track: int, scene: int) -> Clip | None:
        return self.tracks[track].slots[scene]

    def put(self, track: int, scene: int, clip: Clip | None) -> None:
        self.tracks[track].slots[scene] = clip


class AbletonOsc:
    """Takes packets, looks at them once a tick, gives packets back.

    Args:
        song: the set; most_bytes: longest packet that the system carries.
        overlaps: what Live makes of a note that begins inside another of its key: "cut" it, or "keep" both.
        old: whether it is an AbletonOSC that knows no scale.
    """

    def __init__(self, song: Song, most_bytes: int = MAC_PACKET, overlaps: str = "cut", old: bool = False) -> None:
        self.song, self.most_bytes, self.overlaps = song, most_bytes, overlaps
        self.waiting: list[bytes] = []
        self.answers_at = 11001
        self.listens: set[str] = set()
        self.handled = 0
        self.gone = False
        self.still_sec = 0.0  # so long it stands still, as while a menu is open: what comes in meanwhile waits
        self.longest = 0
        self.at: dict[int, Callable[[Song], None]] = {}  # after so many handled packets something happens in Live
        self.on: Callable[[str, tuple], None] = lambda address, arguments: None
        self._out: list[bytes] = []
        self._last_beat = -1.0
        self.handlers = self._table(old)

    def tick(self, seconds: float = TICK_SEC) -> list[bytes]:
        """One tick: what it sends."""
        if self.gone:
            self.waiting.clear()
            return []
        if self.still_sec > 0:
            self.still_sec -= seconds
            return []
        self._out = []
        self._move(seconds)
        try:
            while self.waiting:
                self._handle(self.waiting.pop(0))
                self.handled += 1
                if (happens := self.at.pop(self.handled, None)) is not None:
                    happens(self.song)
                if self.gone:
                    return []
                if self.still_sec > 0:
                    break
        except OSError as error:
            self._error(f"Socket error: Traceback (most recent call last): {error}")
        except Exception as error:
            self._error(f"Error handling OSC message: {error}")
        return self._out

    def _move(self, seconds: float) -> None:
        song = self.song
        if not song.is_playing:
            return
        song.current_song_time += seconds * song.tempo / 60
        beat = int(song.current_song_time)
        if "beat" in self.listens and beat != int(self._last_beat):
            self._send("/live/song/get/beat", beat)
        self._last_beat = song.current_song_time

    def _error(self, text: str) -> None:
        self._out.append(osc_bytes("/live/error", text[:2000]))

    def _send(self, address: str, *values) -> None:
        data = osc_bytes(address, *values)
        self.longest = max(self.longest, len(data))
        if len(data) > self.most_bytes:
            raise OSError(40, "Message too long")
        self._out.append(data)

    def _handle(self, data: bytes) -> None:
        self.longest = max(self.longest, len(data))
        address, arguments = read_osc(data)
        self.on(address, arguments)
        if address in self.handlers:
            answer = self.handlers[address](arguments)
            if answer is not None:
                self._send(address, *answer)
        elif "*" in address:
            pattern = address.replace("*", "[^/]+")
            for known, handler in self.handlers.items():
                if re.match(pattern, known):
                    try:
                        answer = handler(arguments)
                    except (ValueError, AttributeError):
                        continue
                    if answer is not None:
                        self._send(known, *answer)
        else:
            self._error(f"Unknown OSC address: {address}")

    # ------------------------------------------------------------------ handlers

    def _table(self, old: bool) -> dict[str, Callable]:
        song = self.song
        table: dict[str, Callable] = {
            "/live/test": lambda a: self._send("/live/test", "ok"),
            "/live/application/get/version": lambda a: (12, 1),
            "/live/song/get/num_tracks": lambda a: (len(song.tracks),),
            "/live/song/get/num_scenes": lambda a: (len(song.scenes),),
            "/live/song/get/track_names": lambda a: tuple(track.name for track in song.tracks),
            "/live/song/create_midi_track": lambda a: self._make_track(*a),
            "/live/song/create_scene": lambda a: self._make_scene(*a),
            "/live/song/start_listen/beat": lambda a: self.listens.add("beat"),
            "/live/song/stop_listen/beat": lambda a: self.listens.discard("beat"),
            "/live/view/get/selected_scene": lambda a: (song.selected_scene,),
            "/live/scene/get/name": lambda a: (a[0], song.scenes[a[0]], *a[1:]),
            "/live/scene/set/name": lambda a: song.scenes.__setitem__(a[0], a[1]),
            "/live/scene/fire": lambda a: self._fire_scene(a[0]),
            "/live/track/set/name": lambda a: setattr(song.tracks[int(a[0])], "name", a[1]),
            "/live/clip_slot/get/has_clip": lambda a: (*a[:2], self._slot(a) is not None),
            "/live/clip_slot/get/is_playing": lambda a: (*a[:2], bool(self._slot(a) and self._slot(a).is_playing)),
            "/live/clip_slot/get/is_triggered": lambda a: (*a[:2], False),
            "/live/clip_slot/create_clip": lambda a: self._make_clip(*a),
            "/live/clip_slot/delete_clip": lambda a: self._delete(*a),
            "/live/clip_slot/fire": lambda a: self._fire(int(a[0]), int(a[1])),
            "/live/clip/fire": lambda a: self._fire(int(a[0]), int(a[1])),
            "/live/clip/get/notes": lambda a: (*map(int, a[:2]), *self._get_notes(self._slot(a), a[2:])),
            "/live/clip/add/notes": lambda a: self._add_notes(self._slot(a), a[2:]),
            "/live/clip/remove/notes": lambda a: self._remove_notes(self._slot(a), a[2:]),
        }
        rw = ["tempo", "signature_numerator", "signature_denominator", "loop_start", "loop_length", "current_song_time"]
        rw += [] if old else ["root_note", "scale_name"]
        for name in [*rw, "is_playing"]:
            table[f"/live/song/get/{name}"] = lambda a, name=name: (getattr(song, name), *a)
            table[f"/live/song/start_listen/{name}"] = lambda a, name=name: self._listen(name)
            table[f"/live/song/stop_listen/{name}"] = lambda a, name=name: self.listens.discard(name)
        for name in rw:
            table[f"/live/song/set/{name}"] = lambda a, name=name: self._set_song(name, a[0])
        for name in ("name", "has_midi_input", "is_foldable", "playing_slot_index"):
            table[f"/live/track/get/{name}"] = lambda a, name=name: self._of_track(a, lambda t: (getattr(t, name),))
        for name in ("name", "length"):
            table[f"/live/track/get/clips/{name}"] = lambda a, name=name: self._of_track(
                a, lambda t: tuple(clip and getattr(clip, name) for clip in t.slots)
            )
        table["/live/track/get/devices/class_name"] = lambda a: self._of_track(a, lambda t: tuple(t.devices))
        for name in (
            "name",
            "length",
            "is_midi_clip",
            "looping",
            "loop_start",
            "loop_end",
            "start_marker",
            "is_playing",
        ):
            table[f"/live/clip/get/{name}"] = lambda a, name=name: (*map(int, a[:2]), getattr(self._slot(a), name))
        for name in ("name", "looping", "loop_start", "loop_end", "start_marker"):
            table[f"/live/clip/set/{name}"] = lambda a, name=name: self._set_clip(self._slot(a), name, a[2])
        return table

    def _of_track(self, a: tuple, values: Callable[[Track], tuple]) -> tuple:
        index = 0 if a[0] == "*" else int(a[0])
        return (index, *values(self.song.tracks[index]))

    def _slot(self, a: tuple) -> Clip | None:
        return self.song.clip(int(a[0]), int(a[1]))

    def _listen(self, name: str) -> None:
        self.listens.add(name)
        self._send(f"/live/song/get/{name}", getattr(self.song, name))

    def _set_song(self, name: str, value) -> None:
        setattr(self.song, name, value)
        if name in self.listens:
            self._send(f"/live/song/get/{name}", value)

    def _set_clip(self, clip: Clip | None, name: str, value) -> None:
        if clip is None:
            raise AttributeError(f"'NoneType' object has no attribute '{name}'")
        setattr(clip, name, value)
        clip.length = clip.loop_end - clip.loop_start

    def _make_track(self, index: int) -> None:
        place = len(self.song.tracks) if index < 0 else index
        track = Track(f"{place + 1}-MIDI", slots=[None] * len(self.song.scenes))
        self.song.tracks.insert(place, track)

    def _make_scene(self, index: int) -> None:
        place = len(self.song.scenes) if index < 0 else index
        self.song.scenes.insert(place, "")
        for track in self.song.tracks:
            track.slots.insert(place, None)

    def _make_clip(self, track: int, scene: int, quarters: float) -> None:
        if self.song.tracks[track].kind != "midi":
            raise RuntimeError("This is not a MIDI track")
        if self.song.clip(track, scene) is not None:
            raise RuntimeError("Slot already has a clip")
        self.song.put(track, scene, Clip("", float(quarters), loop_end=float(quarters)))

    def _delete(self, track: int, scene: int) -> None:
        self.song.put(track, scene, None)

    def _fire(self, track: int, scene: int) -> None:
        for clip in self.song.tracks[track].slots:
            if clip is not None:
                clip.is_playing = False
        clip = self.song.clip(track, scene)
        self.song.tracks[track].playing_slot_index = -1 if clip is None else scene
        if clip is not None:
            clip.is_playing = self.song.is_playing = True

    def _fire_scene(self, scene: int) -> None:
        self.song.scenes[scene]  # an error where there is none
        for track in range(len(self.song.tracks)):
            self._fire(track, scene)

    def _window(self, a: tuple) -> tuple[float, float, float, float]:
        if len(a) == 4:
            return a
        if len(a) == 0:
            return 0, 127, -8192, 16384
        raise ValueError("Invalid number of arguments for /clip/get/notes. Either 0 or 4 arguments must be passed.")

    def _inside(self, clip: Clip | None, a: tuple) -> list[list[Any]]:
        if clip is None:
            raise AttributeError("'NoneType' object has no attribute 'get_notes_extended'")
        if not clip.is_midi_clip:
            raise RuntimeError("Operation not possible on audio clips")
        key, keys, start, span = self._window(a)
        return [n for n in clip.notes if key <= n[0] < key + keys and start <= n[1] < start + span]

    def _get_notes(self, clip: Clip | None, a: tuple) -> tuple:
        return tuple(itertools.chain.from_iterable(sorted(self._inside(clip, a), key=lambda n: (n[1], n[0]))))

    def _add_notes(self, clip: Clip | None, a: tuple) -> None:
        rows = [a[i : i + 5] for i in range(0, len(a), 5)]
        for pitch, start, duration, velocity, mute in rows:
            if clip is None:
                raise AttributeError("'NoneType' object has no attribute 'add_new_notes'")
            if self.overlaps == "cut":
                clip.notes = [n for n in clip.notes if not (n[0] == pitch and abs(n[1] - start) < 1e-6)]
                for note in clip.notes:
                    if note[0] == pitch and note[1] < start < note[1] + note[2]:
                        note[2] = start - note[1]
            clip.notes.append([pitch, start, duration, float(velocity), bool(mute)])

    def _remove_notes(self, clip: Clip | None, a: tuple) -> None:
        gone = self._inside(clip, a)
        clip.notes = [note for note in clip.notes if not any(note is other for other in gone)]


@dataclass
class Weather:
    """What happens to packets, each way: shares that are lost, doubled, and late by up to half a second."""

    lost: float = 0.0
    doubled: float = 0.0
    late: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)

    def delays(self) -> list[float]:
        """After how long each copy of a packet arrives; empty if it is lost."""
        if self.dice.random() < self.lost:
            return []
        copies = 2 if self.dice.random() < self.doubled else 1
        return [0.001 + (self.dice.random() * 0.5 if self.dice.random() < self.late else 0.0) for _ in range(copies)]


class Peer(Protocol):
    """What is at the other end: it takes packets, looks at them once a tick, and gives packets back."""

    waiting: list[bytes]
    answers_at: int

    def tick(self, seconds: float = TICK_SEC) -> list[bytes]: ...


class FakeLink:
    """A link to a fake Live whose time passes only while one waits: minutes of Live in milliseconds."""

    def __init__(self, live: Peer, weather: Weather | None = None) -> None:
        self.live, self.weather = live, weather or Weather()
        self.answer_port = 11001
        self.clock = 0.0
        self.closed = False
        self._number = itertools.count()
        self._to_live: list[tuple[float, int, bytes]] = []
        self._to_us: list[tuple[float, int, bytes]] = []
        self._tick_at = TICK_SEC

    def send(self, data: bytes) -> None:
        for delay in self.weather.delays():
            heapq.heappush(self._to_live, (self.clock + delay, next(self._number), data))

    def receive(self, wait_sec: float) -> bytes | None:
        end = self.clock + wait_sec
        while True:
            arrives = self._to_us[0][0] if self._to_us else float("inf")
            if arrives <= min(end, self._tick_at):
                self.clock = max(self.clock, arrives)
                return heapq.heappop(self._to_us)[2]
            if self._tick_at > end:
                self.clock = end
                return None
            self._tick()

    def _tick(self) -> None:
        self.clock = max(self.clock, self._tick_at)
        while self._to_live and self._to_live[0][0] <= self._tick_at:
            self.live.waiting.append(heapq.heappop(self._to_live)[2])
        for data in self.live.tick():
            for delay in self.weather.delays():
                heapq.heappush(self._to_us, (self._tick_at + delay, next(self._number), data))
        self._tick_at += TICK_SEC

    def now(self) -> float:
        return self.clock

    def close(self) -> None:
        self.closed = True


class UdpLive:
    """The fake at real ports, in a thread, with a tick of its own length; use it in a `with` block.

    It answers at `answer_port`, and without one where it was told to.
    """

    def __init__(self, live: Peer, answer_port: int | None, tick_sec: float = TICK_SEC) -> None:
        self.live, self.answer_port, self.tick_sec = live, answer_port, tick_sec
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.setblocking(False)
        self.port = self._socket.getsockname()[1]
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> UdpLive:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        self._socket.close()

    def _run(self) -> None:
        while not self._over.is_set():
            while True:
                try:
                    self.live.waiting.append(self._socket.recvfrom(65536)[0])
                except OSError:
                    break
            for data in self.live.tick(self.tick_sec):
                self._socket.sendto(data, ("127.0.0.1", self.answer_port or self.live.answers_at))
            time.sleep(self.tick_sec)


def free_port() -> int:
    """A port that nobody has right now."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def band() -> Song:
    """A set as a user may have it: drums and keys play in scene 1, a bass track waits, a vocal is sound."""
    drums = [(36 if beat % 2 == 0 else 38, beat, 0.25, 100) for beat in range(4)]
    drums += [(42, step / 2, 0.2, 70 + step % 2 * 15) for step in range(8)]
    chords = ((60, 63, 67), (56, 60, 63), (58, 62, 65), (55, 58, 62))
    keys = [(pitch, 4.0 * bar, 3.9, 82) for bar, chord in enumerate(chords) for pitch in chord]
    song = Song(
        [
            Track("Beat", devices=["DrumGroupDevice"]),
            Track("Keys", devices=["InstrumentGroupDevice"]),
            Track("My Bass", devices=["UltraAnalog"]),
            Track("Vocal", "audio"),
            Track("Band", "group"),
        ],
        ["Verse", "Chorus", ""],
        tempo=112.0, root_note=0, scale_name="Minor",
    )  # fmt: skip
    song.put(0, 0, Clip.of(drums, 4, "beat"))
    song.put(1, 0, Clip.of(keys, 16, "chords"))
    song.put(3, 1, Clip("take 3", 16.0, is_midi_clip=False, loop_end=16.0))
    return song
