"""Facts from Hugging Face's model folders and tokenisers."""

import re
from pathlib import Path
from typing import Any

from ingest.errors import EncoderError

TOKENIZER_FILES = [
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.txt",
    "vocab.json",
    "merges.txt",
    "*.model",
]
_SUFFICIENT_FILES = (
    "tokenizer.json",
    "vocab.txt",
    "vocab.json",
    "tokenizer.model",
    "spiece.model",
    "sentencepiece.bpe.model",
)


def tokenizer_lacking(folder: Path) -> str:
    """What a folder lacks to load a tokeniser from; '' if it lacks nothing."""
    return "" if any((folder / name).is_file() for name in _SUFFICIENT_FILES) else "tokenizer.json"


def tokenizer_files(folder: Path) -> list[Path]:
    """The files of `folder` that decide its tokeniser, sorted by name."""
    return sorted({file for pattern in TOKENIZER_FILES for file in folder.glob(pattern)})


def tokenizer_json(tokenizer: Any, encoder_id: str) -> str:
    """A tokeniser of transformers in the JSON of the `tokenizers` library; raises EncoderError if it has none."""
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is None:
        raise EncoderError(
            f"The tokeniser of {encoder_id}, {type(tokenizer).__name__}, has no form in which Nearspace can run it. "
            "Use a model whose folder has a tokenizer.json."
        )
    return str(backend.to_str())


def special_ids(tokenizer: Any) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The ids that a tokeniser of transformers puts before and after a text's own."""
    alone = tokenizer("a", add_special_tokens=False)["input_ids"]
    extended = tokenizer("a")["input_ids"]
    for start in range(len(extended) - len(alone) + 1):
        if extended[start : start + len(alone)] == alone:
            return tuple(extended[:start]), tuple(extended[start + len(alone) :])
    raise EncoderError(
        f"The tokeniser {type(tokenizer).__name__} changes tokens when it adds special ones. Use another model."
    )


def licence_in(folder: Path) -> str:
    """The licence in the front matter of the folder's README.md; '' if there is none."""
    try:
        text = (folder / "README.md").read_text(encoding="utf-8", errors="replace")[:20_000]
    except OSError:
        return ""
    found = re.search(r"\A---\s*\n(.*?)\n---", text, re.DOTALL)
    licence = re.search(r"^licen[sc]e(?:_name)?:[ \t]*[\"']?([^\s\"'#]+)", found[1], re.MULTILINE) if found else None
    return licence[1] if licence else ""
