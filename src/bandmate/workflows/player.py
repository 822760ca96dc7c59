"""An audio player for notebooks: the first seconds of a piece, as sound inside the page."""

from __future__ import annotations

import base64
import html
import tempfile
from dataclasses import dataclass
from pathlib import Path

from bandmate.audio.compress import Compressed
from bandmate.errors import ScoreError
from bandmate.limits import PLAYER_SECONDS
from bandmate.score.model import Score
from bandmate.workflows.listen_takes import hear
from bandmate.workflows.take import Take

_KBPS = 128  # 16 kB a second, a third more as text in the page


@dataclass(frozen=True, slots=True)
class Player:
    """Sound that a notebook shows as a player; nothing is fetched, it is all inside.

    Attributes:
        sound: compressed; seconds: how long.
        cut: whether the piece goes on after it.
        title: what is written beside the player.
    """

    sound: Compressed
    seconds: float
    cut: bool
    title: str = ""

    def _repr_html_(self) -> str:
        data = base64.b64encode(self.sound.data).decode("ascii")
        said = [html.escape(self.title)] if self.title else []
        said += [f"the first {self.seconds:.0f} seconds"] if self.cut else []
        return (
            f'<audio controls src="data:{self.sound.media_type};base64,{data}"></audio>'
            f"<div>{', '.join(said)}</div>"
        )  # fmt: skip


def player(source: Score | Take | str | Path, seconds: float = 30.0) -> Player:
    """Render the first seconds of a piece, at -14 LUFS, for a notebook to play.

    Args:
        source: a score, a take (its mix if it has one) or a file of music or sound.
        seconds: how much of it at most, 1 to 120.

    Raises:
        BriefError: seconds out of range. ScoreError: there are no notes. FileFormatError, UserError: it cannot be read
        or rendered, or is silent.
    """
    PLAYER_SECONDS.check(seconds)
    if isinstance(source, Take):
        return (
            _file(source.mix, seconds, source.name)
            if source.mix.is_file()
            else _score(source.score, seconds, source.name)
        )
    if isinstance(source, Score):
        return _score(source, seconds, source.title)
    return _file(Path(source).expanduser(), seconds, Path(source).stem)


def _file(path: Path, seconds: float, title: str) -> Player:
    heard = hear(path, seconds, _KBPS)
    return Player(heard.sound, heard.seconds, heard.cut, title)


def _score(score: Score, seconds: float, title: str) -> Player:
    if not score.note_count:
        raise ScoreError("there is nothing to play: the score has no notes")
    with tempfile.TemporaryDirectory(prefix="bandmate-player-") as place:
        return _file(score.write(Path(place) / "score.mid"), seconds, title)
