"""Tables, lists and licence texts are told from what was written to be read, in any language."""

from pathlib import Path

import pytest

from ingest.encoders.lite.lite_encoder import LiteEncoder
from ingest.readers.dispatch import read_document
from ingest.readers.draft import Draft
from ingest.readers.passages import cut_passages
from ingest.readers.prose_quality import JUNK, prose_quality
from ingest.readers.text import parse_text
from ingest.resources import sample_folder
from tests.ingest.readers.passages_by_kind import JUNK_PASSAGES, PROSE


@pytest.mark.parametrize("kind", PROSE)
def test_what_was_written_to_be_read_is_no_junk(kind: str) -> None:
    assert prose_quality(PROSE[kind]) > JUNK


@pytest.mark.parametrize("kind", JUNK_PASSAGES)
def test_lists_tables_notices_and_code_are_junk(kind: str) -> None:
    assert prose_quality(JUNK_PASSAGES[kind]) < JUNK


@pytest.mark.parametrize("text", ["", " \n\t", "OLYMPUS DIGITAL CAMERA", "DSC_0042.JPG", "2019-07-04"])
def test_what_tells_nothing_has_no_quality(text: str) -> None:
    assert prose_quality(text) == 0.0


@pytest.mark.parametrize("text", ["cat", "A red bird", "カワセミ", "قطة", "Licence to sail", "3 eggs, milk, flour"])
def test_a_short_text_is_never_junk_for_being_short(text: str) -> None:
    assert prose_quality(text) > 0.9


def test_the_figure_lies_between_0_and_1_and_falls_as_paths_take_the_place_of_words() -> None:
    paths = JUNK_PASSAGES["Japanese paths"]
    mixed = [prose_quality(PROSE["news"] + "\n" + paths * copies) for copies in range(6)]
    assert mixed == sorted(mixed, reverse=True) and mixed[0] == 1.0 and mixed[-1] < JUNK
    assert all(0.0 <= figure <= 1.0 for figure in mixed)


def test_a_title_that_names_a_licence_tells_of_passages_that_hardly_do() -> None:
    clause = (
        "You may charge a fee for the physical act of transferring a copy, and you may at your option offer warranty "
        "protection in exchange for a fee. Mere aggregation of another work with the Program on a volume of a storage "
        "or distribution medium does not bring the other work under the scope of these terms."
    )
    assert prose_quality(clause, "GNU General Public License") < JUNK
    assert prose_quality(PROSE["news"], "GNU General Public License") > JUNK


def test_of_the_sample_every_text_is_prose_and_every_table_of_credits_junk(lite: LiteEncoder) -> None:
    sample = sample_folder()

    def passages(path: Path) -> list[Draft]:
        return cut_passages(read_document(path), lite.token_spans, lite.info.text_window)

    def junk(paths: list[Path]) -> float:
        qualities = [prose_quality(each.text, each.title) for path in paths for each in passages(path)]
        return sum(quality < JUNK for quality in qualities) / len(qualities)

    assert junk([path for path in sorted((sample / "texts").rglob("*")) if path.is_file()]) == 0.0
    assert junk([sample / "CREDITS.md"]) > 0.95
    assert junk(sorted((sample / "LICENSES").iterdir())) > 0.85


def test_a_list_of_the_files_of_a_project_is_junk(lite: LiteEncoder) -> None:
    root = Path(__file__).resolve().parents[3]
    paths = "\n".join(str(path.relative_to(root)) for path in sorted((root / "ingest").rglob("*.py")))
    drafts = cut_passages(parse_text(paths, "files"), lite.token_spans, lite.info.text_window)
    assert drafts and all(prose_quality(draft.text, draft.title) < JUNK for draft in drafts)
