"""Damaged files of arrays: what their readers raise."""

from __future__ import annotations

import struct
import zlib
from tokenize import TokenError
from zipfile import BadZipFile

DAMAGE = (
    *(OSError, EOFError, ValueError, TypeError, LookupError, ArithmeticError, MemoryError),
    *(RuntimeError, SyntaxError, AttributeError, struct.error, zlib.error, BadZipFile),
    TokenError,
)
"""What a damaged file makes of NumPy's, zipfile's, safetensors' and Pillow's readers."""
