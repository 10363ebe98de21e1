"""Names that the training side, the server and the files on disk share."""

from __future__ import annotations

from typing import Final, Literal

PLUGIN_NAME: Final = "tb_embed"
"""Name of the plugin in TensorBoard's URLs, in event files and below `<run>/plugins/`."""

TAB_NAME: Final = "Embeddings"

FORMAT_VERSION: Final = 2
"""Version of the run format (docs/run_format.md); readers refuse a newer one."""

READABLE_VERSIONS: Final = (1, 2)

MANIFEST_FILE: Final = f"plugins/{PLUGIN_NAME}/manifest.json"
LOCK_FILE: Final = f"plugins/{PLUGIN_NAME}/recording.lock"
RECORDER_FILE: Final = f"plugins/{PLUGIN_NAME}/recorder.json"
EVENT_FILE: Final = f"events.out.tfevents.0000000000.{PLUGIN_NAME}"
METADATA_FILE: Final = "metadata.tsv"
SPRITE_FILE: Final = "sprite_images.png"
CACHE_FOLDER: Final = f"plugins/{PLUGIN_NAME}/cache"
SPRITE_PAGES_FOLDER: Final = f"plugins/{PLUGIN_NAME}/sprites"
OWN_CHECKPOINT_FOLDER: Final = f"plugins/{PLUGIN_NAME}/checkpoints"
MODELS_FOLDER: Final = f"plugins/{PLUGIN_NAME}/models"
PARTS_FOLDER: Final = f"plugins/{PLUGIN_NAME}/parts"
PROJECTOR_CONFIG_FILE: Final = "projector_config.pbtxt"
CHECKPOINT_STATE_FILE: Final = "checkpoint"

OUTPUTS_TENSOR: Final = f"{PLUGIN_NAME}/outputs"
"""Name of the tensor that holds the model's outputs beside the layers' activations."""

HEAD_KERNEL_TENSOR: Final = f"{PLUGIN_NAME}/head/kernel"
HEAD_BIAS_TENSOR: Final = f"{PLUGIN_NAME}/head/bias"
"""Names of the tensors by which a recorded layer's activations become the logits."""

START_HEADER: Final = "X-TB-Embed"
"""Header of a request that starts or ends a job."""

PAGE_HEADER: Final = "X-TB-Embed-Page"
"""Header by which a page says which one it is, so that the server can be fair to others."""

OutputsKind = Literal["logits", "probabilities"]
"""What the model's outputs are."""

OutputsChoice = OutputsKind | Literal["auto"] | None
"""The kind of the model's outputs, as the user passed it; None to record none."""

MAX_UNITS: Final = 4096
"""Wider layers are neither recorded nor projected: PCA needs n_units x n_units float64."""

MAX_OUTPUT_CLASSES: Final = 1000
"""Outputs wider than this are not recorded."""


def checkpoint_name(step: int) -> str:
    """Returns the file name prefix of the checkpoint of `step`, relative to the run."""
    return f"model.ckpt-{step}"


def sprite_page_file(page: int) -> str:
    """Returns the file of a page of full-size thumbnails, relative to the run."""
    return f"{SPRITE_PAGES_FOLDER}/page-{page}.png"
