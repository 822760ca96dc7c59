"""A running Live set: what plays in it is heard, played along with, gone on from, and what comes is put into it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bandmate.daw.bridge import Bridge
from bandmate.daw.live_view import LiveScene, LiveSet, read_scene, read_set, scene_of, score_of
from bandmate.daw.live_write import (
    ClipWritten,
    fire,
    make_scene,
    make_track,
    notes_of,
    set_tempo,
    write_clip,
)
from bandmate.errors import BriefError
from bandmate.io.files import read, write
from bandmate.score.model import Score, Track
from bandmate.settings import user_folder
from bandmate.workflows.jobs import Listener
from bandmate.workflows.places import safe_name

EDITS = ("accompany", "regenerate", "vary", "continue", "respond")
_CONDUCTOR = 1  # tracks of a file before those of its score: tempo and meter stand in one of their own
_BEHIND = ("continue", "respond")  # what they write lies behind what was given


@dataclass(frozen=True, slots=True)
class LiveResult:
    """What an edit put into the set.

    Attributes:
        scene: where, from 1.
        clips: each with its place and the notes counted in Live.
        heard: what was understood; notices: what was left alone, and why.
        midi: the file of the take; resent: how many messages had to be sent again.
    """

    scene: int
    clips: tuple[ClipWritten, ...]
    heard: str
    notices: tuple[str, ...]
    midi: Path | None
    resent: int

    def lines(self) -> list[str]:
        """The result in words."""
        said = [f"track {c.track + 1}, scene {c.scene + 1}: {c.name}, {c.notes} notes" for c in self.clips]
        again = [f"{self.resent} messages were lost on the way and sent again"] if self.resent else []
        return [*filter(None, (self.heard,)), *said, *self.notices, *again]

    def to_json(self) -> dict[str, Any]:
        """Plain data; tracks and scenes count from 1, as Live shows them."""
        clips = [{**asdict(clip), "track": clip.track + 1, "scene": clip.scene + 1} for clip in self.clips]
        return {"scene": self.scene, "clips": clips, "heard": self.heard, "notices": list(self.notices),
                "midi": str(self.midi.resolve()) if self.midi else None, "resent": self.resent}  # fmt: skip


def look(bridge: Bridge) -> tuple[LiveSet, list[str]]:
    """The set, and lines that say what is in it."""
    found = read_set(bridge)
    key = f", {found.key}" if found.key else ""
    lines = [f"{found.tempo:g} BPM, {found.meter[0]}/{found.meter[1]}{key}"]
    lines += [
        f"track {t.index + 1}: {t.name} ({'MIDI' if t.takes_midi else 'audio'})"
        + (f", plays scene {t.playing + 1}" if t.playing is not None else "")
        for t in found.tracks
    ]
    return found, [*lines, *(f"scene {n}: {name or '(no name)'}" for n, name in enumerate(found.scenes, 1))]


def take_in(bridge: Bridge, scene: str = "playing") -> tuple[LiveSet, LiveScene, Score]:
    """A scene as music.

    Args:
        bridge: open.
        scene: number from 1, name, or "playing".

    Raises:
        BriefError: there is no such scene, or no MIDI in it. DawError: Live does not answer.
    """
    found = read_set(bridge)
    read_back = read_scene(bridge, found, scene_of(found, scene))
    return found, read_back, score_of(found, read_back)


def save_scene(bridge: Bridge, scene: str = "playing", out: str | Path | None = None) -> Path:
    """Write a scene to a MIDI file; beside the takes of the set if no place is named.

    Raises:
        BriefError: there is no such scene, or no MIDI in it. DawError: Live does not answer. OutputError: bad place.
    """
    _, heard, score = take_in(bridge, scene)
    path = Path(out).expanduser() if out else live_folder() / f"{safe_name(score.title)} scene {heard.index + 1}.mid"
    return write(score, path)


def play_along(
    bridge: Bridge, command: str, text: str = "", *, scene: str = "playing", replace: bool = False,
    launch: bool = False, listener: Listener | None = None, **options: Any,
) -> LiveResult:  # fmt: skip
    """Edit what a scene holds, and put the result into the set.

    New tracks come beside the others in the same scene. Whatever changes or goes on comes into a new scene, beside the
    unchanged MIDI clips; with `replace` what changes is written over in its own scene.

    Args:
        bridge: open.
        command: one of EDITS.
        text: what is wanted, in words.
        scene: number from 1, name, or "playing".
        replace: write over clips.
        launch: launch the scene afterwards.
        listener: gets events, as in the edit itself.
        options: of the edit.

    Raises:
        BriefError: no such scene or option, or nothing to edit. DawError: Live does not answer; what came into the set
            until then is said.
    """
    from bandmate.workflows.edits import run_edit

    if command not in EDITS:
        raise BriefError(f"'{command}' is no edit of a running set; choose one of {', '.join(EDITS)}")
    found, heard, score = take_in(bridge, scene)
    if found.key and "key" not in options:
        options["key"] = found.key
    options["out"] = options.get("out") or live_folder() / safe_name(f"{score.title} {command}")
    clips_heard = [clip for clip in heard.clips if clip.notes]
    if options.get("tracks"):
        options["tracks"] = _as_in_file(str(options["tracks"]), [clip.track.index for clip in clips_heard])
    result = run_edit(command, score, text, listener=listener, **options)
    take = result.best
    bars = round(score.end_ticks / (found.bar_beats * score.ticks_per_quarter))
    length = score.end_ticks if command not in _BEHIND else max(take.score.last_ticks, score.end_ticks + 1)
    span = (score.end_ticks, length) if command in _BEHIND else (0, score.end_ticks)
    changed = _changed(score, take.score, span)
    if not changed:
        raise BriefError("nothing came out otherwise than it was; ask for more, or with other words")
    own = {number: clip.track.index for number, clip in enumerate(clips_heard, _CONDUCTOR)}
    beats = _whole_bars((span[1] - span[0]) / score.ticks_per_quarter, found.bar_beats)
    notices = [f"'{name}' is sound and was not heard: Live tells no notes of it" for name in heard.sounds]
    beside = command == "accompany"
    if beside or replace:
        place, parts = heard.index, changed
    else:
        place, parts = make_scene(bridge, _scene_name(found, heard, command)), list(range(len(take.score.tracks)))
    clips = []
    for number in parts:
        track = take.score.tracks[number]
        notes = notes_of(track, take.score.ticks_per_quarter, *span)
        if not notes:
            continue
        index = own[number] if number in own else make_track(bridge, track.name)
        over = replace and number in own
        clips.append(write_clip(bridge, index, place, _clip_name(track, command), beats, notes, replace=over))
    if launch:
        fire(bridge, place)
    said = f"{result.heard} ({bars} bars of scene {heard.index + 1} heard)"
    return LiveResult(place + 1, tuple(clips), said, (*notices, *bridge.notices), take.midi, bridge.resent)


def live_folder() -> Path:
    """Where takes of edits lie if nothing else is said: a folder in the user's music."""
    return user_folder("music") / "Live set"


