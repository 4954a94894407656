"""The catalogue: facts about well-chosen models, small to best, English and multilingual; a new model is one entry.

Every figure is recall@1 in percent as its source has it; where no source has one, it is left out.
"""

from dataclasses import dataclass
from typing import NamedTuple


class Recall(NamedTuple):
    """Recall@1 in percent: how often the right one comes first."""

    text_to_image: float
    image_to_text: float


@dataclass(frozen=True)
class ModelFacts:
    """What is known of an encoder before it is loaded."""

    id: str
    dimension: int
    image_size: int
    text_window: int
    """Tokens of a text, special ones not counted."""
    languages: str
    parameters: float
    """In millions."""
    licence: str
    weights: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """The hub's repositories it needs, each with file names of which one is enough."""
    flickr30k: Recall | None = None
    """Zero-shot, the test split's 1,000 pictures."""
    coco: Recall | None = None
    """Zero-shot, the 5,000 pictures of the 2014 test split."""
    source: str = ""
    """Where the figures are from."""
    note: str = ""
    stored_megabytes: int = 0
    """Size of weights that are stored smaller than at four bytes each; else 0."""
    here: bool = False
    """Whether its weights are on this machine."""

    @property
    def megabytes(self) -> int:
        """Size of the weights, at four bytes each where they are not stored smaller."""
        return self.stored_megabytes or round(self.parameters * 4)


OPENCLIP_FILES = ("open_clip_model.safetensors", "open_clip_pytorch_model.bin")
_ST_FILES = ("modules.json",)
_OPENCLIP = "OpenCLIP's benchmark, docs/openclip_retrieval_results.csv"
_SIGLIP2 = "SigLIP 2 paper, table 1 (arXiv 2502.14786)"
_MOBILECLIP = "apple/ml-mobileclip, results/mobileclip_s1.jsonl"
_APPLE = "Apple's own, see its card"


