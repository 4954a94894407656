"""Builds latent spaces: reads files, encodes them and writes the vectors.  Knows nothing of the app."""

import os

__version__ = "0.1.0"

# As it is imported, ONNX Runtime writes a device id into the user's cache and looks up its collector by DNS, unless
# this variable is set; `disable_telemetry_events()` comes too late.  It is set here because no module of either
# package, and no child process or cluster worker of theirs, can import onnxruntime before `ingest`; other children
# inherit it.  It is set whatever it was: "0" would leave telemetry on, and nothing here may send anything anywhere.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
