"""Whether tables, lists and licence texts are told from prose, and stay away from the answers to everyday questions."""

import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ingest.encoders.base import Encoder
from ingest.encoders.registry import load_encoder
from ingest.errors import ReadError, SkipSource
from ingest.readers.dispatch import read_document
from ingest.readers.document import Document
from ingest.readers.draft import Draft
from ingest.readers.passages import cut_passages
from ingest.readers.prose_quality import JUNK, prose_quality
from ingest.readers.text import parse_text
from ingest.resources import sample_folder
from ingest.run.pipeline import ingest
from ingest.space.open import open_to_write
from search_app.search.query import Query
from search_app.search.query_schema import Filters, Listing
from search_app.search.searcher import Answer, Searcher
from tests.benchmarks.ranking import FLICKR
from tests.ingest.readers.passages_by_kind import JUNK_PASSAGES, PROSE
from tests.search_app.search.everyday_questions import ABOUT_TERMS, EVERYDAY, is_junk
from tests.search_app.search.good_and_hopeless import GOOD, HOPELESS

ROOT = Path(__file__).resolve().parents[2]
LICENCES = Path("/usr/share/common-licenses")
_FIRST = 5  # results that a person looks at
_LINES = 400  # of a list of paths, and of a table


def main() -> None:
    """Print the quality of each kind of passage, then how often junk answers, with the deduction and without."""
    encoder = load_encoder("lite", log=print)
    print("quality of passages (below 0.5 is junk)")
    prose, junk = _show("prose", _prose(encoder)), _show("not prose", _junk(encoder))
    every = np.concatenate([prose, junk])
    below = np.searchsorted(np.sort(junk), prose, "left") + np.searchsorted(np.sort(junk), prose, "right")
    print(f"  area under the ROC curve, {len(every):,} passages: {float(below.mean()) / 2 / len(junk):.4f}")
    _show("of both kinds", {"the READMEs of this project": _read(encoder, sorted(ROOT.rglob("README.md")))})
    _show_speed(encoder)
    _show_answers(encoder)


Kinds = dict[str, list[Draft]]


def _prose(encoder: Encoder) -> Kinds:
    kinds = {
        "the sample's texts": _read(encoder, _files(sample_folder() / "texts")),
        "prose, poems, rows and comments in 11 languages": [Draft("text", text) for text in PROSE.values()],
    }
    if (FLICKR / "captions.jsonl").is_file():
        import json

        for name, key in (("captions.jsonl", "captions"), *(("other_languages.jsonl", k) for k in ("de", "fr", "zh"))):
            lines = (FLICKR / name).read_text(encoding="utf-8").splitlines()[:2_000]
            captions = [caption for line in lines for caption in json.loads(line).get(key, [])]
            kinds[f"captions of Flickr8k ({'en' if key == 'captions' else key})"] = [Draft("text", c) for c in captions]
    return kinds