def _laion(name: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return ((f"laion/{name}", OPENCLIP_FILES),)


def _timm(name: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return ((f"timm/{name}", OPENCLIP_FILES),)


def _apple(name: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return ((f"apple/{name}", OPENCLIP_FILES),)


# One model in two or three lines, so that the table can be read as one.
# fmt: off
MODELS: tuple[ModelFacts, ...] = (
    ModelFacts("openclip:MobileCLIP-S1/datacompdr", 512, 256, 75, "English", 84.9, _APPLE,
               _apple("MobileCLIP-S1-OpenCLIP"), Recall(71.0, 89.2), Recall(44.0, 62.2), _MOBILECLIP,
               "the best for its speed on a CPU"),
    ModelFacts("openclip:ViT-B-32/laion2b_s34b_b79k", 512, 224, 75, "English", 151.3, "MIT",
               _laion("CLIP-ViT-B-32-laion2B-s34B-b79K"), Recall(66.8, 84.1), Recall(39.3, 56.3), _OPENCLIP),
    ModelFacts("openclip:ViT-B-32-256/datacomp_s34b_b86k", 512, 256, 75, "English", 151.3, "MIT",
               _laion("CLIP-ViT-B-32-256x256-DataComp-s34B-b86K"), Recall(64.9, 84.8), Recall(39.9, 57.9), _OPENCLIP),
    ModelFacts("openclip:ViT-B-16/datacomp_xl_s13b_b90k", 512, 224, 75, "English", 149.6, "MIT",
               _laion("CLIP-ViT-B-16-DataComp.XL-s13B-b90K"), Recall(67.6, 85.1), Recall(40.2, 57.4), _OPENCLIP),
    ModelFacts("openclip:ViT-B-16-SigLIP/webli", 768, 224, 63, "English", 203.2, "Apache-2.0",
               _timm("ViT-B-16-SigLIP"), Recall(74.7, 89.1), Recall(47.8, 65.7), _OPENCLIP),
    ModelFacts("openclip:ViT-B-16-SigLIP-384/webli", 768, 384, 63, "English", 203.5, "Apache-2.0",
               _timm("ViT-B-16-SigLIP-384"), Recall(78.5, 92.7), Recall(49.9, 67.7), _OPENCLIP),
    ModelFacts("openclip:ViT-L-14/datacomp_xl_s13b_b90k", 768, 224, 75, "English", 427.6, "MIT",
               _laion("CLIP-ViT-L-14-DataComp.XL-s13B-b90K"), Recall(73.4, 89.0), Recall(45.7, 63.3), _OPENCLIP),
    ModelFacts("openclip:ViT-SO400M-14-SigLIP-384/webli", 1152, 384, 63, "English", 878.0, "Apache-2.0",
               _timm("ViT-SO400M-14-SigLIP-384"), Recall(83.0, 94.3), Recall(54.2, 72.4), _OPENCLIP),
    ModelFacts("openclip:ViT-H-14-378-quickgelu/dfn5b", 1024, 378, 75, "English", 986.7, _APPLE,
               _apple("DFN5B-CLIP-ViT-H-14-378"), Recall(82.0, 94.0), Recall(55.6, 71.9), _OPENCLIP),
    ModelFacts("st:clip-ViT-B-32", 512, 224, 75, "English", 151.3, "MIT (OpenAI)",
               (("sentence-transformers/clip-ViT-B-32", _ST_FILES),), Recall(58.8, 78.9), Recall(30.4, 50.1),
               f"{_OPENCLIP}, ViT-B-32 openai"),
    ModelFacts("st:clip-ViT-B-32-multilingual-v1+clip-ViT-B-32", 512, 224, 126, "50 and more", 286.1,
               "Apache-2.0 and MIT (OpenAI)",
               (("sentence-transformers/clip-ViT-B-32-multilingual-v1", _ST_FILES),
                ("sentence-transformers/clip-ViT-B-32", _ST_FILES)),
               note="the longest window; its text tower was trained from the English one"),
    ModelFacts("openclip:xlm-roberta-base-ViT-B-32/laion5b_s13b_b90k", 512, 224, 75, "100", 366.1, "MIT",
               _laion("CLIP-ViT-B-32-xlm-roberta-base-laion5B-s13B-b90k"), Recall(64.5, 82.7), Recall(37.8, 53.5),
               _OPENCLIP),
    ModelFacts("openclip:ViT-B-16-SigLIP-i18n-256/webli", 768, 256, 63, "100", 370.6, "Apache-2.0",
               _timm("ViT-B-16-SigLIP-i18n-256"), Recall(72.2, 89.6), Recall(44.9, 64.5), _OPENCLIP),
    ModelFacts("openclip:ViT-B-16-SigLIP2/webli", 768, 224, 63, "109", 375.2, "Apache-2.0",
               _timm("ViT-B-16-SigLIP2"), None, Recall(52.1, 68.9), _SIGLIP2, "a good first choice"),
    ModelFacts("openclip:ViT-B-16-SigLIP2-256/webli", 768, 256, 63, "109", 375.2, "Apache-2.0",
               _timm("ViT-B-16-SigLIP2-256"), None, Recall(53.2, 69.7), _SIGLIP2),
    ModelFacts("openclip:ViT-SO400M-16-SigLIP2-512/webli", 1152, 512, 63, "109", 1136.6, "Apache-2.0",
               _timm("ViT-SO400M-16-SigLIP2-512"), None, Recall(56.0, 71.3), _SIGLIP2, "the best, for a graphics card"),
    ModelFacts("openclip:xlm-roberta-large-ViT-H-14/frozen_laion5b_s13b_b90k", 1024, 224, 75, "100", 1193.0, "MIT",
               _laion("CLIP-ViT-H-14-frozen-xlm-roberta-large-laion5B-s13B-b90k"), Recall(77.4, 91.8),
               Recall(49.2, 66.0), _OPENCLIP),
)
# fmt: on


def licence_of(encoder_id: str) -> str:
    """The licence of a model of this table; '' for any other."""
    plain = encoder_id.removesuffix("@int8")
    return next((model.licence for model in MODELS if model.id == plain), "")
