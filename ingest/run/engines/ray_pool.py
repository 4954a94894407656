"""Where the workers of the Ray engine run, and the options of the command line that say so."""

import argparse
from dataclasses import dataclass


@dataclass(frozen=True)
class Pool:
    """Where the workers run, and what each is given."""

    address: str | None = None
    """Of the cluster, `auto` for the one that this machine is part of; None to start Ray on this machine alone."""
    workers: int | None = None
    """At most so many; None for as many as there is room for."""
    cpus: float = 1.0
    gpus: float = 0.0
    device: str | None = None
    """Where a worker's encoder computes; None for the CPU unless it has a GPU."""


def add_engine(command: argparse.ArgumentParser) -> None:
    """Let `command` take the choice of an engine."""
    group = command.add_argument_group(
        "where files are read and encoded",
        "With --engine ray, workers on the machines of a Ray cluster read and encode, and this machine alone writes. "
        "Files, Nearspace and the encoder's weights must be there on every machine, under the same paths. See "
        "ingest/run/engines/README.md.",
    )
    group.add_argument("--engine", choices=("local", "ray"), default="local", help="this process, or Ray (extra: ray)")
    group.add_argument(
        "--ray-address",
        metavar="ADDRESS",
        help="the cluster: auto, or host:port of its head (default: $RAY_ADDRESS, else Ray is started on this machine)",
    )
    group.add_argument(
        "--ray-workers",
        type=_whole,
        metavar="N",
        help="at most so many workers (default: all there is room for)",
    )
    group.add_argument("--ray-cpus", type=_some, default=1.0, metavar="N", help="CPUs of each worker (default: 1)")
    group.add_argument(
        "--ray-gpus",
        type=_amount,
        default=0.0,
        metavar="N",
        help="GPUs of each worker, 0.5 for two workers on one (default: 0, the encoder computes on the CPU)",
    )


def pool_of(options: argparse.Namespace) -> Pool | None:
    """The pool that the options ask for; None for the local engine, and for commands that know no other."""
    if getattr(options, "engine", "local") == "local":
        return None
    return Pool(options.ray_address, options.ray_workers, options.ray_cpus, options.ray_gpus, options.device)


def _whole(given: str) -> int:
    if not given.isdecimal() or int(given) < 1:
        raise argparse.ArgumentTypeError(f"{given!r} is not a whole number of at least 1")
    return int(given)


def _some(given: str) -> float:
    amount = _amount(given)
    if not amount:
        raise argparse.ArgumentTypeError("a worker needs some CPU; give a number above 0")
    return amount


def _amount(given: str) -> float:
    try:
        amount = float(given)
    except ValueError:
        amount = -1.0
    if not 0.0 <= amount <= 1024.0:
        raise argparse.ArgumentTypeError(f"{given!r} is not a number from 0 to 1024")
    return amount
