"""The manifest: written, read, refused."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tb_embed_plugin.errors import UnreadableError
from tb_embed_plugin.runs.manifest import (
    ColumnInfo,
    Layer,
    Manifest,
    OutputsInfo,
    SpriteInfo,
    SpritePages,
    Step,
)

MANIFEST = Manifest(
    samples=3,
    fingerprint="abc",
    layers=(Layer("fc1", 2), Layer("encoder/ü", 5)),
    steps=(Step(0, "epoch", 0, None, 1.5, 0), Step(4, "epoch", 4, None, 2.5, 40)),
    columns=(ColumnInfo("index", "number"), ColumnInfo("label", "category")),
    sprite=SpriteInfo((8, 9), 2, 1, SpritePages(3, (16, 18), 1)),
    outputs=OutputsInfo(3, "logits", "fc1", ("cat", "dög", "")),
    recording=True,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


def test_it_reads_what_it_wrote() -> None:
    assert Manifest.from_json(MANIFEST.to_json()) == MANIFEST


def test_a_manifest_of_the_first_releases_has_no_pages() -> None:
    content = json.loads(MANIFEST.to_json())
    del content["sprite"]["pages"]

    assert Manifest.from_json(json.dumps(content).encode()).sprite == SpriteInfo((8, 9), 2, 1)


def test_a_manifest_of_the_first_releases_names_no_classes_and_no_head() -> None:
    content = json.loads(MANIFEST.to_json())
    del content["outputs"]["names"], content["outputs"]["head"]

    assert Manifest.from_json(json.dumps(content).encode()).outputs == OutputsInfo(3, "logits")


def test_each_class_has_a_name_or_none_has() -> None:
    content = json.loads(MANIFEST.to_json())
    content["outputs"]["names"].append("eel")

    with pytest.raises(UnreadableError, match="4 names where those of 3 classes go"):
        Manifest.from_json(json.dumps(content).encode())


def test_steps_are_kept_in_order_and_replaced() -> None:
    late, early = Step(9, "epoch", 9, None, 0, 0), Step(2, "epoch", 2, None, 0, 0)
    again = Step(4, "epoch", 4, None, 99, 0)
    steps = MANIFEST.with_step(late).with_step(early).with_step(again).steps

    assert [step.step for step in steps] == [0, 2, 4, 9]
    assert steps[2].wall_time == 99


def test_a_newer_format_is_refused_by_name() -> None:
    newer = MANIFEST.to_json().replace(b'"format_version": 2', b'"format_version": 3')

    with pytest.raises(
        UnreadableError,
        match="format version 3, but this tb-embed-plugin reads version 2; update",
    ):
        Manifest.from_json(newer)


@given(st.sampled_from(sorted(json.loads(MANIFEST.to_json()))), JSON)
def test_any_value_anywhere_is_read_or_a_stated_problem(key: str, value: Any) -> None:
    content = json.loads(MANIFEST.to_json()) | {key: value}
    try:
        Manifest.from_json(json.dumps(content).encode())
    except UnreadableError as error:
        assert "the manifest " in str(error)


@given(st.binary())
def test_any_bytes_are_a_stated_problem(data: bytes) -> None:
    with pytest.raises(UnreadableError, match="the manifest "):
        Manifest.from_json(data)


def test_a_manifest_of_version_1_is_read() -> None:
    stored = b"""{
 "format_version": 1, "samples": 2, "fingerprint": "abc",
 "layers": [{"name": "fc1", "units": 3}],
 "steps": [{"step": 1, "unit": "epoch", "epoch": 1, "batch": null, "wall_time": 1.5,
            "iterations": 8, "not_finite": []}],
 "columns": [{"name": "index", "type": "number"}],
 "sprite": null, "outputs": null, "recording": false
}"""
    manifest = Manifest.from_json(stored)

    assert manifest.steps == (Step(1, "epoch", 1, None, 1.5, 8),)
    assert manifest.live_steps == manifest.steps
    assert (manifest.phases, manifest.apart) == ((), False)


def test_steps_that_are_known_are_taken_and_changed_ones_read() -> None:
    before = Manifest.from_json(MANIFEST.to_json())
    changed = replace(before.steps[1], superseded=True)
    new = Step(9, "epoch", 9, None, 3.5, 90)
    data = before.with_step(changed).with_step(new).to_json()
    after = Manifest.from_json(data, before.steps)

    assert after == Manifest.from_json(data)
    assert after.steps == (before.steps[0], changed, new)
    assert after.steps[0] is before.steps[0]
