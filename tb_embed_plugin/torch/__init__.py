"""Recording for PyTorch: a recorder for any loop; callbacks in `lightning` and `transformers`.

Imported only by whoever asks for it: nothing else of the package loads PyTorch.
"""

from __future__ import annotations

from tb_embed_plugin.torch.recorder import EmbeddingRecorder

__all__ = ["EmbeddingRecorder"]
