"""Ray: the readers of files as actors on all machines of a cluster. The one place that imports ray, the extra `ray`.

Each actor holds a worker process of `library.pool`, so a file that crashes or hangs ends as it does on one machine; an
actor whose machine goes is started on another, with its file. Every machine must see the folder under the same path.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator
from typing import Any

from bandmate.errors import MissingExtra, UserError
from bandmate.library.pool import Done, Worker

_TRIES = 3  # of one file, on actors whose machines go


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
        try:
            ray.init(address=os.environ.get("RAY_ADDRESS", "auto"), log_to_driver=False, configure_logging=False)
        except (ConnectionError, RuntimeError, ValueError) as error:
            raise UserError(
                "no Ray cluster is reachable from here; start one with: ray start --head, name one in RAY_ADDRESS,"
                " or leave --executor ray out"
            ) from error
    return ray


class _Reader:
    """An actor: one worker process on some machine."""

    def __init__(self) -> None:
        self.worker = Worker()

    def ask(self, task: dict[str, Any], limit_sec: float) -> dict[str, Any]:
        """The answer to one task, with the machine that gave it."""
        import ray

        return {**self.worker.ask(task, limit_sec), "machine": ray.get_runtime_context().get_node_id()}


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
        UserError: no cluster is reachable.
        InternalError: no worker can be started at all.
    """
    ray = _connected()
    count = workers or max(1, int(ray.cluster_resources().get("CPU", 1)))
    reader = ray.remote(num_cpus=1, max_restarts=-1, max_task_retries=_TRIES)(_Reader)
    actors = [reader.remote() for _ in range(count)]
    idle, asked = deque(actors), {}
    try:
        for key, task in tasks:
            if not idle:
                yield _one_done(ray, asked, idle)
            actor = idle.popleft()
            asked[actor.ask.remote(task, limit_sec)] = (key, actor)
        while asked:
            yield _one_done(ray, asked, idle)
    finally:
        for actor in actors:
            ray.kill(actor)


def _one_done(ray: Any, asked: dict[Any, tuple[Any, Any]], idle: deque[Any]) -> Done:
    (ended, *_), _ = ray.wait(list(asked), num_returns=1)
    key, actor = asked.pop(ended)
    idle.append(actor)
    try:
        return Done(key, ray.get(ended))
    except ray.exceptions.RayTaskError as error:
        raise error.cause from error
    except ray.exceptions.RayError as error:
        detail = f"its machine went {_TRIES + 1} times while it was read: {type(error).__name__}"
        return Done(key, {"state": "left out", "columns": {"reason": "crashed", "detail": detail}})
