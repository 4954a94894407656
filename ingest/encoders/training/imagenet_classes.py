"""The 1,000 ImageNet classes that the tower was trained on."""

from importlib.util import find_spec
from pathlib import Path

from ingest.errors import WeightsError


def synsets() -> list[str]:
    """The WordNet ids of the classes, in the classifier's order."""
    return _timm("imagenet_synsets.txt").split()


def class_names() -> list[str]:
    """The first name of each class, in the classifier's order."""
    lemmas = dict(line.split("\t") for line in _timm("imagenet_synset_to_lemma.txt").splitlines())
    return [lemmas[synset].split(",")[0] for synset in synsets()]


def _timm(name: str) -> str:
    # Found, not imported: importing timm needs torchvision.
    spec = find_spec("timm")
    if spec is None or spec.origin is None:
        raise WeightsError("The class names come from the package timm. Run `pip install --no-deps timm`.")
    return Path(spec.origin).parent.joinpath("data", "_info", name).read_text(encoding="utf-8")
