"""What plays in Live as a score: a scene, what is playing, or the loop brace, with tempo, meter and scale."""

from __future__ import annotations

import difflib
import itertools
import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

from bandmate.counts import counted
from bandmate.errors import BriefError, LiveError
from bandmate.io.live.brace import Brace
from bandmate.io.live.client import LiveClient
from bandmate.io.live.clips import ClipView, read_clip
from bandmate.io.live.notes import ClipGone
from bandmate.io.live.view import SetView, TrackView, number, value_in
from bandmate.io.timed import EXACT, Loop, Note, Part, Piece
from bandmate.limits import BARS
from bandmate.score.brief import ROLES
from bandmate.score.model import Score
from bandmate.workflows.live_brace import brace_tracks, brace_words

_MOST_NAMED = 8


@dataclass(frozen=True, slots=True)
class Source:
    """A clip that was heard: the slot it lies in, and what was in it; of the arrangement, its track under the brace.

    `scene` is -1 where it lies in none.
    """

    track: TrackView
    scene: int
    clip: ClipView


@dataclass(frozen=True, slots=True, eq=False)
class Heard:
    """What was heard.

    Attributes:
        view: the set; scene: where new clips belong, None = in a new one; how: what was heard, in words.
        score: the clips beside each other, loops unrolled; its tracks bear unlike names.
        sources: the clip of each of these tracks, by its name.
        quarters: the length, whole bars.
        deaf: names of tracks whose clip of sound could not be heard.
    """

    view: SetView
    scene: int | None
    how: str
    score: Score
    sources: Mapping[str, Source]
    quarters: float
    deaf: tuple[str, ...]

    @property
    def bars(self) -> int:
        """The length in bars."""
        return round(self.quarters / self.view.bar_quarters)

    @property
    def words(self) -> str:
        """One line for a person."""
        beat = f"{self.view.tempo:g} BPM, {self.view.meter[0]}/{self.view.meter[1]}"
        key = f", {self.view.key.name}" if self.view.key else ""
        deaf = f"; not heard, since they are sound: {', '.join(self.deaf)}" if self.deaf else ""
        clips = ", ".join(
            f"{name} ({counted(len(source.clip.notes), 'note')})" for name, source in self.sources.items()
        )
        return f"{self.how}: {counted(self.bars, 'bar')} at {beat}{key}; {clips}{deaf}"


def scene_words(view: SetView, scene: int) -> str:
    """A scene in words: `scene 2 'Chorus'`."""
    name = view.scenes[scene].strip() if scene < len(view.scenes) else ""
    return f"scene {scene + 1}" + (f" '{name}'" if name else "")


def find_scene(view: SetView, text: str) -> int:
    """The scene that a number from 1, or a name, means.

    Raises:
        BriefError: none does; the message says which there are.
    """
    wanted = text.strip()
    named = [i for i, name in enumerate(view.scenes) if name.strip().casefold() == wanted.casefold() and wanted]
    if len(named) > 1:
        numbers = " or ".join(str(i + 1) for i in named)
        raise BriefError(f"{len(named)} scenes are called '{wanted}'; say which by number: {numbers}")
    if named:
        return named[0]
    if wanted.isdecimal() and 1 <= int(wanted) <= len(view.scenes):
        return int(wanted) - 1
    names = [name for name in view.scenes if name.strip()]
    close = difflib.get_close_matches(wanted, names, n=1)
    listed = f", called {', '.join(names[:_MOST_NAMED])}" if names else ""
    cure = f"did you mean '{close[0]}'?" if close else f"it has scenes 1 to {len(view.scenes)}{listed}"
    raise BriefError(f"the set has no scene '{wanted[:40]}'; {cure}")


def hear(client: LiveClient, view: SetView, *, scene: str | None = None, loop: bool = False) -> Heard:
    """Hear a scene, what is playing, or else the scene that is selected.

    Args:
        client: speaks with Live.
        view: the set.
        scene: number from 1 or name; None = what is playing, and if nothing is, the selected scene.
        loop: whether it is as long as the loop brace of the arrangement, else as the longest clip.

    Raises:
        BriefError: no such scene, nothing in it that has notes, or too long a stretch. LiveError: Live does not answer.
    """
    slots, place, how = _slots(client, view, scene)
    clips = {}
    for track, at in slots:
        try:
            clips[track.index] = Source(track, at, read_clip(client, track.index, at))
        except ClipGone as error:
            raise ClipGone(f"{error}: that of track '{track.name}'; start again") from error
    sources, deaf = _sounding(how, list(clips.values()), "choose another with --scene")
    if loop:
        quarters = _bars(view, number(value_in(client.ask("/live/song/get/loop_length"))), "the loop brace")
    else:
        longest = max(source.clip.loop_end - source.clip.loop_start for source in sources.values())
        quarters = _bars(view, longest, "the longest clip")
    return Heard(view, place, how, _score(view, how, sources, quarters), sources, quarters, deaf)


def hear_brace(brace: Brace, view: SetView | None = None) -> Heard:
    """Hear what lies under the loop brace of the arrangement, as the device told it.

    Args:
        brace: what it told.
        view: the set as AbletonOSC shows it; None = there is none, and what the brace tells of it is enough.

    Raises:
        BriefError: nothing under it has notes, or it is too long. LiveError: tracks were moved meanwhile.
    """
    if view is None:
        view = SetView(brace.tempo, brace.meter, brace.key, (), ())
    else:
        _check_tracks(brace, view)
    known = {track.index: track for track in view.tracks}
    found = [Source(known.get(track.index, track), -1, clip) for track, clip in brace_tracks(brace)]
    how = brace_words(brace)
    sources, deaf = _sounding(how, found, "drag it over clips of notes")
    quarters = _bars(view, brace.quarters, "the loop brace")
    return Heard(view, None, how, _score(view, how, sources, quarters), sources, quarters, deaf)


