"""Asks a space: the Streamlit app of Nearspace."""

import ingest  # noqa: F401 - turns the telemetry of ONNX Runtime off, before anything can import it
