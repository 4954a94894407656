"""From torch to ONNX: exports a tower, with its weights rounded to 8 bits on request.

torch is imported here, and nowhere that runs once a tower is compiled.
"""

import io
import logging
import shutil
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

OPSET = 18
LARGEST_FILE = 1_800_000_000
"""Bytes of weights up to which a model is one file; ONNX allows no file above 2 GB."""


@dataclass(frozen=True)
class Export:
    """A torch module and what its inputs look like."""

    module: "torch.nn.Module"
    """Gives unit rows [n, dimension] for its inputs, whose first axis is n."""
    examples: "dict[str, torch.Tensor]"
    """By name, in the order of the module's arguments."""
    widths: tuple[int, int] | None
    """Smallest and largest length of the inputs' second axis, where that may vary."""


class CannotCompile(Exception):
    """The exporter does not know how to write this module as ONNX; it can still run in torch."""


def onnx_bytes(export: Export, target: Path, *, int8: bool) -> bytes:
    """The module as an ONNX model from its inputs to `vectors`; weights too large for one file go beside `target`.

    Raises CannotCompile.
    """
    with tempfile.TemporaryDirectory(prefix="nearspace-") as folder:
        model = Path(folder, target.name)
        size = sum(weight.numel() * weight.element_size() for weight in export.module.parameters())
        _export(export, model, separate_weights=size > LARGEST_FILE)
        if int8:
            rounded = Path(folder, f"int8-{target.name}")
            _round_weights(model, rounded, separate_weights=size / 4 > LARGEST_FILE)
            model = rounded
        weights = external_weights(model)
        if weights.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            _rename_weights(model, weights, external_weights(target).name)
            temporary = external_weights(target).with_suffix(".draft")
            shutil.move(weights, temporary)
            temporary.replace(external_weights(target))
        return model.read_bytes()


def external_weights(model: Path) -> Path:
    """The file of the weights of a model that is too large for one file."""
    return model.with_name(f"{model.name}.data")


@contextmanager
def silenced() -> Iterator[None]:
    """Silence the warnings, log lines and progress marks that the libraries print for their own developers."""
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings(), redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(logging.NOTSET)


def _export(export: Export, target: Path, *, separate_weights: bool) -> None:
    import torch

    axes: dict[int, object] = {0: torch.export.Dim("n", min=1, max=4096)}
    if export.widths:
        axes[1] = torch.export.Dim("tokens", min=export.widths[0], max=export.widths[1])
    try:
        with silenced(), torch.no_grad():
            torch.onnx.export(
                export.module.eval(),
                tuple(export.examples.values()),
                str(target),
                input_names=list(export.examples),
                output_names=["vectors"],
                dynamic_shapes=tuple(axes for _ in export.examples),
                opset_version=OPSET,
                dynamo=True,
                external_data=separate_weights,
                verbose=False,
            )
    except torch.onnx.OnnxExporterError as error:
        raise CannotCompile(_first_line(error)) from error


def _round_weights(source: Path, target: Path, *, separate_weights: bool) -> None:
    """Store the weights of matrix products in 8 bits; their inputs are rounded at run time."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    with silenced():
        quantize_dynamic(
            source,
            target,
            op_types_to_quantize=["MatMul", "Gemm"],
            weight_type=QuantType.QInt8,
            per_channel=True,
            use_external_data_format=separate_weights,
        )


def _rename_weights(model: Path, weights: Path, name: str) -> None:
    """Let `model` refer to its file of weights as `name`."""
    import onnx

    graph = onnx.load(model, load_external_data=False)
    for tensor in graph.graph.initializer:
        for entry in tensor.external_data:
            if entry.key == "location" and entry.value == weights.name:
                entry.value = name
    onnx.save(graph, model)


def _first_line(error: Exception) -> str:
    cause: BaseException = error.__cause__ or error
    lines: Sequence[str] = [line.strip() for line in str(cause).splitlines() if line.strip()]
    return lines[0][:200] if lines else type(cause).__name__
