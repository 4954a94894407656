"""Where the workers of the Ray engine run."""

from dataclasses import dataclass


@dataclass(frozen=True)
class RayPool:
    """Where the workers run, and what each is given."""

    address: str | None = None
    """Of the cluster, `auto` for the one that this machine is part of; None to start Ray on this machine alone."""
    workers: int | None = None
    """The most workers to start; None for as many as there is room for."""
    cpus: float = 1.0
    """CPUs of each worker."""
    gpus: float = 0.0
    """GPUs of each worker; a fraction shares one."""
    device: str | None = None
    """Where a worker's encoder computes; None for the CPU unless it has a GPU."""
