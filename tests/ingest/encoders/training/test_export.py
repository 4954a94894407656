"""The exported image tower computes what the torch modules do; needs the extra `train`."""

import numpy as np
import pytest

from ingest.encoders.lite.reference_outputs import reference_pictures
from ingest.encoders.runtime.onnx import open_session

torch = pytest.importorskip("torch", reason="the extra `train` is not installed")


@pytest.fixture(scope="module")
def tower():
    from ingest.encoders.training.efficientnet_lite2 import EfficientNetLite2

    torch.manual_seed(1)
    tower = EfficientNetLite2()
    for module in tower.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 2.0)
            torch.nn.init.uniform_(module.weight, 0.5, 2.0)
    return tower.eval()


def torch_features(tower, pixels):
    with torch.inference_mode():
        return tower((torch.from_numpy(pixels).permute(0, 3, 1, 2).float() - 127) / 128)


def with_outputs(model: bytes, *names: str) -> bytes:
    """The model with the tensors called `names` as its outputs."""
    import onnx

    loaded = onnx.load_from_string(model)
    del loaded.graph.output[:]
    loaded.graph.output.extend(onnx.helper.make_tensor_value_info(name, 1, None) for name in names)
    return loaded.SerializeToString()


def test_the_exported_tower_and_aligner_agree_with_torch(tower) -> None:
    from ingest.encoders.training.export import EXACT, SMALL, fold, image_model
    from ingest.encoders.training.train_aligner import Aligner, Recipe
    from ingest.encoders.training.write_reference import image_vectors

    aligner = Aligner(torch.randn(1000, 384), Recipe(hidden=64)).eval()
    torch.nn.init.normal_(aligner.out.weight)
    pixels = reference_pictures()[:3]
    pooled, logits = torch_features(tower, pixels)
    with torch.inference_mode():
        vectors = aligner(pooled, logits).numpy()

    exact, weights = fold(tower), aligner.weights()
    model = image_model(exact, weights, EXACT)
    whole = open_session(model).run(["vectors"], {"pixels": pixels})[0]
    np.testing.assert_allclose(whole, vectors, atol=1e-5)
    found = open_session(with_outputs(model, "pooled", "logits")).run(["pooled", "logits"], {"pixels": pixels})
    np.testing.assert_allclose(found[0], pooled.numpy(), atol=1e-4)
    np.testing.assert_allclose(found[1], logits.numpy(), atol=1e-4)

    rounded = exact.rounded(SMALL)
    stored = open_session(image_model(rounded, weights, SMALL)).run(["vectors"], {"pixels": pixels})[0]
    np.testing.assert_allclose(stored, image_vectors(rounded, weights.rounded(SMALL), pixels), atol=1e-5)
    assert (stored * vectors).sum(axis=1).min() > 0.98


def test_the_last_blocks_take_up_where_the_exported_first_ones_end(tower) -> None:
    from ingest.encoders.training.export import ACTIVATION_SHAPE, first_blocks_model, fold
    from ingest.encoders.training.last_blocks import LastBlocks, run_blocks

    pixels = reference_pictures()
    pooled, logits = torch_features(tower, pixels)
    folded = fold(tower)
    (activations,) = open_session(first_blocks_model(folded)).run(["activations"], {"pixels": pixels})
    assert activations.shape == (len(pixels), *ACTIVATION_SHAPE) and activations.dtype == np.float16
    found = run_blocks(LastBlocks(folded), activations)
    # The activations are kept in 16 bits.
    np.testing.assert_allclose(found[0], pooled, atol=0.01 * float(pooled.abs().max()))
    np.testing.assert_allclose(found[1], logits, atol=0.01 * float(logits.abs().max()))


def test_fine_tuned_blocks_are_what_the_exported_tower_computes(tower) -> None:
    from ingest.encoders.training.export import EXACT, AlignerWeights, first_blocks_model, fold, image_model
    from ingest.encoders.training.last_blocks import LastBlocks, run_blocks

    folded, pixels = fold(tower), reference_pictures()
    blocks = LastBlocks(folded)
    with torch.no_grad():
        for parameter in blocks.parameters():
            parameter.mul_(1 + 0.1 * torch.rand_like(parameter))
    (activations,) = open_session(first_blocks_model(folded)).run(["activations"], {"pixels": pixels})
    pooled, logits = run_blocks(blocks, activations)
    nothing = np.zeros((4, 1280), np.float32), np.zeros(4, np.float32)
    aligner = AlignerWeights(
        nothing, (np.zeros((3, 4), np.float32), np.ones(3, np.float32)), np.ones((1000, 3), np.float32)
    )
    model = image_model(blocks.merged_into(folded), aligner, EXACT)
    found = open_session(with_outputs(model, "pooled", "logits")).run(["pooled", "logits"], {"pixels": pixels})
    np.testing.assert_allclose(found[0], pooled, atol=0.01 * float(pooled.abs().max()))
    np.testing.assert_allclose(found[1], logits, atol=0.01 * float(logits.abs().max()))
    published = torch_features(tower, pixels)[1]
    assert float((published - logits).abs().max()) > 0.05 * float(logits.abs().max()), "the blocks were not exchanged"
