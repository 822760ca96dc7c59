import subprocess
import sys

import pytest

from bandmate.errors import InternalError
from bandmate.library import pool
from bandmate.library.pool import Worker, run_all

ECHO = """
import json, os, sys, time
for line in sys.stdin:
    task = json.loads(line)
    if task["do"] == "crash": os._exit(139)
    if task["do"] == "hang": time.sleep(600)
    if task["do"] == "half": sys.stdout.write("{"); sys.stdout.flush(); os._exit(0)
    print(json.dumps({"state": "taken", "columns": {}, "number": task["number"]}), flush=True)
"""


def answers(monkeypatch, does, *, workers=2, limit_sec=30.0, program=ECHO):
    monkeypatch.setattr(pool, "COMMAND", (sys.executable, "-c", program))
    tasks = ((number, {"do": do, "number": number}) for number, do in enumerate(does))
    return {done.key: done.answer for done in run_all(tasks, workers=workers, limit_sec=limit_sec)}


def test_every_task_is_answered_once(monkeypatch):
    found = answers(monkeypatch, ["read"] * 50, workers=3)
    assert {key: answer["number"] for key, answer in found.items()} == {n: n for n in range(50)}


def test_a_file_that_crashes_its_reader_harms_no_other(monkeypatch):
    found = answers(monkeypatch, ["read", "crash", "read", "half", "read", "read"])
    reasons = {key: answer["columns"].get("reason") for key, answer in found.items()}
    assert reasons == {0: None, 1: "crashed", 2: None, 3: "crashed", 4: None, 5: None}


def test_a_crash_loses_none_of_the_tasks_that_the_reader_held_ahead(monkeypatch):
    found = answers(monkeypatch, ["read"] * 12 + ["crash"] + ["read"] * 12, workers=1)
    assert [key for key, answer in found.items() if answer["columns"]] == [12]
    assert len(found) == 25


def test_a_reader_that_ended_with_a_line_still_to_be_written_is_replaced():
    worker = Worker()
    worker.process = subprocess.Popen((sys.executable, "-c", ""), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    worker.process.wait()
    worker.process.stdin.write(b"a line in the buffer")
    worker.stop()
    assert worker.process is None


def test_tasks_and_answers_larger_than_a_pipe_pass(monkeypatch):
    echo = "import sys\nfor line in sys.stdin: sys.stdout.write(line); sys.stdout.flush()"
    monkeypatch.setattr(pool, "COMMAND", (sys.executable, "-c", echo))
    tasks = ((number, {"number": number, "body": "x" * size}) for number, size in enumerate([9, 300_000, 9] * 6))
    found = {done.key: done.answer["number"] for done in run_all(tasks, workers=1, limit_sec=30.0)}
    assert found == {number: number for number in range(18)}


def test_a_file_that_hangs_is_given_up(monkeypatch):
    monkeypatch.setattr(pool, "START_SECONDS", 1.0)
    found = answers(monkeypatch, ["read", "hang", "read"], workers=1, limit_sec=0.2)
    assert found[1]["columns"]["reason"] == "too slow"
    assert found[2]["state"] == "taken"


def test_readers_that_never_start_are_our_mistake(monkeypatch):
    with pytest.raises(InternalError, match="does not start"):
        answers(monkeypatch, ["read"], program="raise SystemExit(1)")
    monkeypatch.setattr(pool, "COMMAND", ("/no/such/python",))
    with pytest.raises(InternalError):
        list(run_all(iter([(0, {})]), workers=1, limit_sec=1.0))


def test_stopping_early_leaves_no_process(monkeypatch):
    monkeypatch.setattr(pool, "COMMAND", (sys.executable, "-c", ECHO))
    stream = run_all(((n, {"do": "read", "number": n}) for n in range(1000)), workers=2, limit_sec=10)
    next(stream)
    stream.close()  # joins its threads; a process left behind would warn at exit
