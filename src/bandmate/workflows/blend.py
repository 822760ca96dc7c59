"""Blend: a share of a genre mixed into one of the musician's own models, such as "house:0.3"."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bandmate.analysis.genres import genre
from bandmate.errors import BriefError
from bandmate.library.metadata import genre_words
from bandmate.score.brief import Brief


@dataclass(frozen=True, slots=True)
class Blend:
    """A genre and its share, 0..1."""

    genre: str
    share: float


def read_blend(text: str) -> Blend:
    """Read "house:0.3".

    Raises:
        BriefError: there is no such genre, or the share is no number from 0 to 1.
    """
    name, sign, said = text.rpartition(":")
    try:
        share = float(said) if sign else -1.0
    except ValueError:
        share = -1.0
    if not 0.0 <= share <= 1.0:
        raise BriefError(
            f"blend '{text}' is not understood; write a genre and its share from 0 to 1, such as house:0.3"
        )
    plain = " ".join(name.replace("-", " ").replace("_", " ").casefold().split())
    found = genre_words().get(plain, plain.replace(" ", "_"))
    genre(found)
    return Blend(found, share)


def check_blend(text: str, model: str | None, engine: str) -> None:
    """Find out, before anything is made, whether a blend can be.

    Raises:
        BriefError: it is no blend, there is no model of one's own to blend into, or no style of its library.
        ModelError: a model is missing.
    """
    from bandmate.workflows.models import find_model, model_identity, style_of

    read_blend(text)
    if model is None or find_model(model).shipped:
        raise BriefError(f"blend '{text}' mixes a genre into a model of your own; name one with --model")
    if engine != "rules":
        model_identity()  # the genre comes from the shipped model
        return
    if style_of(model) is None:
        raise BriefError(
            f"model '{model}' holds no style of a library that the rules engine could blend; use another engine"
        )


def toward(asked: Brief, text: str | None) -> Brief:
    """The Brief with a tempo that nobody stated moved by its share to the genre's; the share counts in ratios."""
    if text is None or asked.tempo is None or "tempo" not in asked.guessed:
        return asked
    blend = read_blend(text)
    other = float(genre(blend.genre)["tempo"]["default"])
    return replace(asked, tempo=round(asked.tempo ** (1 - blend.share) * other**blend.share))
