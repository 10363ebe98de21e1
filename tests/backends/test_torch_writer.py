"""What PyTorch's own `SummaryWriter.add_embedding` wrote, read back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch.utils.tensorboard import SummaryWriter

from tests.harness import find_run


def test_tags_and_steps_of_several_writers_are_read(tmp_path: Path) -> None:
    generator = torch.Generator().manual_seed(0)
    mats = {
        step: torch.randn(16, 6, generator=generator) * 10.0 ** (step % 30)
        for step in (0, 7, 250, 99_999, 1_000_000)
    }
    images = torch.rand(16, 3, 8, 8, generator=generator)
    rows = [[f"word {i}", str(i % 4)] for i in range(16)]
    # A training that goes on makes a new writer, which begins the configuration anew.
    for steps in ((0, 7), (250, 99_999, 1_000_000)):
        with SummaryWriter(tmp_path) as writer:
            for step in steps:
                writer.add_embedding(
                    mats[step],
                    metadata=rows,
                    metadata_header=["word", "kind"],
                    label_img=images,
                    global_step=step,
                    tag="encoder/50%",
                )
                writer.add_embedding(mats[step][:5].half(), global_step=step)

    run = find_run(tmp_path)
    assert run.writer == "torch"
    assert run.problems == []
    assert {layer.name: layer.steps for layer in run.layers} == {
        "encoder/50%": tuple(mats),
        "default": tuple(mats),
    }
    for step, mat in mats.items():
        np.testing.assert_array_equal(run.snapshot("encoder/50%", step), mat.numpy())
        half = mat[:5].half().float().numpy()
        np.testing.assert_array_equal(run.snapshot("default", step), half)
    columns = {column.name: list(column.cells) for column in run.columns("encoder/50%")}
    assert columns == {"word": [row[0] for row in rows], "kind": [row[1] for row in rows]}
    sprite = run.layer("encoder/50%").sprite
    assert sprite is not None
    assert (sprite.cell, sprite.columns, sprite.channels) == ((8, 8), 4, 3)


def test_not_a_number_is_read_and_told(tmp_path: Path) -> None:
    mat = torch.tensor([[1.0, float("nan")], [float("inf"), -2.0], [3.0, 4.0]])
    with SummaryWriter(tmp_path) as writer:
        writer.add_embedding(mat)
    run = find_run(tmp_path)
    np.testing.assert_array_equal(run.snapshot("default", 0), mat.numpy())
    assert run.layers[0].drawable == []
