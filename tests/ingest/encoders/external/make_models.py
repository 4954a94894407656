"""Makes small checkpoints with random weights, as model folders that OpenCLIP and sentence-transformers load."""

import json
from pathlib import Path
from typing import Any

CONTEXT = 20
"""Tokens of the small text towers, special ones counted."""
WORDS = "a photo of the dog cat red blue boat sea two children ride bicycles through rain past old harbour".split()  # noqa: SIM905


def openclip_folder(
    folder: Path,
    *,
    text: dict[str, Any] | None = None,
    preprocess: dict[str, Any] | None = None,
    custom_text: bool = False,
    context: int = CONTEXT,
    seed: int = 0,
) -> Path:
    """A folder for `openclip:local-dir:`: a configuration and weights as safetensors."""
    import open_clip
    import torch
    from safetensors.torch import save_file

    config: dict[str, Any] = {
        "embed_dim": 24,
        "vision_cfg": {"image_size": 32, "layers": 2, "width": 32, "head_width": 16, "patch_size": 8},
        "text_cfg": {"context_length": context, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 2},
    }
    config["text_cfg"] |= text or {}
    if custom_text:
        config["custom_text"] = True
    torch.manual_seed(seed)
    kind = open_clip.CustomTextCLIP if custom_text or "hf_model_name" in config["text_cfg"] else open_clip.CLIP
    settings = {key: value for key, value in config.items() if key != "custom_text"}
    if "hf_model_name" in config["text_cfg"]:
        inside = {"hf_model_name": str(folder / config["text_cfg"]["hf_model_name"]), "hf_model_pretrained": False}
        settings["text_cfg"] = config["text_cfg"] | inside
    model = kind(**settings)
    folder.mkdir(parents=True, exist_ok=True)
    prepared = {"mean": [0.48, 0.46, 0.41], "std": [0.27, 0.26, 0.28], "interpolation": "bicubic"} | (preprocess or {})
    content = {"model_cfg": config, "preprocess_cfg": prepared}
    (folder / "open_clip_config.json").write_text(json.dumps(content), encoding="utf-8")
    weights = {name: tensor.contiguous().clone() for name, tensor in model.state_dict().items()}
    save_file(weights, folder / "open_clip_model.safetensors")
    (folder / "README.md").write_text("---\nlicense: cc-by-4.0\n---\n# A model\n", encoding="utf-8")
    return folder


def word_tokenizer(folder: Path, *, pad: str = "[PAD]", framed: bool = True) -> Path:
    """A tokeniser of words and their pieces in `folder`, as transformers keeps it."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    letters = "abcdefghijklmnopqrstuvwxyzäöüé0123456789.,;:!?'-&"
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
    vocabulary = dict.fromkeys([*special, *WORDS, *letters, *(f"##{letter}" for letter in letters)])
    numbered = {token: number for number, token in enumerate(vocabulary)}
    tokenizer = Tokenizer(models.WordPiece(numbered, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    if framed:
        tokenizer.post_processor = processors.TemplateProcessing(
            single="[CLS] $A [SEP]", special_tokens=[("[CLS]", numbered["[CLS]"]), ("[SEP]", numbered["[SEP]"])]
        )
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        unk_token="[UNK]",
        pad_token=pad,
        cls_token="[CLS]",
        sep_token="[SEP]",
        bos_token="[CLS]",
        eos_token="[SEP]",
        model_max_length=CONTEXT,
    )
    folder.mkdir(parents=True, exist_ok=True)
    fast.save_pretrained(folder)
    return folder


def siglip_like_folder(folder: Path) -> Path:
    """An OpenCLIP folder as SigLIP's are: no causal mask, the last place pooled, punctuation dropped, squashed."""
    word_tokenizer(folder)
    text = {
        "hf_tokenizer_name": "timm/none",
        "tokenizer_kwargs": {"clean": "canonicalize"},
        "no_causal_mask": True,
        "pool_type": "last",
        "vocab_size": 200,
        "proj_bias": True,
    }
    preprocess = {"resize_mode": "squash", "interpolation": "bilinear", "mean": [0.5] * 3, "std": [0.5] * 3}
    return openclip_folder(folder, text=text, preprocess=preprocess, custom_text=True)


def roberta_like_folder(folder: Path) -> Path:
    """An OpenCLIP folder whose text tower is one of transformers, as that of the XLM-RoBERTa models is."""
    from transformers import XLMRobertaConfig

    word_tokenizer(folder)
    config = XLMRobertaConfig(
        vocab_size=200,
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=64,
        pad_token_id=0,
    )
    config.save_pretrained(folder / "text")
    text = {"hf_model_name": "text", "hf_tokenizer_name": "none/none", "hf_proj_type": "mlp"}
    return openclip_folder(folder, text=text)


def clip_st_folder(folder: Path, *, layout: str = "CLIPModel") -> Path:
    """A sentence-transformers model of texts and pictures: a small CLIP of transformers with its processor."""
    import torch
    from transformers import CLIPConfig, CLIPImageProcessor, CLIPModel, CLIPProcessor

    # Where sentence-transformers' older CLIP models keep theirs; newer ones are saved by the package itself.
    inner = folder / "0_CLIPModel" if layout == "CLIPModel" else folder.with_name(f"{folder.name}-bare")
    word_tokenizer(inner)
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(inner)
    config = CLIPConfig(
        text_config={
            "hidden_size": 32,
            "intermediate_size": 64,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "vocab_size": 200,
            "max_position_embeddings": CONTEXT,
            "bos_token_id": 2,
            "eos_token_id": 3,
            "pad_token_id": 0,
        },
        vision_config={
            "hidden_size": 32,
            "intermediate_size": 64,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "image_size": 32,
            "patch_size": 8,
        },
        projection_dim=24,
    )
    torch.manual_seed(1)
    CLIPModel(config).save_pretrained(inner)
    pictures = CLIPImageProcessor(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32})
    CLIPProcessor(pictures, tokenizer).save_pretrained(inner)
    if layout == "CLIPModel":
        modules = [{"idx": 0, "name": "0", "path": inner.name, "type": "sentence_transformers.models.CLIPModel"}]
        (folder / "modules.json").write_text(json.dumps(modules), encoding="utf-8")
        (folder / "config_sentence_transformers.json").write_text("{}", encoding="utf-8")
        return folder
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.models import Transformer

    SentenceTransformer(modules=[Transformer(str(inner))]).save(str(folder))
    return folder


def text_st_folder(folder: Path, *, dimension: int = 24, window: int = 30) -> Path:
    """A sentence-transformers text tower as the multilingual CLIP's is: DistilBERT, mean pooling, a dense layer."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.models import Dense, Pooling, Transformer
    from transformers import DistilBertConfig, DistilBertModel

    bare = word_tokenizer(folder.with_name(f"{folder.name}-bare"))
    torch.manual_seed(2)
    DistilBertModel(DistilBertConfig(vocab_size=200, dim=32, hidden_dim=64, n_layers=2, n_heads=2)).save_pretrained(
        bare
    )
    transformer = Transformer(str(bare), max_seq_length=window)
    dense = Dense(32, dimension, bias=False, activation_function=torch.nn.Identity())
    SentenceTransformer(modules=[transformer, Pooling(32), dense]).save(str(folder))
    return folder
