"""The models kept with a run: a Keras archive a snapshot, and what was recorded of it.

Nothing here loads a model; that is done in a user's own process (`recording.kept_model`).
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

from tb_embed_plugin.errors import NotRecordedError, UnreadableError
from tb_embed_plugin.metadata import MODELS_FOLDER
from tb_embed_plugin.runs.atomic import remove, replaced, write_bytes
from tb_embed_plugin.runs.json_fields import finite, text
from tb_embed_plugin.runs.manifest import Step
from tb_embed_plugin.runs.reading import read_file
from tb_embed_plugin.runs.run import Run
from tb_embed_plugin.runs.safe_path import confined
from tb_embed_plugin.wording import listed

MAX_FACTS_BYTES = 1 << 20
"""What was recorded of a kept model."""


@dataclass(frozen=True)
class KeptPass:
    """The recorded part of a model's pass, by which activations are computed again.

    Attributes:
        pooling: How each recorded layer's activations become rows, by the layer's name.
        mask: The key of the inputs that is the mask, None where it is found by its name.
        floatx: Keras' dtype for floating-point inputs when the run was recorded.
        data_format: Keras' own order of the axes of images then.
        limits: The smallest and the largest number of the recorded inputs, where they are one
            array shaped as images; else None.
    """

    pooling: Mapping[str, str]
    mask: str | None
    floatx: str
    data_format: str
    limits: tuple[float, float] | None = None


def write_model(
    run_dir: Path, step: Step, kept: KeptPass, save: Callable[[BinaryIO], None]
) -> None:
    """Writes the model of a snapshot; what says so comes last.

    Args:
        run_dir: The run's directory.
        step: The snapshot.
        kept: What is recorded of the model.
        save: Writes the archive into an open file.

    Raises:
        OSError: It cannot be written.
    """
    remove(run_dir, _facts_file(step.step))
    with replaced(run_dir, _archive_file(step.step)) as file:
        save(file)
    facts = {"digest": step.digest, **asdict(kept)}
    write_bytes(run_dir, _facts_file(step.step), json.dumps(facts).encode())


def remove_model(run_dir: Path, step: int) -> None:
    """Deletes the model of a snapshot, if one was kept.

    Raises:
        OSError: It cannot be deleted.
    """
    remove(run_dir, *model_files(step))


def model_files(step: int) -> list[str]:
    """Returns the files of a snapshot's model, relative to the run."""
    return [_facts_file(step), _archive_file(step)]


def steps_with_models(run: Run) -> list[int]:
    """Returns the steps of a run whose models were kept, ascending."""
    found = []
    for step in run.step_facts if run.writer == "tb_embed" else ():
        with contextlib.suppress(NotRecordedError):
            kept_pass(run, step.step)
            found.append(step.step)
    return found


def kept_pass(run: Run, step: int) -> KeptPass:
    """Returns what was recorded of a step's model.

    Raises:
        NotRecordedError: No model was kept with the step.
        UnreadableError: What says so is damaged.
    """
    known = {facts.step: facts for facts in run.step_facts}
    digest, kept = _facts(run, step) if step in known else (None, None)
    # A file of that name may be left over from a training that was killed.
    if kept is None or digest != known[step].digest:
        have = [s for s in known if (run.path / _archive_file(s)).exists() and s != step]
        raise NotRecordedError(
            f"run {run.name!r} keeps no model of step {step}, but of {listed(have)}; record "
            "with EmbeddingCheckpoint(..., keep_model=True), or pass activations"
        )
    return kept


def model_archive(run: Run, step: int) -> Path:
    """Returns the archive of a step's model, which must have been kept.

    Raises:
        UnreadableError: It is a link that leads out of the run.
    """
    return confined(run.path, _archive_file(step))


def _facts(run: Run, step: int) -> tuple[str | None, KeptPass | None]:
    try:
        path = confined(run.path, _facts_file(step))
        content = json.loads(read_file(path, MAX_FACTS_BYTES, "record the run again"))
    except FileNotFoundError:
        return None, None
    except (OSError, ValueError, RecursionError) as error:
        raise _damaged(run, step) from error
    match content:
        case {
            "digest": str() | None as digest,
            "pooling": dict(pooling),
            "mask": str() | None as mask,
            "floatx": str(floatx),
            "data_format": str(data_format),
        }:
            with contextlib.suppress(TypeError, ValueError):
                named = {name: text(how) for name, how in pooling.items()}
                limits = _limits(content.get("limits"))
                return digest, KeptPass(named, mask, floatx, data_format, limits)
    raise _damaged(run, step)


def _limits(found: object) -> tuple[float, float] | None:
    """Returns the limits that a file names; the first runs that kept models name none."""
    match found:
        case None:
            return None
        case [low, high]:
            return finite(low), finite(high)
    raise ValueError(f"{found!r} where two numbers or null go")


def _damaged(run: Run, step: int) -> UnreadableError:
    return UnreadableError(
        f"{_facts_file(step)} of run {run.name!r} is damaged; restore it, or record the run "
        "again"
    )


def _archive_file(step: int) -> str:
    return f"{MODELS_FOLDER}/model-{step}.keras"


def _facts_file(step: int) -> str:
    return f"{MODELS_FOLDER}/model-{step}.json"
