"""The command-line options that choose the engine: this process, or workers on a Ray cluster."""

import argparse

from ingest.commands.options import positive_int
from ingest.run.engines.ray_pool import RayPool


def add_engine_options(command: argparse.ArgumentParser) -> None:
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
        type=positive_int,
        metavar="N",
        help="at most so many workers (default: all there is room for)",
    )
    group.add_argument(
        "--ray-cpus", type=_positive_number, default=1.0, metavar="N", help="CPUs of each worker (default: 1)"
    )
    group.add_argument(
        "--ray-gpus",
        type=_number,
        default=0.0,
        metavar="N",
        help="GPUs of each worker, 0.5 for two workers on one (default: 0, the encoder computes on the CPU)",
    )


def pool_from_args(args: argparse.Namespace) -> RayPool | None:
    """The pool that the arguments ask for; None for the local engine, and for commands without these options."""
    if getattr(args, "engine", "local") == "local":
        return None
    return RayPool(args.ray_address, args.ray_workers, args.ray_cpus, args.ray_gpus, args.device)


def _positive_number(text: str) -> float:
    amount = _number(text)
    if not amount:
        raise argparse.ArgumentTypeError("a worker needs some CPU; give a number above 0")
    return amount


def _number(text: str) -> float:
    try:
        amount = float(text)
    except ValueError:
        amount = -1.0
    if not 0.0 <= amount <= 1024.0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 to 1024")
    return amount
