"""`nearspace tune`: tune `lite` to captioned pictures of one's own."""

import argparse
import shlex
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from ingest.console.output import result_console, show_message
from ingest.console.progress import Counting, count_progress
from ingest.exit_status import ALL_WELL, INTERRUPTED, NOTHING_DONE, SOME_FAILED
from ingest.formatting import printable
from ingest.settings import encoder_name

if TYPE_CHECKING:
    from ingest.encoders.tuning.retrieval import Recall
    from ingest.encoders.tuning.tune import Tuning
    from ingest.outcomes import SourceOutcome

_LISTED = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `nearspace tune`."""
    parser.description = (
        "Trains the end of lite's image tower on captioned pictures, in minutes on a CPU, and keeps it as lite:NAME. "
        "A part of the pictures is held out, and shows how well pictures and captions are found before and after. "
        "Texts keep their vectors, so `nearspace reencode --encoder lite:NAME` only encodes a space's images anew."
    )
    parser.add_argument(
        "captioned",
        type=Path,
        metavar="CAPTIONED_FOLDER",
        help="a folder of pictures with captions beside them (a.txt or a.jpg.txt for a.jpg) or in a table (CSV, TSV or "
        "JSONL with columns image and caption), or such a table itself",
    )
    parser.add_argument("--name", required=True, metavar="NAME", help="the encoder is then called lite:NAME")
    parser.add_argument("--overwrite", action="store_true", help="replace an encoder of that name")
    parser.add_argument("--keep-anyway", action="store_true", help="keep the encoder even if it is no better than lite")


def run(options: argparse.Namespace) -> int:
    """Tune, print retrieval before and after, and register what helps; returns the exit status."""
    from ingest.encoders.lite.tuned_store import PREFIX, require_free_name
    from ingest.encoders.tuning.captioned_pictures import collect_pictures
    from ingest.encoders.tuning.tune import save_encoder, tune

    name = encoder_name(options.name)
    require_free_name(name, overwrite=options.overwrite)  # told before minutes are spent
    started = time.monotonic()
    source = options.captioned.expanduser().resolve()
    show_message(f"reading the captions in {source} ...")
    collected = collect_pictures(source)
    try:
        with _Stages() as stages:
            tuning = tune(collected, source, on_progress=stages, log=show_message)
    except KeyboardInterrupt:
        show_message("stopped; nothing was kept, and nothing has changed")
        return INTERRUPTED
    finally:
        _show_omitted(collected.omitted)
    _show(tuning, time.monotonic() - started)
    if not tuning.helps and not options.keep_anyway:
        result_console.print(
            f"tuning made it no better, so {PREFIX}{name} was not kept: {_advice(tuning)}",
            style="yellow",
            soft_wrap=True,
        )
        return NOTHING_DONE
    folder = save_encoder(tuning, name, overwrite=options.overwrite)
    if not tuning.helps:
        result_console.print("tuning made it no better; it is kept as you asked", style="yellow", soft_wrap=True)
    result_console.print(Text.assemble("kept as encoder ", (PREFIX + name, "bold"), f" in {folder}"), soft_wrap=True)
    result_console.print(
        f"give it to a new space:       nearspace ingest FOLDER --space NAME --encoder {shlex.quote(PREFIX + name)}\n"
        f"or to a space that is there:  nearspace reencode --encoder {shlex.quote(PREFIX + name)}",
        soft_wrap=True,
    )
    return SOME_FAILED if any(entry.outcome == "failed" for entry in collected.omitted) else ALL_WELL


class _Stages:
    """Shows a bar for each stage of the work, one after the other."""

    def __init__(self) -> None:
        self._doing = ""
        self._open = ExitStack()
        self._bar: Counting | None = None

    def __enter__(self) -> "_Stages":
        return self

    def __exit__(self, *error: object) -> None:
        self._open.close()

    def __call__(self, doing: str, done: int, total: int) -> None:
        if doing != self._doing or self._bar is None:
            self._open.close()
            self._doing, self._bar = doing, self._open.enter_context(count_progress(doing))
        self._bar(done, total)


def _show(tuning: "Tuning", seconds: float) -> None:
    from ingest.encoders.tuning.retrieval import DEPTHS

    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column(f"on {tuning.held_out:,} pictures held out, in %")
    for heading in ("before", "after", ""):
        table.add_column(heading, justify="right")
    rows: tuple[tuple[str, Recall, Recall], ...] = (
        ("text to image", tuning.before.text_to_image, tuning.after.text_to_image),
        ("image to text", tuning.before.image_to_text, tuning.after.image_to_text),
    )
    for direction, before, after in rows:
        for depth, old, new in zip(DEPTHS, before, after, strict=True):
            # As printed, so that the change is the difference of what one reads.
            change = round(new, 1) - round(old, 1)
            style = "green" if change > 0 else "red" if change < 0 else "dim"
            table.add_row(f"{direction} R@{depth}", f"{old:.1f}", f"{new:.1f}", Text(f"{change:+.1f}", style=style))
    result_console.print(table)
    result_console.print(
        f"\nlearnt from {tuning.training:,} pictures and {tuning.validation:,} that told when to stop, "
        f"{tuning.pairs:,} pairs, in {seconds / 60:,.1f} minutes",
        soft_wrap=True,
    )


def _advice(tuning: "Tuning") -> str:
    if tuning.training < 300:
        return "more captioned pictures help most; --keep-anyway keeps it all the same."
    return "lite may know such pictures well already; --keep-anyway keeps it all the same."


def _show_omitted(omitted: "Sequence[SourceOutcome]") -> None:
    by_reason: dict[tuple[str, str], list[str]] = {}
    for entry in omitted:
        by_reason.setdefault((entry.outcome, entry.reason), []).append(entry.path)
    for (outcome, reason), paths in by_reason.items():
        style = "red" if outcome == "failed" else "yellow"
        result_console.print(Text.assemble((outcome, style), f": {reason}"), soft_wrap=True)
        for path in paths[:_LISTED]:
            result_console.print(Text(f"  {printable(path)}"), soft_wrap=True)
        if len(paths) > _LISTED:
            result_console.print(Text(f"  and {len(paths) - _LISTED:,} more", style="dim"))
    if omitted:
        result_console.print()
