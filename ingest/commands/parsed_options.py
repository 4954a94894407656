"""Ingest options and paths, parsed from the command line."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from ingest.commands.chroma_options import chroma_of
from ingest.commands.engine_options import pool_from_args
from ingest.errors import SettingsError
from ingest.readers.reading_options import ReadingOptions
from ingest.run.options import IngestOptions
from ingest.sources.selection import Selection
from ingest.sources.web_copies import is_address


def options_from_args(args: argparse.Namespace) -> IngestOptions:
    """The ingest options that the arguments of `nearspace ingest` and `nearspace watch` ask for."""
    return IngestOptions(
        encoder=args.encoder,
        device=args.device,
        selection=Selection(tuple(args.include), tuple(args.exclude), args.hidden),
        reading=ReadingOptions(
            text_column=args.text_column,
            id_column=args.id_column,
            image_column=args.image_column,
            frames=args.frames,
            every=args.every,
            gps=args.gps,
        ),
        chroma=chroma_of(args),
        pool=pool_from_args(args),
        missing="keep" if args.keep_missing else "remove-many" if args.yes else "remove",
    )


def paths_and_addresses(arguments: Sequence[str]) -> tuple[list[Path], tuple[str, ...]]:
    """Sort arguments into paths, made absolute, and web addresses.

    `-` stands for the lines of standard input (or its NUL-terminated strings, as -print0 writes them).

    Raises:
        SettingsError: standard input is empty, or an argument is.
    """
    files: list[Path] = []
    addresses: list[str] = []
    for argument in arguments:
        if argument == "-":
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
        elif not argument:
            raise SettingsError("One of the paths is empty. Look where it comes from: a variable that is not set, say.")
        elif is_address(argument):
            addresses.append(argument)
        else:
            files.append(Path(argument).expanduser().absolute())
    return files, tuple(addresses)
