"""From `lite` to `lite:NAME`, from the command line, beside a reader that stays open."""

from pathlib import Path

import numpy as np
import pytest

from ingest import cli
from ingest.encoders.registry import load_encoder
from ingest.errors import SpaceChanged, UnknownEncoder
from ingest.space import open_space
from search_app.search.query import Query
from search_app.search.query_schema import Filters
from search_app.search.searcher import Searcher
from tests.ingest.encoders.tuning.conftest import THINGS, draw
from tests.make_files import finds_every_item, text

pytestmark = pytest.mark.usefixtures("data")


def test_a_space_of_lite_finds_things_by_their_new_names_after_tuning_and_reencoding(things, lite, tmp_path, capsys):
    home, folder = tmp_path / "home", tmp_path / "files"
    folder.mkdir()
    for name in THINGS:
        for number in range(200, 203):
            draw(name, number).save(folder / f"{number} {len(name)} {THINGS[name][0]} {THINGS[name][1]}.png")
    text(folder / "notes.md", "# Notes\n\nWhat was seen by the river in May.\n\nNothing else.\n")
    where = ["--home", str(home), "--space", "test"]
    assert cli.main(["ingest", str(folder), *where]) == 0
    with open_space(home, "test") as space:
        passages = [row for row, kind in enumerate(space.ledger.items.vectors().modalities) if kind == "text"]
        before = space.ledger.items.vectors()
        reader = Searcher(space)
        assert reader.ask(Query("a mivvet"), lite).ranking.hits
        assert cli.main(["tune", str(things), "--name", "seen"]) == 0
        assert reader.ask(Query("a mivvet"), lite).ranking.hits, "tuning changes no space"
        assert cli.main(["reencode", "--encoder", "lite:seen", *where]) == 0
        assert "the passages kept their vectors" in capsys.readouterr().out
        with pytest.raises(SpaceChanged):
            reader.ask(Query("a mivvet"), lite)
    encoder = load_encoder("lite:seen")
    with open_space(home, "test") as space:
        after = space.ledger.items.vectors()
        assert after.ids.tolist() == before.ids.tolist()
        np.testing.assert_array_equal(after.vectors[passages], before.vectors[passages])
        for name, (colour, shape) in THINGS.items():
            answer = Searcher(space).ask(Query(f"a {name}", filters=Filters(modality=("image",)), count=3), encoder)
            found = [answer.items[hit.id].name for hit in answer.ranking.hits]
            right = sum(f"{colour} {shape}" in file for file in found)
            assert right >= 2, f"{name}: {found}"
        assert finds_every_item(space)
    assert cli.main(["ingest", str(folder), *where]) == 0, "the space's own encoder is taken from then on"


def test_an_unknown_id_lists_what_was_tuned(data: Path) -> None:
    (data / "encoders" / "mine").mkdir(parents=True, exist_ok=True)
    (data / "encoders" / "mine" / "figures.json").write_text("{}")
    with pytest.raises(UnknownEncoder, match=r"Use lite or .*lite:mine"):
        load_encoder("clip")
