"""The exported image tower computes what the torch modules do; needs the extra `train`."""

import numpy as np
import pytest

from ingest.encoders.onnx import open_session
from ingest.encoders.reference import reference_pictures

torch = pytest.importorskip("torch", reason="the extra `train` is not installed")


def test_the_exported_tower_and_aligner_agree_with_torch() -> None:
    from ingest.encoders.training.aligner import Aligner, Recipe
    from ingest.encoders.training.efficientnet_lite2 import EfficientNetLite2
    from ingest.encoders.training.export import EXACT, SMALL, features_model, fold, image_model
    from ingest.encoders.training.reference import image_vectors

    torch.manual_seed(1)
    tower = EfficientNetLite2()
    for module in tower.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 2.0)
            torch.nn.init.uniform_(module.weight, 0.5, 2.0)
    tower.eval()
    aligner = Aligner(torch.randn(1000, 384), Recipe(hidden=64)).eval()
    torch.nn.init.normal_(aligner.out.weight)
    pixels = reference_pictures()[:3]
    with torch.inference_mode():
        pooled, logits = tower((torch.from_numpy(pixels).permute(0, 3, 1, 2).float() - 127) / 128)
        vectors = aligner(pooled, logits).numpy()

    exact = fold(tower)
    found = open_session(features_model(exact)).run(["pooled", "logits"], {"pixels": pixels})
    np.testing.assert_allclose(found[0], pooled.numpy(), atol=1e-4)
    np.testing.assert_allclose(found[1], logits.numpy(), atol=1e-4)
    weights = aligner.weights()
    whole = open_session(image_model(exact, weights, EXACT)).run(["vectors"], {"pixels": pixels})[0]
    np.testing.assert_allclose(whole, vectors, atol=1e-5)

    rounded = fold(tower, SMALL)
    stored = open_session(image_model(rounded, weights, SMALL)).run(["vectors"], {"pixels": pixels})[0]
    np.testing.assert_allclose(stored, image_vectors(rounded, weights.rounded(SMALL), pixels), atol=1e-5)
    assert (stored * vectors).sum(axis=1).min() > 0.98
