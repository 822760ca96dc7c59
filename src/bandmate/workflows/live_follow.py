"""Follow Live: its beat, tempo and meter as they come, whatever gets lost on the way; or look once where it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from bandmate.io.live.client import LiveClient, Question
from bandmate.io.live.view import SetView, TrackView, bar_quarters, number, value_in, view_set
from bandmate.io.osc import OscMessage
from bandmate.limits import FOLLOW_SECONDS
from bandmate.workflows.jobs import Listener
from bandmate.workflows.live_hear import scene_words

_LOOK_SEC = 2.0  # between two looks at tempo, meter and whether Live plays; a listener may have been lost
_TELL_SEC = 0.5  # between two reports of progress
_LATE = 0.5  # of a beat: an earlier beat that comes so soon after a later one was late on its way
_BEAT, _TEMPO = "/live/song/get/beat", "/live/song/get/tempo"
_LISTENED = ("beat", "tempo")


@dataclass(frozen=True, slots=True)
class Moment:
    """Where Live is.

    Attributes:
        quarter: quarter notes since the start of the song; None before the first beat was heard.
        tempo: quarter notes a minute; meter: in force; playing: whether Live plays.
        time_sec: when this was heard, by the link's clock.
        what: what has changed: "beat", "tempo", "meter", "play" or "stop".
    """

    quarter: int | None
    tempo: float
    meter: tuple[int, int]
    playing: bool
    time_sec: float
    what: str

    @property
    def bar(self) -> int:
        """The bar, from 1, if the meter has been the same all the time."""
        return int((self.quarter or 0) // bar_quarters(self.meter)) + 1

    @property
    def beat(self) -> int:
        """The beat of the bar, from 1, counted in the meter's own notes."""
        return int((self.quarter or 0) % bar_quarters(self.meter) * self.meter[1] / 4) + 1

    @property
    def words(self) -> str:
        """One line for a person."""
        if self.what == "beat":
            return f"bar {self.bar}, beat {self.beat}"
        return {"tempo": f"tempo {self.tempo:g} BPM", "meter": f"meter {self.meter[0]}/{self.meter[1]}",
                "play": "Live plays", "stop": "Live stands still"}[self.what]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Followed:
    """What was followed: the bars that began, in order, and the set and the place in it at the end."""

    bars: tuple[int, ...]
    view: SetView
    now: Moment

    @property
    def words(self) -> str:
        """Where Live is, for a person."""
        plays = f"plays, bar {self.now.bar}, beat {self.now.beat}" if self.now.playing else "stands still"
        clips = [
            f"'{track.slots[at].name}' on {track.name} ({scene_words(self.view, at)})" for track, at in self._clips
        ]
        beat = f"{self.now.tempo:g} BPM, {self.now.meter[0]}/{self.now.meter[1]}"
        return f"Live {plays} at {beat}; {', '.join(clips) or 'no clip'} playing"

    @property
    def _clips(self) -> list[tuple[TrackView, int]]:
        tracks = [track for track in self.view.tracks if track.playing in track.slots and not track.is_group]
        return [(track, at) for track in tracks if (at := track.playing) is not None]

    def to_json(self) -> dict[str, Any]:
        """Plain data, tracks and scenes counted from 1."""
        now = self.now
        clips = [{"track": t.index + 1, "name": t.name, "scene": at + 1, "clip": t.slots[at].name}
                 for t, at in self._clips]  # fmt: skip
        place = {"bar": now.bar, "beat": now.beat} if now.quarter is not None else {}
        beat = {"tempo": now.tempo, "meter": list(now.meter), "playing": now.playing, **place}
        return {"bars": list(self.bars), "now": {**beat, "clips": clips}}


