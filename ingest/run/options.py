"""How a person wants paths to be ingested, as the command line gives it."""

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ingest.commands.chroma_options import chroma_of
from ingest.errors import SettingsError
from ingest.readers.reading_options import AS_USUAL, Reading, reading_of
from ingest.run.cleanup import Missing
from ingest.run.engines.ray_pool import Pool, pool_of
from ingest.sources.selection import EVERYTHING, Choice
from ingest.sources.web import is_address
from ingest.space.chroma.address import ChromaAddress


@dataclass(frozen=True)
class Wishes:
    """How a person wants paths to be ingested; by itself, as the space was made and everything that can be read."""

    encoder: str | None = None
    device: str | None = None
    choice: Choice = EVERYTHING
    reading: Reading = AS_USUAL
    missing: Missing = "remove"
    chroma: ChromaAddress | None = None
    addresses: tuple[str, ...] = ()
    """Web addresses to be fetched beside the paths."""
    pool: Pool | None = None
    """The Ray workers that read and encode; None for this process."""


AS_EVER = Wishes()


def wishes_of(options: argparse.Namespace) -> Wishes:
    """The wishes in the options of `nearspace ingest` and `nearspace watch`."""
    return Wishes(
        encoder=options.encoder,
        device=options.device,
        choice=Choice(tuple(options.include), tuple(options.exclude), options.hidden),
        reading=reading_of(options),
        chroma=chroma_of(options),
        pool=pool_of(options),
        missing="keep" if options.keep_missing else "remove-many" if options.yes else "remove",
    )


def given(paths: Sequence[str]) -> tuple[list[Path], tuple[str, ...]]:
    """The paths, absolute, and the web addresses among what is given.

    `-` stands for what is on standard input, one a line (or ended by NUL, as by -print0).

    Raises:
        SettingsError: there is nothing on standard input, or a path is empty.
    """
    files: list[Path] = []
    addresses: list[str] = []
    for path in paths:
        if path == "-":
            content = sys.stdin.buffer.read()
            ends = b"\0" if b"\0" in content else b"\n"
            lines = [os.fsdecode(line.removesuffix(b"\r")) for line in content.split(ends) if line.strip()]
            if not lines:
                raise SettingsError(
                    "No paths came on standard input. Pipe some in, one a line: ls *.jpg | nearspace ingest -."
                )
            found = (line.strip() for line in lines if is_address(line))
            addresses += [address.encode("utf-8", "replace").decode() for address in found]
            files += [Path(line).absolute() for line in lines if not is_address(line)]
        elif not path:
            raise SettingsError("One of the paths is empty. Look where it comes from: a variable that is not set, say.")
        elif is_address(path):
            addresses.append(path)
        else:
            files.append(Path(path).expanduser().absolute())
    return files, tuple(addresses)
