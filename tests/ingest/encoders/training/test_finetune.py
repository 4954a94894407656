"""Fine-tuning learns, can be resumed, and its losses are what they say; needs the extra `train`."""

import math
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the extra `train` is not installed")

PICTURES = 6


@pytest.fixture(scope="module")
def published():
    from ingest.encoders.training.efficientnet_lite2 import EfficientNetLite2
    from ingest.encoders.training.export import fold

    torch.manual_seed(2)
    return fold(EfficientNetLite2().eval())


@pytest.fixture(scope="module")
def materials(published):
    """Photos and cut-outs."""
    from ingest.encoders.training.finetune import TrainingSet
    from ingest.encoders.training.last_blocks import LastBlocks, run_blocks

    rng = np.random.default_rng(3)

    def training_set(count: int) -> TrainingSet:
        views = [rng.random((count, 17, 17, 120)).astype(np.float16) for _ in range(2)]
        logits = torch.stack([run_blocks(LastBlocks(published), view)[1] for view in views])
        return TrainingSet(views, logits, torch.nn.functional.normalize(torch.randn(count, 5, 384), dim=2))

    return training_set(PICTURES), training_set(2)


def trained(published, materials, checkpoint: Path, epochs: int, stop: int = 0) -> tuple[list[str], list[np.ndarray]]:
    """What fine-tuning said and the weights it ended with; `stop` interrupts it after that many epochs."""
    from ingest.encoders.training.finetune import FineTuning, finetune
    from ingest.encoders.training.last_blocks import LastBlocks
    from ingest.encoders.training.train_aligner import Aligner, Recipe

    torch.manual_seed(4)
    names = torch.nn.functional.normalize(torch.randn(1000, 384), dim=1)
    blocks, aligner = LastBlocks(published), Aligner(names, Recipe(hidden=16, dropout=0.5))
    log_lines: list[str] = []

    def log(line: str) -> None:
        log_lines.append(line)
        if stop and f"epoch {stop} of" in line:
            raise InterruptedError

    recipe = FineTuning(epochs=epochs, batch=4, cutouts=1)
    with suppress(InterruptedError):
        finetune(blocks, aligner, *materials, recipe, checkpoint, log)
    weights = [value.detach().numpy() for part in (blocks, aligner) for value in part.parameters()]
    return log_lines, weights


def test_a_run_that_was_interrupted_ends_as_an_uninterrupted_one(published, materials, tmp_path: Path) -> None:
    _, uninterrupted = trained(published, materials, tmp_path / "uninterrupted.pt", epochs=3)
    trained(published, materials, tmp_path / "interrupted.pt", epochs=3, stop=2)
    log_lines, resumed = trained(published, materials, tmp_path / "interrupted.pt", epochs=3)
    assert log_lines[0].startswith("continuing after epoch 2") and len(log_lines) == 2
    for a, b in zip(uninterrupted, resumed, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)


def test_it_changes_the_last_blocks_but_not_their_depthwise_kernels(published, materials, tmp_path: Path) -> None:
    from ingest.encoders.training.export import FROZEN_CONVOLUTIONS

    _, weights = trained(published, materials, tmp_path / "run.pt", epochs=1)
    before = [value for pair in published.convolutions[FROZEN_CONVOLUTIONS:] for value in pair]
    for old, new in zip(before, weights[: len(before)], strict=True):
        is_depthwise_kernel = old.ndim == 4 and old.shape[1] == 1
        assert np.array_equal(old, new) == is_depthwise_kernel


def test_the_contrast_is_nothing_for_perfect_vectors_and_the_logarithm_of_the_number_for_equal_ones() -> None:
    from ingest.encoders.training.train_aligner import contrastive_loss

    vectors = torch.eye(4)
    captions = vectors[:, None].repeat(1, 5, 1)
    assert float(contrastive_loss(vectors, captions, torch.tensor(100.0))) == pytest.approx(0, abs=1e-5)
    assert float(contrastive_loss(torch.ones(4, 4) / 2, captions, torch.tensor(1.0))) == pytest.approx(
        math.log(4), abs=1e-5
    )


def test_logits_do_not_diverge_from_themselves() -> None:
    from ingest.encoders.training.finetune import kl_divergence

    logits = torch.randn(3, 10)
    assert float(kl_divergence(logits, logits)) == pytest.approx(0, abs=1e-6)
    assert float(kl_divergence(logits.flip(1), logits)) > 0.1


def test_the_rate_rises_and_then_falls_to_nothing() -> None:
    from ingest.encoders.training.finetune import learning_rate_factor

    rates = [learning_rate_factor(step, 100, 0.1) for step in range(101)]
    assert rates[0] < 0.11 and max(rates) > 0.95 and rates[-1] == pytest.approx(0)
    top = rates.index(max(rates))
    assert rates[: top + 1] == sorted(rates[: top + 1]) and rates[top:] == sorted(rates[top:], reverse=True)


def test_an_epoch_shows_every_photo_once_and_cut_outs_in_every_batch(materials) -> None:
    from ingest.encoders.training.finetune import FineTuning, _batches

    photos, cutouts = materials
    shown = list(_batches(photos, cutouts, FineTuning(batch=4, cutouts=1), np.random.default_rng(5)))
    assert len(shown) == 2
    for activations, logits, captions in shown:
        assert activations.shape == (4, 120, 17, 17) and logits.shape == (4, 1000) and captions.shape == (4, 5, 384)
        assert (captions[3] == cutouts.captions).all(dim=(1, 2)).any()
    seen = torch.cat([captions[:3] for _, _, captions in shown])
    assert sorted(seen[:, 0, 0].tolist()) == sorted(photos.captions[:, 0, 0].tolist())


def test_half_of_what_is_drawn_is_mirrored_and_every_view_is_drawn(materials) -> None:
    photos, _ = materials
    activations, logits, _ = photos.draw(np.zeros(200, np.int64), np.random.default_rng(6))
    of_view = [(logits == view[0]).all(dim=1) for view in photos.logits]
    assert min(int(rows.sum()) for rows in of_view) > 70
    assert int(of_view[0].sum() + of_view[1].sum()) == 200
    plain = torch.from_numpy(photos.activations[0][0].transpose(2, 0, 1).astype(np.float32))
    first = activations[of_view[0]]
    straight, mirrored = ((first == picture).all(dim=(1, 2, 3)) for picture in (plain, plain.flip(2)))
    assert bool((straight | mirrored).all()) and min(int(straight.sum()), int(mirrored.sum())) > 25


def test_averaged_weights_lie_on_the_way_to_the_mean_of_the_runs() -> None:
    from ingest.encoders.training.finetune import average_weights

    layer = torch.nn.Linear(2, 2)
    start = {name: torch.ones_like(value) for name, value in layer.state_dict().items()}
    ends = [{name: torch.full_like(value, level) for name, value in start.items()} for level in (2.0, 4.0)]
    average_weights(layer, start, ends, 0.75)
    torch.testing.assert_close(layer.weight.detach(), torch.full((2, 2), 1 + 0.75 * 2))
