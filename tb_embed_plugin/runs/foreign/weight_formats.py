"""The formats of files of weights, a line each."""

from __future__ import annotations

from tb_embed_plugin.runs.foreign import hdf5, safetensors_header

FORMATS = (hdf5.FORMAT, safetensors_header.FORMAT)
