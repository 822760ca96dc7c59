"""Live set: the set that is open in Live is heard, played along with and written to, over AbletonOSC.

Hear (`live_hear`), edit as any file is edited, write and read again (`live_write`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bandmate.counts import counted
from bandmate.errors import BriefError
from bandmate.io.files import read
from bandmate.io.live.client import BRISK, LiveClient, LiveSilent, Patience
from bandmate.io.live.clips import fire_clip, fire_scene, set_tempo
from bandmate.io.live.link import ANSWER_PORT, LIVE_PORT, Link, UdpLink
from bandmate.io.live.notes import LiveNote, playable
from bandmate.io.live.view import SetView, view_set
from bandmate.io.max_device import DEVICE_PORT
from bandmate.limits import BARS, TEMPO
from bandmate.score.model import Score, Track
from bandmate.score.splice import music_bars
from bandmate.settings import user_folder
from bandmate.workflows.device import check_port
from bandmate.workflows.jobs import Listener
from bandmate.workflows.live_brace import ask_device
from bandmate.workflows.live_hear import Heard, find_scene, hear, hear_brace, heard_tracks, scene_words
from bandmate.workflows.live_write import ClipJob, Written, surplus, write_jobs

SOURCES = ("clips", "brace")  # of a scene or playing, or of the arrangement
EDITS = ("accompany", "regenerate", "vary", "fill", "continue", "respond")
_IN_PLACE = ("regenerate", "vary", "fill")  # their result has the length of what was heard, bar by bar
_MOST_QUARTERS = 4096.0


@dataclass(frozen=True, slots=True)
class LiveResult:
    """What an edit came to.

    Attributes:
        heard, done: what was heard and made, in words; clips: in Live now; take: MIDI file that they came from.
        remark: what else there is to know of the set, "" if nothing.
    """

    heard: str
    done: str
    clips: tuple[Written, ...]
    take: Path
    remark: str = ""

    def to_json(self) -> dict[str, Any]:
        """Plain data for the command line."""
        clips = [asdict(clip) for clip in self.clips]
        return {"heard": self.heard, "done": self.done, "clips": clips, "take": str(self.take), "remark": self.remark}


def open_link(port: int, answer_port: int) -> Link:
    """The link to Live on this machine.

    Raises:
        OutputError: the port at which Live answers is taken.
    """
    return UdpLink(port, answer_port)


def connect(port: int | None = None, answer_port: int | None = None) -> LiveClient:
    """A client that has heard from Live.

    Raises:
        BriefError: no such port. OutputError: it is taken. LiveSilent: no Live answers.
    """
    ports = {"port": LIVE_PORT if port is None else port,
             "answer_port": ANSWER_PORT if answer_port is None else answer_port}  # fmt: skip
    for name, value in ports.items():
        check_port(name, value)
    client = LiveClient(open_link(**ports), BRISK)
    try:
        client.ask("/live/test", keys=0)
        client.patience = Patience()
    except LiveSilent as error:
        client.link.close()
        raise LiveSilent(
            f"no Live answers at port {ports['port']} of this machine; start Live and choose AbletonOSC as a control "
            "surface in its settings (docs/LIVE_SET.md says how)"
        ) from error
    except BaseException:
        client.link.close()
        raise
    return client


def take_folder() -> Path:
    """Where takes for Live go if nothing was said: a folder in the user's music."""
    return user_folder("music") / "Live set"


def listen_to(
    client: LiveClient, view: SetView, *, source: str = "clips", scene: str | None = None, loop: bool = False,
    device_port: int | None = None,
) -> Heard:  # fmt: skip
    """Hear clips, or with the source `brace` what lies under the loop brace of the arrangement.

    Args:
        client: speaks with Live.
        view: the set.
        source: one of SOURCES.
        scene: of clips, see `hear`.
        loop: of clips, see `hear`.
        device_port: of the device, which reads the arrangement; None = the one it has.

    Raises:
        BriefError: see `hear` and `hear_brace`, or the two do not go together. LiveError: Live or the device does not
            answer.
    """
    if source == "clips":
        return hear(client, view, scene=scene, loop=loop)
    if source not in SOURCES:
        raise BriefError(f"'{source}' cannot be heard; choose one of {', '.join(SOURCES)}")
    if scene is not None or loop:
        raise BriefError(f"the loop brace lies in the arrangement; leave --{'loop' if loop else 'scene'} out")
    port = DEVICE_PORT if device_port is None else device_port
    return hear_brace(ask_device(check_port("device port", port)), view)


