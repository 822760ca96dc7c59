"""Ray: the readers of files as actors on all machines of a cluster. The one place that imports ray, the extra `ray`.

Each actor holds a worker process of `library.pool`, so a file that crashes or hangs ends as it does on one machine; a
file whose machine goes is read on another. Every machine must see the folder under the same path.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from bandmate.errors import MissingExtra, UserError
from bandmate.library.pool import Done, Worker

CONNECT_SECONDS = 30.0  # until a cluster counts as unreachable
_KNOCK = "import ray, sys; ray.init(address=sys.argv[1], log_to_driver=False, configure_logging=False)"
_LOSSES = 3  # machines that may go while they read one file, until it is held to blame
_LOST = {
    "state": "left out",
    "columns": {"reason": "crashed", "detail": f"{_LOSSES} machines went while they read it"},
}


def _ray() -> Any:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is told to anybody
    try:
        import ray
    except ImportError as error:
        raise MissingExtra("ray", "reading files on a Ray cluster") from error
    return ray


def _connected() -> Any:
    ray = _ray()
    if not ray.is_initialized():
        address = os.environ.get("RAY_ADDRESS", "auto")
        if not _answers(address):
            said = "" if address == "auto" else f" at {address} (RAY_ADDRESS)"
            raise UserError(
                f"no Ray cluster answers{said}; start one with: ray start --head, name one in RAY_ADDRESS, or leave "
                "--executor ray out"
            )
        ray.init(address=address, log_to_driver=False, configure_logging=False)
    return ray


def _answers(address: str) -> bool:
    """Whether a cluster takes connections; found out in a process of its own, since ray may wait for ever."""
    command = [sys.executable, "-c", _KNOCK, address]
    try:
        return subprocess.run(command, timeout=CONNECT_SECONDS, check=False, capture_output=True).returncode == 0
    except subprocess.TimeoutExpired:
        return False


class _Reader:
    """An actor: one worker process on some machine."""

    def __init__(self) -> None:
        self.worker = Worker()

    def ask(self, task: dict[str, Any], limit_sec: float) -> dict[str, Any]:
        """The answer to one task, with the machine that gave it."""
        import ray

        return {**self.worker.ask(task, limit_sec), "machine": ray.get_runtime_context().get_node_id()}


@dataclass(slots=True)
class _Item:
    """A task, and how often a machine went while it was read."""

    key: Any
    task: dict[str, Any]
    losses: int = 0


def run_on_ray(
    tasks: Iterator[tuple[Any, dict[str, Any]]], *, workers: int | None = None, limit_sec: float
) -> Iterator[Done]:
    """Answer tasks on a cluster, in the order they end; one a reader is under way, so memory stays small.

    Args:
        tasks: (key, task for the worker).
        workers: readers in all; None = one for each processor of the cluster.
        limit_sec: longest time for one task.

    Raises:
        MissingExtra: ray is not installed.
        UserError: no cluster answers within CONNECT_SECONDS, or all its machines have gone.
        InternalError: no worker can be started at all.
    """
    ray = _connected()
    reader = ray.remote(num_cpus=1)(_Reader)
    actors = [reader.remote() for _ in range(workers or max(1, int(ray.cluster_resources().get("CPU", 1))))]
    idle, asked = deque(actors), {}
    waiting, again = (_Item(key, task) for key, task in tasks), deque[_Item]()
    try:
        while True:
            while idle and (item := again.popleft() if again else next(waiting, None)):
                actor = idle.popleft()
                asked[actor.ask.remote(item.task, limit_sec)] = (item, actor)
            if not asked:
                break
            (ended, *_), _ = ray.wait(list(asked), num_returns=1)
            item, actor = asked.pop(ended)
            answer = _answer(ray, ended)
            if answer is not None:
                idle.append(actor)
            elif item.losses + 1 < _LOSSES:
                again.append(replace(item, losses=item.losses + 1))
                continue
            yield Done(item.key, answer or _LOST)
        if not idle:
            raise UserError("all machines of the Ray cluster have gone; start it again and run the same command")
    finally:
        for actor in actors:
            ray.kill(actor)


def _answer(ray: Any, ended: Any) -> dict[str, Any] | None:
    """What a reader said; None where it went with its machine."""
    try:
        return ray.get(ended)
    except ray.exceptions.RayActorError:
        return None
    except ray.exceptions.RayTaskError as error:
        raise error.cause from error
