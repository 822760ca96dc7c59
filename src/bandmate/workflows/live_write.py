"""Writing into the open set: a place for each part, its clip, and the proof that every note is there.

A slot that holds a clip is left as it is unless it was said that it may be replaced; its notes are then kept in the
journal. Where something goes wrong, the message says what is in the set by then and how to write the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bandmate.counts import counted
from bandmate.errors import LiveError
from bandmate.io.live.client import LiveClient
from bandmate.io.live.clips import make_clip, make_scene, make_track, read_clip, set_clip
from bandmate.io.live.notes import LiveNote, place_of, read_notes, write_notes
from bandmate.io.live.view import SetView, TrackView, number, value_in
from bandmate.io.sounds_named import named_sound
from bandmate.score.model import Track
from bandmate.workflows import live_journal as journal
from bandmate.workflows.jobs import Job, Listener


@dataclass(frozen=True, slots=True)
class Written:
    """A clip that is in Live now: track and scene from 1, their names, the clip's, and how many notes it holds.

    `quarters` is how long it is, `before_quarters` how long it was if it was replaced, else 0.
    """

    track: int
    track_name: str
    scene: int
    clip: str
    notes: int
    quarters: float
    made_track: bool
    replaced: bool
    before_quarters: float = 0.0

    @property
    def words(self) -> str:
        """One line for a person."""
        how = "replaced" if self.replaced else "on a new track" if self.made_track else "new"
        if self.replaced and abs(self.quarters - self.before_quarters) > 0.01:
            how += f", {self.before_quarters:g} quarters are {self.quarters:g} now"
        place = f"track {self.track} '{self.track_name}', scene {self.scene}"
        return f"{place}: '{self.clip}', {counted(self.notes, 'note')}, {how}; read again and right"


@dataclass(frozen=True, slots=True)
class ClipJob:
    """One clip to be written: notes from 0, where it goes (None = still to be found), and its name."""

    part: Track
    notes: tuple[LiveNote, ...]
    quarters: float
    slot: tuple[int, int] | None


def write_jobs(
    client: LiveClient, view: SetView, jobs: Sequence[ClipJob], name: str, scene: int | None, take: Path,
    heard: set[tuple[int, int]], listener: Listener | None = None,
) -> tuple[Written, ...]:  # fmt: skip
    """Write clips one after the other; each is read again.

    The listener hears of progress between two clips alone, so that one who stops there leaves no half of a clip.

    Raises:
        LiveError: Live went away, refused or was changed; the message says what is in the set by now.
    """
    done: list[Written] = []
    told = Job(listener, {"writing": 1.0})
    used = {track for track, _ in heard}
    told.progress("writing", 0.0)
    try:
        if scene is None:
            scene = make_scene(client, name)
        for job in jobs:
            told.progress("writing", len(done) / len(jobs))
            done.append(_write(client, view, job, name, scene, take, used))
    except LiveError as error:
        by_now = "; ".join(clip.words for clip in done) or "no clip was finished"
        raise LiveError(f"{error}. By then: {by_now}. All of it is in {take}; write it again with: "
                        f"bandmate live-set put \"{take}\"") from error  # fmt: skip
    return tuple(done)


def _write(
    client: LiveClient, view: SetView, job: ClipJob, name: str, scene: int, take: Path, used: set[int]
) -> Written:  # fmt: skip
    if job.slot is not None and job.slot[1] >= 0:
        return _replace(client, view, job, job.slot, take)
    known = view.tracks[job.slot[0]] if job.slot is not None else _free_track(view, job.part, scene, used)
    track = make_track(client, _track_name(job.part)) if known is None else known.index
    label = _track_name(job.part) if known is None else known.name
    used.add(track)
    if known is not None:
        _check_track(client, known)
    make_clip(client, track, scene, job.quarters, name)
    entry = journal.begun(track=track + 1, scene=scene + 1, track_name=label, clip=name, notes=len(job.notes),
                          quarters=job.quarters, take=str(take))  # fmt: skip
    _fill(client, job, (track, scene), 0.0, entry)
    return Written(track + 1, label, scene + 1, name, len(job.notes), job.quarters, known is None, False)


def _replace(client: LiveClient, view: SetView, job: ClipJob, slot: tuple[int, int], take: Path) -> Written:
    """New notes into a clip of the user's; its name, colour, sound and envelopes stay."""
    track, scene = slot
    known = view.tracks[track]
    _check_track(client, known)
    clip = read_clip(client, track, scene)
    if not clip.is_midi:
        raise LiveError(f"{place_of(track, scene)} holds sound by now; it was left as it is")
    start = clip.loop_start
    before = read_notes(client, track, scene, start, start + job.quarters)
    label = known.slots[scene].name
    entry = journal.begun(track=track + 1, scene=scene + 1, track_name=known.name, clip=label, notes=len(job.notes),
                          quarters=job.quarters, take=str(take), before=tuple(map(list, before)))  # fmt: skip
    _fill(client, job, slot, start, entry)
    set_clip(client, track, scene, "loop_end", start + job.quarters)
    if abs(clip.start_marker - start) > 1e-3:
        set_clip(client, track, scene, "start_marker", start)
    return Written(track + 1, known.name, scene + 1, label, len(job.notes), job.quarters, False, True,
                   clip.loop_end - clip.loop_start)  # fmt: skip


