"""listen: a page on which people judge takes blind, and what their answers say.

The page is one HTML file that opens no connection. Which set a take comes from stands in it only encoded, for the CSV;
that keeps a listener blind, not a person who wants to look.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import random
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.resources import files
from itertools import combinations
from pathlib import Path
from typing import Any

from bandmate.errors import BandmateError, LibraryError, UserError
from bandmate.evaluation.listening import (
    COLUMNS,
    LEAST_LISTENED_SEC,
    QUESTIONS,
    Listening,
    read_answers,
    summarise,
)
from bandmate.io.atomic import write_text_atomic
from bandmate.limits import LISTEN_SECONDS, SEED
from bandmate.workflows.jobs import Job, Listener
from bandmate.workflows.listen_takes import Candidate, Heard, find_takes, hear
from bandmate.workflows.places import check_free

MODES = ("both", "ratings", "pairs")
TIRING_MINUTES = 40
_ANSWER_SEC, _CHOICE_SEC = 25, 8  # about what people need beside hearing a take once
_PLACE = re.compile(r"\{\{(\w+)\}\}")


@dataclass(frozen=True, slots=True)
class ListenResult:
    """The page that was written.

    Attributes:
        page: the file; megabytes: its size.
        takes, pairs: how many are rated and compared; sets: names of the sub-folders, empty if there are none.
        left_out: one sentence for each take that cannot be heard.
        lufs: loudness of the softest and the loudest take.
        cut: how many takes are longer than what is heard of them.
        minutes: about how long a listener needs.
    """

    page: Path
    megabytes: float
    takes: int
    pairs: int
    sets: tuple[str, ...]
    left_out: tuple[str, ...]
    lufs: tuple[float, float]
    cut: int
    minutes: int

    def to_json(self) -> dict[str, Any]:
        """Plain data for the command line."""
        return {**asdict(self), "page": str(self.page.resolve())}


def listen(
    folder: str | Path,
    out: str | Path | None = None,
    *,
    seconds: float = 30.0,
    mode: str = "both",
    seed: int = 0,
    title: str = "Listening",
    overwrite: bool = False,
    listener: Listener | None = None,
) -> ListenResult:
    """Write a page on which people hear the takes of a folder blind, in random order, and judge them.

    Args:
        folder: holds takes (folders with `mix.wav` or MIDI), sound or MIDI files; sub-folders that are no takes are
            sets, and what is compared comes from different ones.
        out: the page; None = `listen.html` in the working folder.
        seconds: how much of a take is heard at most.
        mode: one of MODES: "ratings" of each take, "pairs" to choose from, or both.
        seed: of the order, with the name of the listener, and of which takes make a pair.
        title: of the page; listeners see it.
        overwrite: whether a page of that name may be replaced.
        listener: gets events ("progress", "notice") as dictionaries.

    Raises:
        LibraryError: the folder holds nothing that can be heard, or too little for pairs; the message says the cure.
        BriefError: a number is out of range. UserError: no such mode. OutputError: the page cannot be written.

    >>> import bandmate  # doctest: +SKIP
    >>> bandmate.listen("takes", "listen.html", seconds=20).page  # doctest: +SKIP
    """
    LISTEN_SECONDS.check(seconds)
    SEED.check(seed)
    if mode not in MODES:
        raise UserError(f"mode '{mode}' is not known; choose one of {', '.join(MODES)}")
    place = _html_path(out)
    check_free(place, overwrite=overwrite)
    job = Job(listener, {"listening": 1.0})
    found, heard, left_out = _hear_all(find_takes(Path(folder).expanduser()), seconds, job)
    if not found:
        raise LibraryError(f"{folder} holds nothing that can be played: {left_out[0]}")
    pairs = [] if mode == "ratings" else choose_pairs(found, seed)
    if mode == "pairs" and not pairs:
        raise LibraryError(f"{folder} holds one take alone, and A/B needs two; add another, or ask for --ratings")
    ratings = [] if mode == "pairs" else list(range(len(found)))
    minutes = _minutes(heard, ratings, pairs)
    data = _data(found, heard, ratings, pairs, seed, minutes)
    write_text_atomic(place, page(data, heard, title))
    result = ListenResult(
        place, place.stat().st_size / 1e6, len(ratings), len(pairs), tuple(sorted({t.set for t in found} - {""})),
        tuple(left_out), (min(h.lufs for h in heard), max(h.lufs for h in heard)), sum(h.cut for h in heard), minutes,
    )  # fmt: skip
    _advise(result, seconds, mode, job)
    return result


def listen_results(paths: Sequence[str | Path]) -> Listening:
    """What the answers say that listeners saved: means by set with 95 % intervals, and A/B win rates.

    Args:
        paths: CSV files; a pattern such as `answers*.csv` stands for all files that it fits.

    Raises:
        FileFormatError: a file is missing or is no such CSV; the message names it and the line.
    """
    return summarise(read_answers(each for path in paths for each in _matching(Path(path))))


def _matching(path: Path) -> list[Path]:
    # A shell that does not expand patterns hands them over as they are; a file of that very name comes first.
    if path.exists() or not re.search(r"[*?\[]", path.name):
        return [path]
    return sorted(path.parent.glob(path.name)) or [path]


def _html_path(out: str | Path | None) -> Path:
    path = Path(out).expanduser() if out is not None else Path("listen.html")
    if path.is_dir():
        return path / "listen.html"
    return path if path.suffix.lower() in (".html", ".htm") else path.with_name(f"{path.name}.html")


def _hear_all(takes: list[Candidate], seconds: float, job: Job) -> tuple[list[Candidate], list[Heard], list[str]]:
    """The takes that can be heard, how they sound, and a sentence for each other one."""
    found, heard, left_out = [], [], []
    for number, take in enumerate(takes, 1):
        try:
            heard.append(hear(take.path, seconds))
            found.append(take)
        except BandmateError as error:
            left_out.append(str(error))
        job.progress("listening", number / len(takes))
    return found, heard, left_out


def choose_pairs(takes: Sequence[Candidate], seed: int) -> list[tuple[int, int]]:
    """Which takes are compared.

    With sets, takes of two sets that have the same name meet (they come from the same words), the others by chance,
    each once for each pair of sets. Without sets, each take meets one other by chance.

    Args:
        takes: all that can be heard.
        seed: of the chance.

    Returns:
        Places in `takes`; which of the two is A is decided for each listener.
    """
    rng = random.Random(f"pairs {seed}")
    sets: dict[str, list[int]] = {}
    for index, take in enumerate(takes):
        sets.setdefault(take.set, []).append(index)
    if len(sets) == 1:
        order = rng.sample(range(len(takes)), len(takes))
        if len(order) % 2 and len(order) > 1:
            order.append(order[0])
        return list(zip(order[::2], order[1::2], strict=False))
    pairs = []
    for first, second in combinations(sets.values(), 2):
        names = {takes[index].inner: index for index in second}
        same = [(index, names[takes[index].inner]) for index in first if takes[index].inner in names]
        used = {index for pair in same for index in pair}
        rest = [
            rng.sample(left, len(left)) for left in ([i for i in side if i not in used] for side in (first, second))
        ]
        pairs += [*same, *zip(*rest, strict=False)]
    return pairs


def _minutes(heard: list[Heard], ratings: list[int], pairs: list[tuple[int, int]]) -> int:
    rated = sum(heard[index].seconds + _ANSWER_SEC for index in ratings)
    compared = sum(heard[a].seconds + heard[b].seconds + _CHOICE_SEC for a, b in pairs)
    return max(1, round((rated + compared) / 60))


def _advise(result: ListenResult, seconds: float, mode: str, job: Job) -> None:
    for sentence in result.left_out:
        job.tell("notice", text=f"left out: {sentence}")
    if mode == "both" and not result.pairs:
        job.tell("notice", text="there is one take alone, so nothing is compared; it is only rated")
    if result.cut:
        job.tell("notice", text=f"{result.cut} of the takes are longer than {seconds:g} seconds and are faded out, so "
                 "their endings are not judged; give more --seconds to hear them")  # fmt: skip
    if result.minutes > TIRING_MINUTES:
        job.tell("notice", text=f"a listener needs about {result.minutes} minutes, and ears tire after "
                 f"{TIRING_MINUTES}; give fewer takes, fewer --seconds, or only --pairs")  # fmt: skip


def _data(
    takes: list[Candidate],
    heard: list[Heard],
    ratings: list[int],
    pairs: list[tuple[int, int]],
    seed: int,
    minutes: int,
) -> dict[str, Any]:
    """Everything the page's script knows but the sounds."""
    rows = [
        {"key": _encoded([take.name, take.set]), "type": sound.sound.media_type, "seconds": round(sound.seconds, 2)}
        for take, sound in zip(takes, heard, strict=True)
    ]
    data = {
        "seed": str(seed), "takes": rows, "ratings": ratings, "pairs": [list(pair) for pair in pairs],
        "minutes": minutes, "questions": [asdict(question) for question in QUESTIONS], "columns": list(COLUMNS),
        "least": LEAST_LISTENED_SEC,
    }  # fmt: skip
    # Answers are kept under the hash of everything that is asked and heard: another page never finds them.
    content = hashlib.sha256(json.dumps(data, sort_keys=True).encode())
    for sound in heard:
        content.update(sound.sound.data)
    return {"page": content.hexdigest()[:16], **data}


def _encoded(value: Any) -> str:
    return base64.b64encode(json.dumps(value, ensure_ascii=False).encode()).decode()


def page(data: dict[str, Any], heard: Sequence[Heard], title: str) -> str:
    """The whole page as text, from the parts in bandmate.data.pages."""
    parts = files("bandmate.data").joinpath("pages")
    sounds = (
        f'<script type="text/plain" id="sound-{number}">{base64.b64encode(sound.sound.data).decode()}</script>'
        for number, sound in enumerate(heard)
    )
    values = {
        "title": html.escape(" ".join(title.split())[:120] or "Listening"),
        "style": parts.joinpath("listen.css").read_text(encoding="utf-8"),
        "script": parts.joinpath("listen.js").read_text(encoding="utf-8"),
        "data": json.dumps(data, ensure_ascii=True).replace("<", "\\u003c"),
        "sounds": "\n".join(sounds),
    }
    template = parts.joinpath("listen.html").read_text(encoding="utf-8")
    # subtle: one pass, so that a title or a script that holds such a mark is not filled in itself
    return _PLACE.sub(lambda mark: values[mark[1]], template)
