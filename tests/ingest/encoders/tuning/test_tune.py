"""Tuning teaches `lite` names it cannot know, tells honestly whether it helped, and keeps what it made."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ingest import cli
from ingest.encoders.calibration import Calibration, Cell
from ingest.encoders.lite.lite_encoder import LiteEncoder
from ingest.encoders.lite.tuned_lite import load_tuned
from ingest.encoders.lite.tuned_store import save_tuned, tuned_figures, tuned_names
from ingest.encoders.registry import calibration_of, load_encoder
from ingest.encoders.tuning.captioned_pictures import collect_pictures
from ingest.encoders.tuning.train import Recipe
from ingest.encoders.tuning.tune import MIN_PICTURES, Tuning, save_encoder, split_pictures, tune
from ingest.errors import SettingsError, UnknownEncoder, WeightsError
from ingest.readers.draft import MODALITIES
from tests.ingest.encoders.tuning.conftest import THINGS, draw, draw_all

pytestmark = pytest.mark.usefixtures("data")


@pytest.fixture
def two_views(monkeypatch: pytest.MonkeyPatch) -> None:
    """As for a large collection, two views of each picture are looked at: quicker."""
    monkeypatch.setattr("ingest.encoders.tuning.image_features._FEWER_VIEWS_ABOVE", 0)


@pytest.fixture
def kept(tuning: Tuning) -> str:
    save_encoder(tuning, "things", overwrite=True)
    return "lite:things"


def test_tuning_teaches_names_that_no_encoder_knows(tuning):
    assert tuning.held_out >= 10
    assert tuning.before.text_to_image[0] <= 67
    assert tuning.after.text_to_image[0] == 100
    assert tuning.after.image_to_text[0] >= 90
    assert tuning.helps


def test_the_tuned_encoder_names_pictures_it_has_never_seen(lite, kept):
    encoder = load_encoder(kept)
    pictures = [draw(name, number) for name in THINGS for number in range(100, 105)]
    right = np.repeat(np.arange(len(THINGS)), 5)
    names = [f"a {name}" for name in THINGS]
    named = (encoder.encode_images(pictures) @ encoder.encode_texts(names).T).argmax(axis=1)
    named_before = (lite.encode_images(pictures) @ lite.encode_texts(names).T).argmax(axis=1)
    assert (named == right).mean() > 0.9 > 0.6 > (named_before == right).mean()


def test_texts_keep_their_vectors_and_their_fingerprints_differ(lite, kept):
    encoder = load_encoder(kept)
    words = ["a red car", "", "zorblax " * 400]
    np.testing.assert_array_equal(encoder.encode_texts(words), lite.encode_texts(words))
    assert encoder.token_spans("a red car") == lite.token_spans("a red car")
    assert encoder.info.id == kept
    assert encoder.info.text_fingerprint == lite.info.text_fingerprint != ""
    assert encoder.info.fingerprint != lite.info.fingerprint
    rows = encoder.encode_images([draw("zorblax", number) for number in range(20)])
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    assert rows.dtype == np.float32
    assert encoder.encode_images([]).shape == (0, 384)


def test_the_same_pictures_give_the_same_figures_and_the_same_division(things, tuning, tmp_path):
    again = tune(collect_pictures(things), things)
    assert (again.before, again.after) == (tuning.before, tuning.after)
    for name, weight in tuning.aligner.weights().items():
        np.testing.assert_allclose(again.aligner.weights()[name], weight, atol=1e-5)
    renamed = tmp_path / "renamed"
    renamed.mkdir()
    for number, path in enumerate(sorted(things.glob("*.png"), reverse=True)):
        shutil.copy(path, renamed / f"{number:03}.png")
        shutil.copy(path.with_suffix(".txt"), renamed / f"{number:03}.txt")
    pictures, others = collect_pictures(things).pictures, collect_pictures(renamed).pictures
    assert {pictures[row].sha256 for row in split_pictures(pictures).held_out} == {
        others[row].sha256 for row in split_pictures(others).held_out
    }


def test_no_picture_is_in_two_parts(things):
    pictures = collect_pictures(things).pictures
    split = split_pictures(pictures)
    rows = np.concatenate([split.training, split.validation, split.held_out])
    assert sorted(rows) == list(range(len(pictures)))


def test_too_few_pictures_are_refused_with_both_numbers(tmp_path):
    folder = draw_all(tmp_path / "few", each=3)
    (folder / "zorblax 0.txt").unlink()
    with pytest.raises(SettingsError, match=rf"There are 17 .*1 without a caption.*needs {MIN_PICTURES}"):
        tune(collect_pictures(folder), folder)


@pytest.mark.usefixtures("two_views")
def test_an_unreadable_picture_is_reported_and_the_others_are_used(things, tmp_path):
    folder = tmp_path / "things"
    shutil.copytree(things, folder)
    (folder / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n and no more")
    (folder / "broken.txt").write_text("a broken thing")
    (folder / "empty.jpg").touch()
    (folder / "empty.txt").write_text("nothing at all")
    collected = collect_pictures(folder)
    tuning = tune(collected, folder, recipe=Recipe(epochs=1))
    assert tuning.training + tuning.validation + tuning.held_out == len(list(things.glob("*.png")))
    assert {Path(entry.path).name: entry.outcome for entry in collected.omitted} == {
        "broken.png": "failed",
        "empty.jpg": "skipped",
    }


@pytest.mark.usefixtures("two_views")
def test_the_command_reports_saves_and_explains_what_comes_next(things, data, capsys):
    assert cli.main(["tune", str(things), "--name", "from-the-command"]) == 0
    shown = capsys.readouterr().out
    assert "text to image R@1" in shown
    assert "nearspace reencode --encoder lite:from-the-command" in shown
    figures = json.loads((data / "encoders" / "from-the-command" / "figures.json").read_text())
    assert figures["after"]["text_to_image"][0] == 100
    assert "from-the-command" in tuned_names()
    # Again, without a word about overwriting, it is refused before any work.
    assert cli.main(["tune", str(things), "--name", "from-the-command"]) == 2
    assert "--overwrite" in capsys.readouterr().err


def test_what_does_not_help_is_not_kept_unless_requested(things, capsys, monkeypatch, tuning):
    worse = replace(tuning, after=replace(tuning.before, reciprocal_rank=tuning.before.reciprocal_rank - 0.1))
    monkeypatch.setattr("ingest.encoders.tuning.tune.tune", lambda *given, **options: worse)
    assert cli.main(["tune", str(things), "--name", "worse"]) == 2
    assert "no better" in " ".join(capsys.readouterr().out.split())
    assert "worse" not in tuned_names()
    assert cli.main(["tune", str(things), "--name", "worse", "--keep-anyway"]) == 0
    assert "worse" in tuned_names()


@pytest.mark.parametrize("name", ["../up", "a/b", " ", "-x", "x" * 64])
def test_a_name_that_cannot_be_a_folder_is_refused(things, name, capsys):
    assert cli.main(["tune", str(things), f"--name={name}"]) == 2
    assert "cannot be the name of an encoder" in " ".join(capsys.readouterr().err.split())


def test_an_unknown_name_lists_the_known_ones(kept):
    with pytest.raises(UnknownEncoder, match=r"No encoder lite:nobody .*lite:things.*nearspace tune"):
        load_encoder("lite:nobody")


def test_an_encoder_tuned_from_another_lite_is_refused_with_what_to_do(kept, data, things):
    figures = data / "encoders" / "things" / "figures.json"
    content = json.loads(figures.read_text())
    content["base"]["fingerprint"] = "0123456789abcdef"
    figures.write_text(json.dumps(content))
    with pytest.raises(WeightsError) as refused:
        load_encoder(kept)
    message = str(refused.value)
    assert "another lite (fingerprint 0123456789ab)" in message
    assert f"nearspace tune {things} --name things --overwrite" in message
    assert "nearspace reencode --encoder lite:things" in message


@pytest.mark.parametrize("file", ["aligner.safetensors", "figures.json"])
def test_a_damaged_encoder_is_refused_with_what_to_do(kept, data, file):
    path = data / "encoders" / "things" / file
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(WeightsError, match=r"is damaged.*Tune it again"):
        load_encoder(kept)


def test_weights_change_the_fingerprint(tuning, kept, lite: LiteEncoder):
    before = load_encoder(kept).info.fingerprint
    with pytest.raises(SettingsError, match="--overwrite"):
        save_encoder(tuning, "things")
    halved = replace(tuning, aligner=tuning.aligner.moved_towards(tuning.aligner, 0.0))
    save_encoder(halved, "things", overwrite=True)
    assert load_encoder(kept).info.fingerprint == before, "the same weights are the same encoder"
    moved = replace(tuning.aligner, out_bias=tuning.aligner.out_bias + 0.01)
    save_encoder(replace(tuning, aligner=moved), "things", overwrite=True)
    assert load_encoder(kept).info.fingerprint != before
    assert tuned_figures("things")["base"]["fingerprint"] == lite.info.fingerprint


@pytest.mark.usefixtures("two_views")
def test_an_interrupted_tuning_says_that_nothing_was_kept(things, capsys, monkeypatch):
    def interrupted(*given, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("ingest.encoders.tuning.tune.train", interrupted)
    assert cli.main(["tune", str(things), "--name", "halfway"]) == 130
    assert "nothing was kept" in " ".join(capsys.readouterr().err.split())
    assert "halfway" not in tuned_names()


def test_a_calibration_is_kept_with_the_encoder_it_was_fitted_for(tuning, data, lite: LiteEncoder):
    cell = Cell((1.0, -1.0, -0.5, 2.0), -3.0, 0.0, 0.1, 0.5)
    cells = {(asked, found): cell for asked in MODALITIES for found in MODALITIES}
    save_tuned("calibrated", tuning.aligner, tuning.figures, Calibration("", 12, "a test", cells))
    tuned = load_tuned("calibrated")
    known = calibration_of(tuned.info)
    assert known == Calibration(tuned.info.fingerprint, 12, "a test", cells)
    assert calibration_of(replace(tuned.info, fingerprint="tuned again")) is None
    save_tuned("calibrated", tuning.aligner, tuning.figures, overwrite=True)
    assert calibration_of(tuned.info) is None


def test_a_dozen_held_out_pictures_are_too_few_to_calibrate(tuning):
    assert tuning.held_out == 12
    assert tuning.calibration is None
