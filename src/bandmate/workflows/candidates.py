"""Candidates: for each take a batch is written, mended and measured, and the best one that is unlike the others kept.

What was asked comes first, always: among candidates that meet as many stated demands the report card decides.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from bandmate.score.gestures import at_rest, is_played
from bandmate.score.model import MADE, Score
from bandmate.score.plan import Plan
from bandmate.workflows.audio_controls import loudened
from bandmate.workflows.jobs import Job
from bandmate.workflows.models import copies_in
from bandmate.workflows.report import Report, Shared, bar_ticks, make_report
from bandmate.workflows.request import Draft, Request, given_bars
from bandmate.workflows.taste import Standing, best_first, with_taste
from bandmate.workflows.wishes import firmer, missed, not_reached, wish_rows

REDRAWS = 4
_OPEN_WEIGHT = 0.25  # of demands that nobody stated, beside the card
_STEPS_A_QUARTER = 12


@dataclass(frozen=True, slots=True, eq=False)
class Written:
    """A score before it has files.

    Attributes:
        draft: what it was written for; index: which of its candidates it is.
        score, report: the music, and what was asked beside what was got.
        card: the verdict of the report card, as plain data; repaired: notes that each repair touched.
        asked: how far the stated demands are met, 0..1; quality: by card, facts and demands that nobody stated, 0..1.
        log_likelihood: under the model, None for the rules engine.
    """

    draft: Draft
    index: int
    score: Score
    report: Report
    card: dict[str, Any]
    repaired: dict[str, int]
    asked: float
    quality: float
    log_likelihood: float | None

    @property
    def standing(self) -> Standing:
        """Greater is better: demands, quality, likelihood."""
        return self.asked, self.quality, self.log_likelihood or 0.0


def write_down(request: Request, engine: str, job: Job) -> Iterator[Written]:
    """The takes of a request as scores, one a draft, in their order; nothing is saved."""
    chosen: list[Written] = []
    for number, draft in enumerate(request.drafts):
        best = _best_of(request, draft, engine, job, number, chosen)
        chosen.append(best)
        job.progress("writing", (number + 1) / len(request.drafts))
        yield best


def ranked(takes: Iterator[Written]) -> list[Written]:
    """Best first: demands met, then quality, then likelihood, then the order of the drafts."""
    return best_first(takes, lambda take: take.standing)


def _best_of(request: Request, draft: Draft, engine: str, job: Job, number: int, chosen: Sequence[Written]) -> Written:
    """The best candidate; a whole batch is drawn again, a few times, while its best quotes the model's library.

    What is given is not the model's doing, so takes with given tracks are only reported on. The seeds of a redraw
    follow from those of the draft, so that the same request gives the same takes.
    """
    best = _pick(_measured(request, draft, engine, job, number), chosen)
    if draft.chosen is not None:
        return best
    if request.wishes:
        best = _stepped(request, draft, engine, job, number, chosen, best)
    if request.given is not None:
        return best
    for times in range(1, REDRAWS + 1):
        if not _quotes(best):
            break
        best = _pick(_measured(request, draft.redrawn(times), engine, job, number), chosen)
    return best


def _stepped(
    request: Request, draft: Draft, engine: str, job: Job, number: int, chosen: Sequence[Written], best: Written
) -> Written:
    """The take that goes the asked steps: drawn again, pulled more firmly each time, while the best makes none."""
    plan = draft.plan
    for times in range(1, REDRAWS + 1):
        left = missed(plan, best.score, request.wishes, bar_ticks(plan, best.score))
        if not left:
            return best
        plan = firmer(plan, left)
        found = _measured(request, replace(draft.redrawn(times), plan=plan), engine, job, number)
        best = max(best, _pick(found, chosen), key=lambda take: take.asked)  # of equals the one that was first
    rows = wish_rows(plan, best.score, request.wishes, bar_ticks(plan, best.score))
    if sentence := not_reached(rows, REDRAWS + 1):
        job.tell("notice", text=sentence)
    return best


def _quotes(take: Written) -> bool:
    return any(demand.name == "copied run" and not demand.met for demand in take.report.demands)


def _pick(found: list[Written], chosen: Sequence[Written]) -> Written:
    from bandmate.evaluation.difference import choose, difference

    most = max(each.asked for each in found)
    able = [each for each in found if each.asked == most]
    if len(able) == 1:
        return able[0]
    alike = [max((1 - _or_one(difference(each.score, other.score)) for other in chosen), default=0.0) for each in able]
    # Likelihood only breaks ties: it is high for music that repeats itself.
    quality = [each.quality + 1e-6 * np.tanh(each.log_likelihood or 0.0) for each in able]
    return able[choose(quality, alike)]


def _or_one(value: float) -> float:
    return 1.0 if np.isnan(value) else value


def _as_asked(request: Request, plan: Plan, score: Score, given: Collection[int]) -> float:
    return round(make_report(plan, score, given=given, shared=_shared(request, score)).stated_share, 9)


def _shared(request: Request, score: Score) -> Shared | None:
    """The longest run that the written tracks share with what the model learned from, if copies are banned."""
    limit = request.options.no_copy
    if limit is None:
        return None
    from bandmate.workflows.origin import longest_shared

    written = tuple(track for place, track in enumerate(score.tracks) if place not in request.keep)
    found = longest_shared(replace(score, tracks=written), request.options.model)
    return Shared(limit, found.notes, found.piece) if found else Shared(limit, 0, "")


def _measured(request: Request, draft: Draft, engine: str, job: Job, number: int) -> list[Written]:
    from bandmate.evaluation.quality import verdict
    from bandmate.generation.conform import conform
    from bandmate.generation.repair import repair

    found, kept = [], tuple(request.keep)
    for index, score, log_likelihood in _written(request, draft, engine, job, number):
        job.first_note()
        repaired: dict[str, int] = {}
        if "repair" not in request.options.without:
            mended, counts = repair(score, draft.plan, tuple(request.keep))
            mended = conform(mended, draft.plan, request.keep, given_bars(draft.plan))
            before = _as_asked(request, draft.plan, score, kept)
            if _as_asked(request, draft.plan, mended, kept) >= before:  # no repair costs what was asked
                score, repaired = mended, counts
        score = loudened(score, draft.plan, kept)
        copied = copies_in(request.options.model, score)
        report = make_report(draft.plan, score, request.wishes, copied, kept, _shared(request, score))
        card = verdict(score, draft.plan.genre)
        quality = (1 - _OPEN_WEIGHT) * card.quality + _OPEN_WEIGHT * report.open_share
        if "taste" not in request.options.without:
            quality = with_taste(quality, card.places)
        asked = report.stated_share - (copied is not None and not copied.passed)
        found.append(Written(draft, index, score, report, card.to_json(), repaired, round(asked, 9), quality,
                             log_likelihood))  # fmt: skip
    return found


def _written(
    request: Request, draft: Draft, engine: str, job: Job, number: int
) -> Iterator[tuple[int, Score, float | None]]:
    """The candidates of a draft that are to be looked at: all, or the one that is chosen already."""
    wanted = range(len(draft.seeds)) if draft.chosen is None else (draft.chosen,)
    if engine == "rules":
        from bandmate.generation.conform import conform
        from bandmate.groovebook.perform import perform

        plan, given = _lent(request, draft.plan), _given_rows(request)
        for index in wanted:
            played = conform(perform(plan, draft.seeds[index], given=given), draft.plan)
            yield index, _as_played(_with_given(played, request, draft.plan), request, draft.plan), None
        return
    from bandmate.workflows.sampling import sample_batch

    def progress(share: float) -> None:
        job.progress("writing", (number + share) / len(request.drafts))

    batch = sample_batch(request, draft, engine, progress, job.first_note)
    for index, take in zip(wanted, batch, strict=True):
        yield index, _as_played(take.score, request, draft.plan), take.log_likelihood


def _given_rows(request: Request) -> dict[int, list[Any]]:
    """Kept tracks as the rules engine reads them: on a grid of a twelfth of a quarter."""
    from bandmate.groovebook.stage import Note

    if request.given is None or any(given_bars(draft.plan) for draft in request.drafts):
        return {}
    step = request.given.ticks_per_quarter // _STEPS_A_QUARTER
    rows = {}
    for place, source in request.keep.items():
        notes = request.given.tracks[source].notes
        onset = np.minimum((notes["onset_ticks"] + step // 2) // step * step, request.given.last_ticks - step)
        columns = (onset, notes["duration_ticks"], notes["pitch"], notes["velocity"])
        rows[place] = [Note(*map(int, row)) for row in zip(*columns, strict=True)]
    return rows


def _lent(request: Request, plan: Plan) -> Plan:
    """The plan on the facts of its genre, or on those with the patterns of a learned library."""
    if request.options.model is None:
        return plan
    from bandmate.workflows.models import lent_genre

    return replace(plan, genre=lent_genre(request.options.model, plan.genre, request.options.blend))


def _with_given(score: Score, request: Request, plan: Plan) -> Score:
    if request.given is None or not request.keep:
        return score
    tracks, first = list(score.tracks), given_bars(plan)
    end = score.end_ticks if first is None else first * bar_ticks(plan, score)
    for place, source in request.keep.items():
        after = tracks[place].notes[tracks[place].notes["onset_ticks"] >= end]
        tracks[place] = replace(tracks[place], notes=np.concatenate([request.given.tracks[source].notes, after]))
    return replace(score, tracks=tuple(tracks))


def _as_played(score: Score, request: Request, plan: Plan) -> Score:
    """The score whose given tracks are played as they were: pedal, expression, bends; all at rest where they end."""
    if request.given is None:
        return score
    tracks, first = list(score.tracks), given_bars(plan)
    end = score.end_ticks if first is None else first * bar_ticks(plan, score)
    for place, source in request.keep.items():
        track, channel = tracks[place], tracks[place].channel
        events = request.given.tracks[source].events
        events = events[is_played(events) & (events["ticks"] < end)].copy()
        events = events[np.lexsort((events["order"], events["ticks"]))]
        events["channel"], events["order"] = channel, MADE
        rest = at_rest(events, end if first is not None else max(0, end - 1), channel)
        joined = np.concatenate([track.events, events, rest])
        tracks[place] = replace(track, events=joined[np.argsort(joined["ticks"], kind="stable")])
    return replace(score, tracks=tuple(tracks))