def edit_set(
    client: LiveClient, command: str, text: str = "", *, source: str = "clips", scene: str | None = None,
    loop: bool = False, device_port: int | None = None, replace: bool = False, fire: bool = False,
    listener: Listener | None = None, **options: Any,
) -> LiveResult:  # fmt: skip
    """Edit what plays in Live, and write what is new back into the set.

    Args:
        client: speaks with Live.
        command: one of EDITS.
        text: what is wanted, in words.
        source: what is heard, see `listen_to`.
        scene: as there.
        loop: as there.
        device_port: as there.
        replace: whether clips that were heard get the new notes; else these go into a new scene.
        fire: whether the new clips are launched.
        listener: gets events, as in `run_edit`.
        options: as there; tracks by name, role, or number as Live counts.

    Raises:
        BriefError: a demand cannot be met. LiveError: Live does not answer, refuses, or was changed meanwhile; the
            message says what was written by then.
    """
    from bandmate.workflows.edits import run_edit

    if command not in EDITS:
        raise BriefError(f"'{command}' is no edit of a set; choose one of {', '.join(EDITS)}")
    if replace and command not in _IN_PLACE:
        raise BriefError(f"{command} makes new clips and replaces none; leave --replace out")
    if replace and source == "brace":
        raise BriefError(
            "clips of the arrangement are not replaced, what is new goes into a scene; leave --replace out"
        )
    view = view_set(client)
    heard = listen_to(client, view, source=source, scene=scene, loop=loop, device_port=device_port)
    if listener is not None:
        listener({"event": "heard", "text": heard.words})
    if view.key is not None:
        options.setdefault("key", view.key.name)
    if options.get("tracks"):
        options["tracks"] = heard_tracks(heard, options["tracks"])
    options.setdefault("out", take_folder() / command)
    result = run_edit(command, heard.score, text, listener=listener, **options)
    take = result.best
    jobs = _jobs(heard, result.score, command, replace)
    if not jobs:
        raise BriefError("the edit changed no note, so nothing was written; ask for more, or give another --seed")
    name = f"{command} {take.recipe.seed}"
    make_new = heard.scene is None or command in ("continue", "respond") or (command in _IN_PLACE and not replace)
    clips = write_jobs(client, view, jobs, name, None if make_new else heard.scene, take.midi,
                       {(s.track.index, s.scene) for s in heard.sources.values()}, listener)  # fmt: skip
    _fire(client, view, clips, fire)
    return LiveResult(heard.words, result.heard, clips, take.midi, surplus(client, view, clips, make_new))


def put(
    client: LiveClient, file: str | Path, *, scene: str | None = None, replace: bool = False, fire: bool = False,
    listener: Listener | None = None,
) -> LiveResult:  # fmt: skip
    """Write the tracks of a file into a scene of the set, one clip each.

    Args:
        client: speaks with Live.
        file: of music.
        scene: number from 1 or name, None = a new scene behind the last.
        replace: whether clips on tracks of the same names may be replaced.
        fire: whether the clips are launched.
        listener: gets progress events, one before each clip.

    Raises:
        FileFormatError: the file cannot be read. BriefError: no such scene, or no notes. LiveError: see `edit_set`.
    """
    score = read(file)
    view = view_set(client)
    place = None if scene is None else find_scene(view, scene)
    quarters = _whole_bars(score, view.bar_quarters)
    jobs = []
    for part in score.tracks:
        notes = tuple(playable(_notes(score, part, 0.0), quarters))
        if notes:
            held = _held(view, part, place) if replace and place is not None else None
            jobs.append(ClipJob(part, notes, quarters, held))
    if not jobs:
        raise BriefError(f"{file} has no notes, so there is nothing to write; give a file with music in it")
    clips = write_jobs(client, view, jobs, Path(file).stem, place, Path(file), set(), listener)
    _fire(client, view, clips, fire)
    remark = "; ".join(filter(None, (_unlike(score, view), surplus(client, view, clips, place is None))))
    return LiveResult(f"{file}: {counted(len(jobs), 'track')} with notes", "", clips, Path(file), remark)


def _unlike(score: Score, view: SetView) -> str:
    """Where a file's beat is another than Live's, in words; notes keep their place in the bar, not in time."""
    found = []
    if len(score.tempos) > 1:
        found.append("the file changes its tempo, which a clip does not hold")
    elif abs(score.bpm - view.tempo) >= 0.1:
        found.append(f"the file is at {score.bpm:.4g} BPM and Live at {view.tempo:g}; to set it: "
                     f"bandmate live-set tempo {score.bpm:.4g}")  # fmt: skip
    meters = {(int(row["numerator"]), int(row["denominator"])) for row in score.meters} or {(4, 4)}
    if meters != {view.meter}:
        other = ", ".join(f"{above}/{below}" for above, below in sorted(meters))
        found.append(f"the file is in {other} and Live in {view.meter[0]}/{view.meter[1]}")
    return "; ".join(found)


