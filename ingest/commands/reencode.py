"""`nearspace reencode`: give a space the vectors of another encoder."""

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.text import Text

from ingest.commands.options import add_device_option, add_space_options
from ingest.console.output import result_console, show_error, show_message
from ingest.console.progress import count_progress, rebuild_progress
from ingest.exit_status import ALL_WELL, NOTHING_DONE
from ingest.formatting import format_count, printable
from ingest.settings import home_folder, space_name

if TYPE_CHECKING:
    from ingest.run.reencode import MissingPicture, Reencoding
    from ingest.space import Space

_LISTED = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `nearspace reencode`."""
    parser.description = (
        "Encodes every item of a space anew, from the sources that the space knows, and swaps the vectors when all are "
        "there; until then the old ones serve, also to an app that runs. An interrupted re-encoding continues when the "
        "same command is given again."
    )
    parser.epilog = "exit status: 0 the space has the encoder's vectors, 2 it is as it was"
    parser.add_argument("--encoder", required=True, metavar="ID", help="the encoder that the space is to have")
    add_space_options(parser)
    add_device_option(parser)
    parser.add_argument(
        "--drop-missing",
        action="store_true",
        help="let pictures leave the space whose files are gone, changed or unreadable now",
    )


def run(options: argparse.Namespace) -> int:
    """Re-encode the space; returns the exit status."""
    from ingest.encoders.registry import load_encoder
    from ingest.run.reencode import reencode
    from ingest.space import open_to_reencode

    home, name = home_folder(options.home), space_name(options.space)
    encoder = load_encoder(options.encoder, log=show_message, device=options.device)
    with rebuild_progress() as rebuilding:
        space = open_to_reencode(home, name, log=show_message, progress=rebuilding)
    with space:
        before = space.manifest.encoder.id
        with count_progress("encoding anew") as watch, rebuild_progress() as indexing:
            done = reencode(
                space, encoder, drop_missing=options.drop_missing, on_progress=watch, on_index_progress=indexing
            )
        return _show(done, space, before, dropping=options.drop_missing)


def _show(done: "Reencoding", space: "Space", before: str, *, dropping: bool) -> int:
    after = space.manifest.encoder.id
    if done.missing:
        _list_missing(done.missing, dropping=dropping)
    if done.missing and not done.swapped:
        show_error(
            f"the space {space.name!r} is as it was, with encoder {after}: {len(done.missing):,} of its pictures "
            "cannot be encoded anew. Bring their files back, or ingest their folders so that the space follows them, "
            "and run the same command again; or let them leave the space with --drop-missing."
        )
        return NOTHING_DONE
    if not done.swapped:
        show_message(f"the space {space.name!r} has the vectors of {after} already; there is nothing to do")
        return ALL_WELL
    texts = "the passages kept their vectors" if done.kept_texts else f"{done.texts:,} passages"
    result_console.print(f"encoded {done.images:,} images anew, {texts}, in {done.seconds:,.1f} s", soft_wrap=True)
    if done.resumed:
        result_console.print(f"{done.resumed:,} vectors were there from an earlier run", soft_wrap=True)
    if done.recut:
        count = "1 document was" if done.recut == 1 else f"{done.recut:,} documents were"
        result_console.print(f"{count} cut into other passages for the new text window", soft_wrap=True)
    counts = space.ledger.items.counts()
    result_console.print(
        Text(
            f"the space {space.name} has the vectors of {after} now, in place of those of {before}: "
            f"{counts['image']:,} images and {counts['text']:,} passages"
        ),
        soft_wrap=True,
    )
    return ALL_WELL


def _list_missing(missing: "Sequence[MissingPicture]", *, dropping: bool) -> None:
    verb = "left the space" if dropping else "cannot be encoded anew"
    by_reason: dict[str, list[str]] = {}
    for entry in missing:
        by_reason.setdefault(entry.reason, []).append(entry.source.path)
    for reason, paths in by_reason.items():
        count = format_count(len(paths), "picture")
        result_console.print(Text(f"{count} {verb}: {reason}", style="yellow"), soft_wrap=True)
        shown = paths if dropping else paths[:_LISTED]  # what is dropped is always named
        for path in shown:
            result_console.print(Text(f"  {printable(path)}"), soft_wrap=True)
        if more := len(paths) - len(shown):
            result_console.print(Text(f"  and {more:,} more", style="dim"))
