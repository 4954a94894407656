"""`nearspace encoders`: which encoders there are, and what is known of them."""

import argparse
import json
import sys
from dataclasses import asdict

from rich.console import Console
from rich.measure import Measurement
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ingest.console import result_console
from ingest.encoders.catalogue import Listed, Recall, listed


def run(options: argparse.Namespace) -> int:
    """Print a table of encoders, or the same as JSON; returns the exit status."""
    found = [model for model in listed() if model.here or not options.here]
    if options.json:
        result_console.print_json(json.dumps([_as_json(model) for model in found]))
        return 0
    _show(found)
    return 0


def _show(found: list[Listed]) -> None:
    sources = list(dict.fromkeys(model.source for model in found if model.source))
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 1))
    for heading in (
        "encoder",
        "dim",
        "pixels",
        "window",
        "languages",
        "MB",
        "licence",
        "here",
        "Flickr30k",
        "COCO",
        "",
    ):
        right = heading in ("dim", "pixels", "window", "MB")
        # An id is there to be copied, so it is never cut in two.
        table.add_column(heading, justify="right" if right else "left", no_wrap=heading not in ("licence", "languages"))
    for model in found:
        table.add_row(
            Text(model.id, style="bold" if model.here else ""),
            str(model.dimension),
            str(model.image_size),
            str(model.text_window),
            model.languages,
            f"{model.megabytes:,}",
            model.licence,
            Text("yes", style="green") if model.here else Text("-", style="dim"),
            _percent(model.flickr30k),
            _percent(model.coco),
            Text(f"[{sources.index(model.source) + 1}]" if model.source else "", style="dim"),
        )
    needed = Measurement.get(result_console, result_console.options.update(max_width=1000), table).maximum
    if result_console.is_terminal and result_console.width < needed:
        for model in found:
            _show_narrow(model, sources)
    else:
        # What is read by another program, such as grep, gets every row on one line.
        Console(file=sys.stdout, highlight=False, width=max(needed, result_console.width)).print(table)
    notes = [f"  {model.id}: {model.note}" for model in found if model.note]
    explained = [
        "",
        "window: tokens of a text that are encoded; longer documents are cut into passages, none is cut short.",
        "Flickr30k, COCO: zero-shot recall@1, text to image / image to text, in percent, from",
        *(f"  [{number}] {source}" for number, source in enumerate(sources, 1)),
        *(["", *notes] if notes else []),
        "",
        "Any OpenCLIP model works as well (openclip:MODEL/PRETRAINED, openclip:hf-hub:ID, openclip:local-dir:FOLDER),",
        "and any sentence-transformers model of texts and pictures (st:MODEL, st:FOLDER, st:TEXT_MODEL+IMAGE_MODEL).",
        "Both need: pip install 'nearspace[models]'.  With @int8 at its end an id's model is faster on a CPU.",
        "Choose one for a new space: nearspace ingest FOLDER --space NAME --encoder ID",
    ]
    for line in explained:
        result_console.print(Text(line, style="dim"), soft_wrap=True)


def _show_narrow(model: Listed, sources: list[str]) -> None:
    """One encoder over two lines, for a terminal in which the table has no room."""
    result_console.print(Text(model.id, style="bold"), soft_wrap=True)
    size = f"{model.dimension} dim, {model.image_size} pixels, {model.text_window} tokens"
    facts = [size, model.languages, f"{model.megabytes:,} MB", model.licence, "here" if model.here else "not here"]
    for name, recall in (("Flickr30k", model.flickr30k), ("COCO", model.coco)):
        if recall:
            facts.append(f"{name} {_percent(recall)} [{sources.index(model.source) + 1}]")
    result_console.print(Padding(Text("; ".join(facts), style="dim"), (0, 0, 0, 2)))


def _percent(recall: Recall | None) -> str:
    return f"{recall.text_to_image:.1f} / {recall.image_to_text:.1f}" if recall else ""


def _as_json(model: Listed) -> dict:
    facts = asdict(model)
    for name in ("flickr30k", "coco"):
        recall = getattr(model, name)
        facts[name] = recall._asdict() if recall else None
    facts["weights"] = [repo for repo, _ in model.weights]
    facts["megabytes"] = model.megabytes
    return facts