def _junk(encoder: Encoder) -> Kinds:
    sample = sample_folder()
    paths = "\n".join(str(path.relative_to(ROOT)) for path in sorted(ROOT.rglob("*.py"))[:_LINES])
    import numpy

    records = sorted(Path(numpy.__file__).parents[1].glob("*.dist-info/RECORD"))[:8]
    tables = "\n".join("\n".join(path.read_text().splitlines()[: _LINES // 8]) for path in records)
    return {
        "the sample's CREDITS.md": _read(encoder, [sample / "CREDITS.md"]),
        "the sample's LICENSES": _read(encoder, _files(sample / "LICENSES")),
        "licences of this machine": [d for text in _licences() for d in _cut(encoder, parse_text(*text))],
        "paths of this project": _cut(encoder, parse_text(paths, "files")),
        "tables of sizes and hashes, with commas": _cut(encoder, parse_text(tables, "records")),
        "lists, tables, notices and code": [Draft("text", text) for text in JUNK_PASSAGES.values()],
    }


def _licences() -> Iterator[tuple[str, str]]:
    for path in _files(LICENCES) if LICENCES.is_dir() else ():
        if not path.is_symlink():
            yield path.read_text(encoding="utf-8", errors="replace"), path.name


def _files(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.rglob("*")) if path.is_file()]


def _cut(encoder: Encoder, document: Document) -> list[Draft]:
    return cut_passages(document, encoder.token_spans, encoder.info.text_window)


def _read(encoder: Encoder, paths: Sequence[Path]) -> list[Draft]:
    drafts: list[Draft] = []
    for path in paths:
        try:
            drafts += _cut(encoder, read_document(path))
        except (ReadError, SkipSource):
            continue
    return drafts


def _show(title: str, kinds: Kinds) -> NDArray[np.float64]:
    print(f"  {title:<48} passages   junk   5 %   median   95 %")
    found = []
    for name, drafts in kinds.items():
        figures = np.array([prose_quality(draft.text, draft.title) for draft in drafts])
        if len(figures):
            low, middle, high = np.percentile(figures, [5, 50, 95])
            share = 100 * float(np.mean(figures < JUNK))
            print(f"    {name:<48} {len(figures):6,} {share:5.1f} %  {low:4.2f}    {middle:4.2f}   {high:4.2f}")
            found.append(figures)
    return np.concatenate(found)


def _show_speed(encoder: Encoder) -> None:
    drafts = _read(encoder, _files(sample_folder() / "texts"))
    start = time.process_time()
    for draft in drafts:
        prose_quality(draft.text, draft.title)
    print(f"  {1e6 * (time.process_time() - start) / len(drafts):.0f} microseconds of processor time a passage")


def _show_answers(encoder: Encoder) -> None:
    """How often junk answers questions to the sample with its credits and licences ingested."""
    # Chroma may still be ending when its folder is deleted.
    folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
    with folder as home, open_to_write(Path(home), "all", encoder.info) as space:
        ingest(space, encoder, [sample_folder()])
        searcher = Searcher(space)
        print(f"questions to the sample with its credits and licences, {len(searcher.vectors.now()):,} items")
        _show_questions("with the deduction", searcher, encoder)
        for group in searcher.vectors.now().groups.values():
            group.facets.qualities[:] = 1.0
        _show_questions("without", searcher, encoder)


def _show_questions(title: str, searcher: Searcher, encoder: Encoder) -> None:
    def ask(words: str, **options: object) -> Answer:
        return searcher.ask(Query(words, count=_FIRST, **options), encoder)  # type: ignore[arg-type]

    def junk(answer: Answer) -> list[bool]:
        return [is_junk(answer.items[hit.id].path) for hit in answer.ranking.hits]

    def with_junk(questions: Sequence[str], **options: object) -> int:
        return sum(any(junk(ask(words, **options))) for words in questions)

    passages = Filters(modality=("text",))
    good = Listing(good_only=True)
    print(
        f"  {title:<20} junk among the first {_FIRST}: {with_junk(EVERYDAY)} of {len(EVERYDAY)} everyday questions, "
        f"{with_junk(GOOD)} of {len(GOOD)} good ones; among the first {_FIRST} passages that match: "
        f"{with_junk(EVERYDAY, filters=passages, listing=good)} and {with_junk(GOOD, filters=passages, listing=good)}"
    )
    first = [junk(ask(words))[0] for words in ABOUT_TERMS]
    best = {name: [_best(ask(words)) for words in questions] for name, questions in (("g", GOOD), ("h", HOPELESS))}
    pairs = [(one > other) + 0.5 * (one == other) for one in best["g"] for other in best["h"]]
    print(
        f"  {'':<20} questions about terms that junk answers first: {sum(first)} of {len(first)}; "
        f"good told from hopeless: area under the ROC curve {float(np.mean(pairs)):.4f}"
    )


def _best(answer: Answer) -> float:
    return max((hit.measure for hit in answer.ranking.hits), default=-np.inf)


if __name__ == "__main__":
    main()
