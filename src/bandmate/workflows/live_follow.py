"""Follow Live: its beat, tempo and meter as they come, whatever gets lost on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from bandmate.io.live.client import LiveClient, Question
from bandmate.io.live.view import bar_quarters, number, value_in
from bandmate.io.osc import OscMessage

_LOOK_SEC = 2.0  # between two looks at tempo, meter and whether Live plays; a listener may have been lost
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
