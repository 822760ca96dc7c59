"""Jobs: progress adds up, the first note is told once, nobody has to listen."""

from __future__ import annotations

from bandmate.workflows.jobs import Job


def test_stages_count_by_their_weight() -> None:
    events = []
    job = Job(events.append, {"writing": 1, "rendering": 3})
    job.progress("writing", 1.0)
    assert job.done == 0.25
    job.progress("rendering", 0.5)
    assert job.done == 0.625
    job.progress("rendering", 2.0)
    assert job.done == 1.0
    assert [event["done"] for event in events] == [0.25, 0.625, 1.0]
    assert events[-1]["seconds_left"] == 0.0


def test_no_time_is_guessed_from_nothing() -> None:
    job = Job(weights={"a": 1})
    assert job.seconds_left is None
    assert Job().done == 0.0


def test_the_first_note_is_told_once() -> None:
    events = []
    job = Job(events.append)
    job.first_note()
    job.first_note()
    assert [event["event"] for event in events] == ["first_note"]
