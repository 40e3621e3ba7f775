"""Execute notebooks, here or on a cluster: what the runner, the build and the grading use."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable

from cnnlab.course.batch.here import cpus, environment, run_here
from cnnlab.course.batch.tasks import ClusterLost, Failure, Outcome, Task

__all__ = ["ClusterLost", "Failure", "Outcome", "Task", "cpus", "environment", "execute"]


def execute(
    tasks: Iterable[Task],
    *,
    jobs: int = 1,
    timeout: float = 600.0,
    env: dict[str, str] | None = None,
    on_cell: Callable[[Task, int], None] | None = None,
    cluster: str | None = None,
    announce: Callable[[str], object] = lambda line: None,
) -> Generator[tuple[Task, Outcome], None, None]:
    """Execute `tasks`, `jobs` at a time, and yield each with its outcome as soon as it ends.

    Leaving the iteration early (an exception, Ctrl-C) kills what still runs, kernels included. Nothing that a notebook
    has started outlives it.

    On a cluster a notebook runs as it does here, in a process of its own on one of the workers, in a scratch folder:
    it goes there as content and comes back as content.

    Parameters
    ----------
    tasks : notebooks; the next is taken when a place is free, so that a generator need not hold them all
    jobs : processes at a time, >= 1
    timeout : seconds a notebook may take before it is killed, > 0
    env : environment variables for the kernels; `environment` when not given. A worker of a cluster takes its own
        and what differs between these two
    on_cell : called with a task and how many of its cells have started, whenever that changes; not on a cluster
    cluster : the address of a Dask scheduler, or ``"local:4"``: see `cnnlab.course.batch.cluster`. Its threads decide
        how many run at a time
    announce : called with a sentence whenever there is something to say of the cluster

    Raises
    ------
    CourseError
        At the call, for a cluster that cannot be used.
    ClusterLost
        When the cluster is gone, after all that has ended was yielded.
    """
    own = environment(jobs)
    env = own if env is None else env
    if cluster is None:
        return run_here(tasks, jobs, timeout, env, on_cell)
    from cnnlab.course.batch.cluster import run_there

    changes = {name: env.get(name) for name in {*own, *env} if own.get(name) != env.get(name)}
    return run_there(cluster, tasks, timeout, changes, announce)
