"""Runs models: ONNX Runtime sessions, compiling from torch, devices, and caches of what was checked."""