def _fill(client: LiveClient, job: ClipJob, slot: tuple[int, int], at: float, entry: journal.Entry) -> None:
    right = [0]

    def on_page(count: int) -> None:
        right[0] = count

    try:
        write_notes(client, *slot, job.notes, job.quarters, at=at, on_page=on_page)
    except BaseException as error:
        journal.ended(entry, journal.BROKEN)
        if isinstance(error, LiveError):
            share = f"{right[0]} of {counted(len(job.notes), 'note')} of '{entry.clip}'"
            raise LiveError(f"{error}; {share} were known to be in Live, the rest may be") from error
        raise
    journal.ended(entry, journal.WRITTEN)


def _check_track(client: LiveClient, known: TrackView) -> None:
    """See that a track is where it was: somebody may have moved or deleted one."""
    now = str(value_in(client.ask("/live/track/get/name", known.index)))
    if now != known.name:
        moved = f"track {known.index + 1} was '{known.name}' and is '{now}' now"
        raise LiveError(f"{moved}; tracks were moved or renamed meanwhile, so nothing was written there")


def _free_track(view: SetView, part: Track, scene: int, used: set[int]) -> TrackView | None:
    """A track of the set that means a part, and whose slot is empty; None if there is none."""
    free = [t for t in view.tracks if t.takes_notes and scene not in t.slots and t.index not in used]
    name = part.name.strip().casefold()
    exact = [track for track in free if name and track.name.strip().casefold() == name]
    if exact:
        return exact[0]
    if part.is_drum:
        return next((track for track in free if track.is_drum), None)
    role = part.role.casefold()
    return next((track for track in free if role and role in track.name.casefold() and not track.is_drum), None)


def _track_name(part: Track) -> str:
    """What a new track is called: as its part, so that it is found again."""
    name = part.name.strip() or part.role or "Bandmate"
    return f"{name} drums" if part.is_drum and not named_sound(name)[1] else name


def surplus(client: LiveClient, view: SetView, clips: Sequence[Written], made_scene: bool) -> str:
    """What a late order left in the set: tracks or scenes that nobody needs."""
    wanted = {
        "tracks": len(view.tracks) + sum(clip.made_track for clip in clips),
        "scenes": len(view.scenes) + made_scene,
    }
    there = {what: int(number(value_in(client.ask(f"/live/song/get/num_{what}")))) for what in wanted}
    more = [f"{there[what] - count} {what}" for what, count in wanted.items() if there[what] > count]
    return (
        f"{' and '.join(more)} more than were needed came up, since an order was late; they are empty" if more else ""
    )