def _check_tracks(brace: Brace, view: SetView) -> None:
    names = {track.index: track.name for track in view.tracks}
    for clip in brace.clips:
        other = names.get(clip.track, "not there")
        if _letters(other) != _letters(clip.track_name):
            both = f"'{clip.track_name}' by the device and '{other}' by AbletonOSC"
            raise LiveError(f"track {clip.track + 1} is {both}; tracks were moved meanwhile, try again")


def _letters(name: str) -> str:
    """A name without spaces and signs: Max may hand it over in pieces or between quotes."""
    return "".join(filter(str.isalnum, name))


def _sounding(how: str, heard: list[Source], cure: str) -> tuple[dict[str, Source], tuple[str, ...]]:
    """The sources of notes by name, and the names of tracks that hold sound.

    Raises:
        BriefError: there are no notes.
    """
    deaf = tuple(source.track.name for source in heard if not source.clip.is_midi)
    sources = _named([source for source in heard if source.clip.is_midi])
    if not any(source.clip.notes for source in sources.values()):
        what = f"holds sound alone ({', '.join(deaf)})" if deaf and not sources else "has no clip with notes"
        cures = f"render its notes with 'bandmate hear SOUND', or {cure}"
        raise BriefError(f"{how} {what}, so there is nothing to go by; {cures}")
    return sources, deaf


def _slots(client: LiveClient, view: SetView, scene: str | None) -> tuple[list[tuple[TrackView, int]], int, str]:
    if scene is None:
        playing = [(track, track.playing) for track in view.tracks if track.playing in track.slots]
        held = [(track, at) for track, at in playing if at is not None and not track.is_group]
        if held:
            often = Counter(at for _, at in held)
            place = min(often, key=lambda at: (-often[at], at))
            return held, place, f"what is playing, mostly {scene_words(view, place)}"
    place = (
        find_scene(view, scene)
        if scene is not None
        else int(number(value_in(client.ask("/live/view/get/selected_scene"))))
    )
    if not 0 <= place < len(view.scenes):
        raise LiveError("no scene is selected in Live; choose one with --scene")
    how = scene_words(view, place) + ("" if scene is not None else ", which is selected, since nothing is playing")
    return [(track, place) for track, _ in view.clips_of(place) if not track.is_group], place, how


def _named(sources: list[Source]) -> dict[str, Source]:
    """The sources by unlike names: two tracks called Keys are `Keys` and `Keys (2)`."""
    named: dict[str, Source] = {}
    for source in sources:
        plain = " ".join(source.track.name.replace(",", " ").split())  # a comma stands between names that are asked for
        name = plain or f"track {source.track.index + 1}"
        others = (f"{name} ({count})" for count in itertools.count(2))
        named[name if name not in named else next(other for other in others if other not in named)] = source
    return named


def heard_tracks(heard: Heard, text: str) -> str:
    """Names, roles and numbers of tracks as the set counts them, as names and roles of what was heard.

    Raises:
        BriefError: one of them was not heard; the message says which were.
    """
    words = [word.strip() for word in text.split(",") if word.strip()]
    return ",".join(_heard_track(heard, word) for word in words) or text


def _heard_track(heard: Heard, word: str) -> str:
    low = word.casefold()
    names = [name.casefold() for name in heard.sources]
    if low in names or (not word.isdecimal() and (low in ROLES or any(low in name for name in names))):
        return word
    numbers = {str(source.track.index + 1): name for name, source in heard.sources.items()}
    if word in numbers:
        return numbers[word]
    close = difflib.get_close_matches(word, heard.sources, n=1)
    cure = f"did you mean '{close[0]}'? Heard" if close else "heard"
    listed = ", ".join(f"{number} {name}" for number, name in numbers.items())
    raise BriefError(f"track '{word[:40]}' is none of those that were heard; {cure} were {listed}")


def _bars(view: SetView, longest: float, what: str) -> float:
    """So many whole bars as hold a stretch, in quarter notes."""
    bar = view.bar_quarters
    bars = max(1, math.ceil(longest / bar - EXACT))
    if bars > BARS.high:
        raise BriefError(f"{what} is {bars:,} bars long; make it shorter, at most {BARS.high:,} bars are heard")
    return bar * bars


def _score(view: SetView, title: str, sources: Mapping[str, Source], quarters: float) -> Score:
    parts = [
        Part(name, list(_loop(name, source.clip).played(quarters)), source.track.program, source.track.is_drum)
        for name, source in sources.items()
    ]
    piece = Piece(title, parts, ((0.0, view.tempo),), ((0.0, view.meter),), key=view.key)
    score = piece.score()
    return replace(score, end_ticks=round(quarters * score.ticks_per_quarter))


def _loop(name: str, clip: ClipView) -> Loop:
    notes = [
        Note(note.start, note.length, note.pitch, max(1, min(127, round(note.velocity))), 64)
        for note in clip.notes if not note.muted
    ]  # fmt: skip
    offset = max(0.0, clip.start_marker - clip.loop_start) if clip.looping else 0.0
    start = clip.loop_start if clip.looping else min(clip.loop_start, clip.start_marker)
    return Loop(notes, start, clip.loop_end, offset, clip.looping, name)