def _held(view: SetView, part: Track, scene: int) -> tuple[int, int] | None:
    """The slot whose clip bears a part already: that of the MIDI track of its name; None if there is none.

    Raises:
        BriefError: several tracks bear that name.
    """
    name = part.name.strip()
    same = [
        t for t in view.tracks if t.takes_notes and t.name.strip().casefold() == name.casefold() and scene in t.slots
    ]
    if len(same) > 1:
        raise BriefError(f"{len(same)} tracks are called '{name}', so it is not known which clip is meant; rename one")
    return (same[0].index, scene) if same else None


def _whole_bars(score: Score, bar: float) -> float:
    quarters = score.last_ticks / score.ticks_per_quarter
    whole = bar * max(1, -(-quarters // bar))
    if whole > _MOST_QUARTERS:
        raise BriefError(f"{whole / bar:g} bars are too many for one clip; cut the file with 'bandmate edit --trim'")
    return whole


def _jobs(heard: Heard, score: Score, command: str, replace: bool) -> list[ClipJob]:
    """What of an edited score is new."""
    start, quarters = 0.0, heard.quarters
    if command == "continue":  # only the bars behind are new
        quarters_all = heard.view.bar_quarters * music_bars(score)
        start = heard.view.bar_quarters * _bars_heard(heard)
        quarters = max(heard.view.bar_quarters, quarters_all - start)
    elif command == "respond":
        quarters = _whole_bars(score, heard.view.bar_quarters)
    jobs = []
    for part in score.tracks:
        source = heard.sources.get(part.name)
        notes = playable(_notes(score, part, start), quarters)
        if not notes or (
            source is not None and command in (*_IN_PLACE, "accompany") and _unchanged(heard, part, notes)
        ):
            continue
        slot = None
        if source is not None:
            slot = (source.track.index, source.scene if replace else -1)
        jobs.append(ClipJob(part, tuple(notes), quarters, slot))
    return jobs


def _bars_heard(heard: Heard) -> int:
    """How many bars of what was heard the edit went by: up to the last note."""
    from bandmate.io.midi import midi_bytes, parse_midi

    return music_bars(parse_midi(midi_bytes(heard.score), "what was heard"))


def _unchanged(heard: Heard, part: Track, notes: Sequence[LiveNote]) -> bool:
    old = next(track for track in heard.score.tracks if track.name == part.name)
    before = playable(_notes(heard.score, old, 0.0), heard.quarters)
    return len(before) == len(notes) and all(a.near(b) for a, b in zip(before, notes, strict=True))


def _notes(score: Score, track: Track, start: float) -> list[LiveNote]:
    grid = score.ticks_per_quarter
    return [
        LiveNote(int(row["onset_ticks"]) / grid - start, int(row["pitch"]), max(1, int(row["duration_ticks"])) / grid,
                 float(row["velocity"]))
        for row in track.notes
    ]  # fmt: skip


def _fire(client: LiveClient, view: SetView, clips: Sequence[Written], fire: bool) -> None:
    """Launch what was written; where nothing was playing, all of its scene."""
    if fire and all(track.playing is None for track in view.tracks):
        fire_scene(client, clips[0].scene - 1, [clip.track - 1 for clip in clips])
        return
    for clip in clips if fire else ():
        fire_clip(client, clip.track - 1, clip.scene - 1)


def launch(client: LiveClient, scene: str) -> str:
    """Launch a scene; which, in words.

    Raises:
        BriefError: no such scene, or it has no clips. LiveError: Live does not launch it.
    """
    view = view_set(client)
    place = find_scene(view, scene)
    tracks = [track.index for track, _ in view.clips_of(place) if not track.is_group]
    if not tracks:
        raise BriefError(f"{scene_words(view, place)} has no clips to launch; choose another with --scene")
    fire_scene(client, place, tracks)
    return scene_words(view, place)


def change_tempo(client: LiveClient, text: str) -> float:
    """Set Live's tempo to what a text says.

    Raises:
        BriefError: it is no tempo. LiveError: Live does not do it.
    """
    try:
        tempo = TEMPO.check(float(text))
    except ValueError:
        raise BriefError(f"tempo '{text[:40]}' is no number; write it like: bandmate live-set tempo 124") from None
    set_tempo(client, tempo)
    return tempo


def bars_of(text: str | None) -> int | None:
    """How many bars a text means, None for none.

    Raises:
        BriefError: it is no number of bars.
    """
    if text is None:
        return None
    if not text.strip().isdecimal():
        raise BriefError(f"bars '{text}' is no number of bars; give one, such as --bars 4")
    return int(BARS.check(int(text)))
