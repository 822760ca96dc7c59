"""A Live that speaks AbletonOSC's rules, with its limits: one turn a tick, answers to a fixed port, errors without a
request's name, 127 pitches by default, answers of at most 9,216 bytes, and a wire that loses, doubles and delays."""

from __future__ import annotations

import random
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bandmate.io.osc import OscMessage, osc_bytes, read_osc

MOST_ANSWER_BYTES = 9216  # of macOS


@dataclass
class Clip:
    beats: float
    name: str = ""
    notes: dict[tuple[int, float], tuple[float, float, bool]] = field(default_factory=dict)
    midi: bool = True
    start: float = 0.0


@dataclass
class Track:
    name: str
    midi: bool = True
    playing: int = -2
    clips: dict[int, Clip] = field(default_factory=dict)


class FakeLive:
    """Use in a with block; `port` hears, answers go to `answer_port` of this machine."""

    def __init__(
        self, *, loss: float = 0.0, twice: float = 0.0, late: float = 0.0, seed: int = 0, tick_sec: float = 0.002
    ):
        self.tempo, self.meter, self.root, self.scale = 120.0, [4, 4], 0, "Major"
        self.tracks: list[Track] = []
        self.scenes: list[str] = ["", ""]
        self.loss, self.twice, self.late, self.tick_sec = loss, twice, late, tick_sec
        self.dice = random.Random(seed)
        self.fired: list[int] = []
        self.heard = 0
        self.gone = False
        self.on_message: Callable[[FakeLive, OscMessage], None] | None = None
        self.listening: set[str] = set()
        self._held: list[bytes] = []

    def __enter__(self) -> FakeLive:
        self._in = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._in.bind(("127.0.0.1", 0))
        self._in.setblocking(False)
        free = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        free.bind(("127.0.0.1", 0))
        self.port, self.answer_port = self._in.getsockname()[1], free.getsockname()[1]
        free.close()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self._in.close()

    def _run(self) -> None:
        while not self._stop.is_set():
            self.turn()
            time.sleep(self.tick_sec)

    def turn(self) -> None:
        """One tick: everything that came since the last one."""
        for data in self._held:
            self._send(data)
        self._held = []
        while True:
            try:
                data, _ = self._in.recvfrom(65507)
            except BlockingIOError:
                return
            if self.gone or self.dice.random() < self.loss:
                continue
            for _ in range(1 + (self.dice.random() < self.twice)):
                self._take(read_osc(data))

    def _take(self, message: OscMessage) -> None:
        self.heard += 1
        if self.on_message:
            self.on_message(self, message)
        if self.gone:
            return
        try:
            answer = self._answer(message.address, list(message.arguments))
        except (KeyError, IndexError, ValueError, TypeError, AttributeError) as error:
            self.say("/live/error", f"Error handling OSC message: {error}")
            return
        if answer is not None:
            self.say(message.address, *answer)

    def say(self, address: str, *values: Any) -> None:
        data = osc_bytes(address, *values)
        if len(data) > MOST_ANSWER_BYTES:
            return  # "Message too long" is written to Live's log, and nothing is sent
        if self.dice.random() < self.loss:
            return
        if self.dice.random() < self.late:
            self._held.append(data)
            return
        self._send(data)
        if self.dice.random() < self.twice:
            self._send(data)

    def _send(self, data: bytes) -> None:
        self._in.sendto(data, ("127.0.0.1", self.answer_port))

    def beat(self, number: int) -> None:
        if "beat" in self.listening:
            self.say("/live/song/get/beat", number)

    def clip(self, track: int, slot: int) -> Clip:
        clip = self.tracks[track].clips.get(slot)
        if clip is None:
            raise AttributeError("'NoneType' object has no attribute 'name'")
        return clip

    def _answer(self, address: str, a: list[Any]) -> tuple[Any, ...] | None:
        _, _, what, *rest = address.split("/")
        name = "_".join([what, *rest])
        if name == "test":
            return ("ok",)
        handler = getattr(self, f"_{name}", None)
        if handler is None:
            raise KeyError(f"Unknown OSC address: {address}")
        return handler(*a)

    # -- song
    def _song_get_tempo(self) -> tuple:
        return (self.tempo,)

    def _song_set_tempo(self, value: float) -> None:
        self.tempo = float(value)

    def _song_get_signature_numerator(self) -> tuple:
        return (self.meter[0],)

    def _song_get_signature_denominator(self) -> tuple:
        return (self.meter[1],)

    def _song_get_root_note(self) -> tuple:
        return (self.root,)

    def _song_get_scale_name(self) -> tuple:
        return (self.scale,)

    def _song_get_track_names(self) -> tuple:
        return tuple(t.name for t in self.tracks)

    def _song_get_num_tracks(self) -> tuple:
        return (len(self.tracks),)

    def _song_get_num_scenes(self) -> tuple:
        return (len(self.scenes),)

    def _song_create_scene(self, at: int) -> None:
        self.scenes.append("")

    def _song_start_listen_beat(self) -> None:
        self.listening.add("beat")

    def _song_stop_listen_beat(self) -> None:
        self.listening.discard("beat")

    def _song_start_listen_tempo(self) -> tuple:
        self.listening.add("tempo")
        return None  # the value comes as /live/song/get/tempo

    def _song_stop_listen_tempo(self) -> None:
        self.listening.discard("tempo")

    def _song_create_midi_track(self, at: int) -> None:
        self.tracks.append(Track(f"{len(self.tracks) + 1}-MIDI"))

    # -- tracks and scenes
    def _track_get_has_midi_input(self, t: int) -> tuple:
        return (t, self.tracks[t].midi)

    def _track_get_playing_slot_index(self, t: int) -> tuple:
        return (t, self.tracks[t].playing)

    def _track_get_name(self, t: int) -> tuple:
        return (t, self.tracks[t].name)

    def _track_set_name(self, t: int, name: str) -> None:
        self.tracks[t].name = name

    def _scene_get_name(self, s: int) -> tuple:
        return (s, self.scenes[s])

    def _scene_set_name(self, s: int, name: str) -> None:
        self.scenes[s] = name

    def _scene_fire(self, s: int) -> None:
        self.fired.append(s)

    # -- clips
    def _clip_slot_get_has_clip(self, t: int, s: int) -> tuple:
        if s >= len(self.scenes):
            raise IndexError("list index out of range")
        return (t, s, s in self.tracks[t].clips)

    def _clip_slot_create_clip(self, t: int, s: int, beats: float) -> None:
        if s in self.tracks[t].clips or not self.tracks[t].midi:
            raise ValueError("This clip slot cannot take a new MIDI clip")
        self.tracks[t].clips[s] = Clip(float(beats))

    def _clip_get_name(self, t: int, s: int) -> tuple:
        return (t, s, self.clip(t, s).name)

    def _clip_get_is_midi_clip(self, t: int, s: int) -> tuple:
        return (t, s, self.clip(t, s).midi)

    def _clip_get_length(self, t: int, s: int) -> tuple:
        return (t, s, self.clip(t, s).beats)

    def _clip_get_loop_start(self, t: int, s: int) -> tuple:
        return (t, s, self.clip(t, s).start)

    def _clip_set_name(self, t: int, s: int, name: str) -> None:
        self.clip(t, s).name = name

    def _clip_set_loop_end(self, t: int, s: int, end: float) -> None:
        self.clip(t, s).beats = end

    def _clip_get_loop_end(self, t: int, s: int) -> tuple:
        return (t, s, self.clip(t, s).start + self.clip(t, s).beats)

    def _inside(self, t: int, s: int, box: list[float]) -> list[tuple[int, float]]:
        pitch, pitches, start, beats = [*box, *(0, 127, -16384.0, 32768.0)[len(box) :]]
        return sorted(
            k for k in self.clip(t, s).notes if pitch <= k[0] < pitch + pitches and start <= k[1] < start + beats
        )

    def _clip_get_notes(self, t: int, s: int, *box: float) -> tuple:
        found = [(p, at, *self.clip(t, s).notes[p, at]) for p, at in self._inside(t, s, list(box))]
        return (t, s, *(value for note in found for value in note))

    def _clip_remove_notes(self, t: int, s: int, *box: float) -> None:
        for key in self._inside(t, s, list(box)):
            del self.clip(t, s).notes[key]

    def _clip_add_notes(self, t: int, s: int, *values: Any) -> None:
        clip = self.clip(t, s)
        for i in range(0, len(values), 5):
            pitch, start, length, velocity, mute = values[i : i + 5]
            clip.notes[int(pitch), float(start)] = (float(length), float(velocity), bool(mute))


def groove_set(fake: FakeLive) -> None:
    """Drums and chords in scene 1, which plays; an audio track beside them."""
    drums, keys, sound = Track("Drums", playing=0), Track("Piano", playing=0), Track("Vox", midi=False, playing=0)
    drums.clips[0] = Clip(8.0, "beat", {(key, beat): (0.25, 100.0, False) for key, beats in
                          ((36, (0, 2, 4, 6)), (38, (1, 3, 5, 7)), (42, [n / 2 for n in range(16)]))
                          for beat in map(float, beats)})  # fmt: skip
    chords = ((57, 60, 64), (53, 57, 60), (60, 64, 67), (55, 59, 62))
    keys.clips[0] = Clip(16.0, "chords")
    for bar, pitches in enumerate(chords):
        keys.clips[0].notes |= {(pitch, 4.0 * bar): (4.0, 80.0, False) for pitch in pitches}
    sound.clips[0] = Clip(16.0, "vocal", midi=False)
    fake.tracks = [drums, keys, sound]