def put_in(bridge: Bridge, source: str | Path, *, tempo: bool = False, launch: bool = False) -> LiveResult:
    """Put a file into a new scene, one new track a part.

    Args:
        bridge: open.
        source: any file that `bandmate inspect` reads.
        tempo: set the tempo of the set to the file's.
        launch: launch the scene afterwards.

    Raises:
        FileFormatError: the file cannot be read. BriefError: it has no notes. DawError: Live does not answer.
    """
    score = read(Path(source))
    parts = [track for track in score.tracks if len(track.notes)]
    if not parts:
        raise BriefError(f"{source} has no notes to put into Live; give a file with some")
    if tempo:
        set_tempo(bridge, score.bpm)
    name = score.title or Path(source).stem
    scene, end = make_scene(bridge, name), score.last_ticks
    bar = 4.0 * int(score.meters["numerator"][0]) / int(score.meters["denominator"][0]) if len(score.meters) else 4.0
    beats = _whole_bars(end / score.ticks_per_quarter, bar)
    clips = [
        write_clip(bridge, make_track(bridge, t.name or name), scene, name, beats,
                   notes_of(t, score.ticks_per_quarter, 0, end))
        for t in parts
    ]  # fmt: skip
    if launch:
        fire(bridge, scene)
    many = f"Live plays one tempo here, {score.bpm:g} BPM of {len(score.tempos)}" if len(score.tempos) > 1 else ""
    notices = tuple(filter(None, (many, *bridge.notices)))
    return LiveResult(scene + 1, tuple(clips), f"{name}: {len(clips)} tracks", notices, None, bridge.resent)


def follow(bridge: Bridge, go_on: Callable[[], bool] = lambda: True) -> Iterator[dict[str, Any]]:
    """Bars, beats and changes of tempo as Live plays, as events; beats arrive up to a tenth of a second late.

    Raises:
        DawError: Live does not answer.
    """
    for what in ("beat", "tempo"):
        bridge.tell(f"/live/song/start_listen/{what}")
    numerator = int(bridge.ask("/live/song/get/signature_numerator")[0])
    tempo, last = float(bridge.ask("/live/song/get/tempo")[0]), -1
    try:
        yield {"event": "tempo", "bpm": tempo}
        for message in bridge.hear(go_on):
            value: Any = message.arguments[0] if message.arguments else None
            if message.address == "/live/song/get/beat" and int(value) != last:
                last = int(value)
                yield {"event": "beat", "bar": last // numerator + 1, "beat": last % numerator + 1}
            elif message.address == "/live/song/get/tempo" and float(value) != tempo:
                tempo = float(value)
                yield {"event": "tempo", "bpm": tempo}
    finally:
        for what in ("beat", "tempo"):
            bridge.tell(f"/live/song/stop_listen/{what}")


def _changed(before: Score, after: Score, span: tuple[int, int]) -> list[int]:
    """The tracks that are new, or whose notes of a stretch are others."""

    def notes(score: Score, number: int) -> list[Any]:
        if not 0 <= number < len(score.tracks):
            return []
        rows = score.tracks[number].notes
        inside = rows[(rows["onset_ticks"] >= span[0]) & (rows["onset_ticks"] < span[1])]
        return inside[["onset_ticks", "duration_ticks", "pitch", "velocity"]].tolist()

    return [n for n in range(len(after.tracks)) if notes(after, n) and notes(before, n - _CONDUCTOR) != notes(after, n)]


def _as_in_file(tracks: str, heard: list[int]) -> str:
    """Numbers of Live's tracks as those of the score's file; names stay."""
    words = []
    for word in tracks.split(","):
        if word.strip().isdigit():
            if int(word) - 1 not in heard:
                there = ", ".join(str(number + 1) for number in heard)
                raise BriefError(f"track {int(word)} has no notes in this scene; choose from {there}")
            word = str(heard.index(int(word) - 1) + 1 + _CONDUCTOR)
        words.append(word)
    return ",".join(words)


def _whole_bars(beats: float, bar: float) -> float:
    return float(bar * max(1, np.ceil(beats / bar - 1e-6)))


def _scene_name(found: LiveSet, heard: LiveScene, command: str) -> str:
    return f"{found.scenes[heard.index] or f'scene {heard.index + 1}'}, {command}"


def _clip_name(track: Track, command: str) -> str:
    return f"{track.name} {command}".strip()
