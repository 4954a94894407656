"""`nearspace encoders`: which encoders there are, and what is known of them."""

import argparse
import json
import sys
from dataclasses import asdict

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from ingest.console.output import result_console
from ingest.encoders.catalogue import ModelFacts, Recall


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `nearspace encoders`."""
    parser.description = "Lists the encoders to choose from: how good each is, how large, and whether it is here."
    parser.add_argument("--here", action="store_true", help="only those whose weights are on this machine")
    parser.add_argument("--json", action="store_true", help="print as JSON")


def run(options: argparse.Namespace) -> int:
    """Print a table of encoders, or the same as JSON; returns the exit status."""
    from ingest.encoders.registry import list_encoders

    found = [model for model in list_encoders() if model.here or not options.here]
    if options.json:
        result_console.print_json(json.dumps([_as_json(model) for model in found]))
        return 0
    _show(found)
    return 0


def _show(found: list[ModelFacts]) -> None:
    sources = list(dict.fromkeys(model.source for model in found if model.source))
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 1))
    for heading, right in (("encoder", False), *_FACTS, ("licence", False)):
        # An id is there to be copied, so it is never cut in two.
        table.add_column(heading, justify="right" if right else "left", no_wrap=True)
    for model in found:
        table.add_row(_id(model), *_facts(model, sources), model.licence)
    needed = Measurement.get(result_console, result_console.options.update(max_width=1000), table).maximum
    if result_console.is_terminal and result_console.width < needed:
        _show_narrow(found, sources)
    else:
        # What is read by another program, such as grep, gets every row on one line.
        Console(file=sys.stdout, highlight=False, width=max(needed, result_console.width)).print(table)
    notes = [f"  {model.id}: {model.note}" for model in found if model.note]
    figures = [
        "Flickr30k, COCO: zero-shot recall@1, text to image / image to text, in percent, from",
        *(f"  [{number}] {source}" for number, source in enumerate(sources, 1)),
    ]
    explained = [
        "",
        "window: tokens of a text that are encoded; longer documents are cut into passages, none is cut short.",
        "here: whether the weights are on this machine; the others are fetched when they are first used.",
        *(figures if sources else []),
        *(["", *notes] if notes else []),
        "",
        "Any OpenCLIP model works as well (openclip:MODEL/PRETRAINED, openclip:hf-hub:ID, openclip:local-dir:FOLDER),",
        "and any sentence-transformers model of texts and pictures (st:MODEL, st:FOLDER, st:TEXT_MODEL+IMAGE_MODEL).",
        "Both need: pip install 'nearspace[models]'.  With @int8 at its end an id's model is faster on a CPU.",
        "Choose one for a new space: nearspace ingest FOLDER --space NAME --encoder ID",
    ]
    for line in explained:
        result_console.print(Text(line, style="dim"), soft_wrap=not result_console.is_terminal)


_FACTS = (
    ("dim", True),
    ("pixels", True),
    ("window", True),
    ("languages", False),
    ("MB", True),
    ("here", False),
    ("Flickr30k", False),
    ("COCO", False),
    ("", False),
)
"""The headings of what `_facts` gives, and whether they stand on the right."""


def _facts(model: ModelFacts, sources: list[str]) -> tuple[str, ...]:
    """One cell for each of _FACTS."""
    return (
        str(model.dimension),
        str(model.image_size),
        str(model.text_window),
        model.languages,
        f"{model.megabytes:,}",
        "yes" if model.here else "-",
        _percent(model.flickr30k),
        _percent(model.coco),
        f"[{sources.index(model.source) + 1}]" if model.source else "",
    )


def _id(model: ModelFacts) -> Text:
    return Text(model.id, style="bold green" if model.here else "bold")


def _show_narrow(found: list[ModelFacts], sources: list[str]) -> None:
    """Two lines an encoder, for a terminal in which the table has no room: its figures stay in columns."""
    rows = [tuple(heading for heading, _ in _FACTS), *(_facts(model, sources) for model in found)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, (_, right) in zip(row, widths, _FACTS, strict=True)
        ).rstrip()
        for row in rows
    ]
    result_console.print(Text(f"encoder, licence\n  {lines[0]}", style="dim"), soft_wrap=True)
    for model, line in zip(found, lines[1:], strict=True):
        result_console.print(Text.assemble(_id(model), (f"  {model.licence}", "dim"), f"\n  {line}"), soft_wrap=True)


def _percent(recall: Recall | None) -> str:
    return f"{recall.text_to_image:.1f} / {recall.image_to_text:.1f}" if recall else ""


def _as_json(model: ModelFacts) -> dict[str, object]:
    facts = asdict(model)
    for name in ("flickr30k", "coco"):
        recall = getattr(model, name)
        facts[name] = recall._asdict() if recall else None
    facts["weights"] = [repo for repo, _ in model.weights]
    facts["megabytes"] = model.megabytes
    del facts["stored_megabytes"]  # megabytes says it
    return facts
