"""The newest checkpoint, as TensorFlow's state file names it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tb_embed_plugin.runs.foreign.variables_place import newest_checkpoint


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('model_checkpoint_path: "ckpt-7"\nall_model_checkpoint_paths: "ckpt-6"\n', "ckpt-7"),
        ('all_model_checkpoint_paths: "ckpt-6"\nmodel_checkpoint_path: "ckpt-7"\n', "ckpt-7"),
        ('model_checkpoint_path: "caf\\303\\251-1"\n', "café-1"),
        ('model_checkpoint_path: "C:\\users\\x-1"\n', "C:\\users\\x-1"),
        ('all_model_checkpoint_paths: "ckpt-6"\n', ""),
        ("", ""),
    ],
)
def test_the_newest_checkpoint_is_what_the_state_file_says(
    tmp_path: Path, text: str, name: str
) -> None:
    (tmp_path / "checkpoint").write_text(text)
    assert newest_checkpoint(tmp_path) == name


def test_without_a_state_file_none_is_the_newest(tmp_path: Path) -> None:
    assert newest_checkpoint(tmp_path) == ""