def follow_for(
    client: LiveClient, *, bars: int | None = None, seconds: float | None = None,
    say: Callable[[str], None] = lambda words: None, listener: Listener | None = None,
) -> Followed:  # fmt: skip
    """Follow for so many bars or seconds, whichever is over first; without either until interrupted.

    Args:
        client: speaks with Live.
        bars: how many, None = any number.
        seconds: how long, 0 = only look where Live is; None = without end.
        say: gets every beat and change in words.
        listener: gets progress; who raises there ends it.

    Raises:
        BriefError: seconds out of range. LiveError: Live does not answer any more.
    """
    seen: list[int] = []
    if seconds is not None:
        FOLLOW_SECONDS.check(seconds)
    began, told = client.link.now(), [0.0]

    def go_on() -> bool:
        passed = client.link.now() - began
        shares = [passed / seconds] if seconds else []
        shares += [(len(seen) - 1) / bars] if bars and seen else []
        if listener is not None and shares and passed >= told[0] + _TELL_SEC:
            told[0] = passed
            listener({"event": "progress", "stage": "following", "done": min(1.0, max(shares))})
        return seconds is None or passed < seconds

    for moment in follow(client, go_on) if seconds != 0 else ():
        if moment.what == "beat" and (not seen or seen[-1] != moment.bar):
            seen.append(moment.bar)
            if bars is not None and len(seen) > bars:
                break
        say(moment.words)
    return Followed(tuple(seen[:bars]), view_set(client), _stand(client))


def _stand(client: LiveClient) -> Moment:
    """Where Live is now."""
    seen = _look(client)
    at = number(value_in(client.ask("/live/song/get/current_song_time")))
    return replace(seen, quarter=max(0, int(at)))


def follow(client: LiveClient, go_on: Callable[[], bool] = lambda: True) -> Iterator[Moment]:
    """Beats and changes as they are heard, for as long as `go_on` says so; asked after every one of them.

    Raises:
        LiveSilent: Live does not answer any more.
    """
    now = _look(client)
    _listen(client)
    waiting: list[OscMessage] = []
    client.heard = waiting.append
    yield replace(now, what="tempo")
    yield replace(now, what="meter")
    yield replace(now, what="play" if now.playing else "stop")
    look_at = client.link.now() + _LOOK_SEC
    try:
        while go_on():
            if client.link.now() >= look_at:
                seen = replace(_look(client), quarter=now.quarter)
                for what in _differing(now, seen):
                    yield replace(seen, what=what)
                if seen.playing and client.link.now() - now.time_sec > max(_LOOK_SEC, 120 / seen.tempo):
                    _listen(client)  # no beat for long though it plays: the order to send them was lost
                now = replace(seen, time_sec=now.time_sec)
                look_at = client.link.now() + _LOOK_SEC
            message = waiting.pop(0) if waiting else client.listen(0.05)
            moment = None if message is None else _moment(now, message, client.link.now())
            if moment is not None:
                now = moment
                yield moment
    finally:
        client.heard = lambda message: None
        for name in _LISTENED * 2:
            client.tell(f"/live/song/stop_listen/{name}")


def _listen(client: LiveClient) -> None:
    for name in _LISTENED:
        client.tell(f"/live/song/start_listen/{name}")


def _look(client: LiveClient) -> Moment:
    names = ("tempo", "signature_numerator", "signature_denominator", "is_playing")
    asked = [Question(f"/live/song/get/{name}") for name in names]
    said = client.ask_all(asked)
    tempo, above, below, playing = (value_in(said[question.key]) for question in asked)
    meter = (max(1, int(number(above))), max(1, int(number(below))))
    return Moment(None, max(1.0, number(tempo)), meter, bool(playing), client.link.now(), "tempo")


def _differing(old: Moment, new: Moment) -> list[str]:
    tempo = ["tempo"] if abs(old.tempo - new.tempo) > 1e-3 else []
    meter = ["meter"] if old.meter != new.meter else []
    return tempo + meter + ([("play" if new.playing else "stop")] if old.playing != new.playing else [])


def _moment(now: Moment, message: OscMessage, time_sec: float) -> Moment | None:
    """What a message changes; None if it says nothing new or was late."""
    if message.address == _TEMPO and message.arguments:
        tempo = number(message.arguments[0])
        return replace(now, tempo=tempo, what="tempo") if abs(tempo - now.tempo) > 1e-3 and tempo > 0 else None
    if message.address != _BEAT or not message.arguments:
        return None
    quarter = int(number(message.arguments[0]))
    soon = time_sec - now.time_sec < _LATE * 60 / now.tempo
    if now.quarter is not None and quarter <= now.quarter and soon:
        return None
    return replace(now, quarter=quarter, playing=True, time_sec=time_sec, what="beat")
