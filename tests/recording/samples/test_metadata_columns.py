"""Labels and metadata of every kind: in our API and in the stock Projector."""

from __future__ import annotations

import datetime as dt
import itertools
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import safetensors.numpy
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from tensorboard.plugins.projector.projector_plugin import ProjectorPlugin

from tb_embed_plugin import EmbeddingCheckpoint, MisuseError
from tb_embed_plugin.plugin import EmbeddingsPlugin
from tb_embed_plugin.recording.samples.cells import cell_text
from tb_embed_plugin.recording.samples.metadata_columns import metadata_columns
from tb_embed_plugin.recording.samples.samples import prepare_samples
from tb_embed_plugin.runs.tables.metadata_table import Column, read_table, write_table
from tests.harness import client_for

Digits = tuple[NDArray[np.float32], NDArray[np.int64]]
MakeModel = Callable[..., Any]

ANY_TEXT = st.text(st.characters(exclude_categories=[]), max_size=6)
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-(10**400), 10**400),
    st.floats(),
    st.floats(width=32).map(np.float32),
    st.decimals(),
    st.datetimes(),
    st.dates(),
    st.binary(max_size=6),
    ANY_TEXT,
    st.sampled_from([pd.NA, pd.NaT, np.datetime64("NaT"), np.int64(2**62), 10**5000]),
)


def label_cells(labels: Any, **options: Any) -> list[str]:
    n_samples = len(labels)
    samples = prepare_samples(
        np.zeros((n_samples, 2)),
        floatx="float32",
        labels=labels,
        images=None,
        metadata=None,
        image_shape=None,
        invert_images=False,
        **options,
    )
    return list(samples.columns[1].cells)


def train(run_dir: Path, digits: Digits, make_model: MakeModel, **options: Any) -> None:
    """Trains a step or two and records the first samples."""
    x, y = digits
    callback = EmbeddingCheckpoint(run_dir, x[:8], images=False, **options)
    make_model().fit(x, y, epochs=1, batch_size=1024, verbose=0, callbacks=[callback])


def as_the_page_reads(logdir: Path) -> dict[str, list[Any]]:
    """Column by column what our API answers, decoded as documented: missing is None."""
    client = client_for(logdir, EmbeddingsPlugin)
    query = {"run": "run", "layer": "fc1"}
    body = client.get("/data/plugin/tb_embed/metadata", query_string=query).data
    tensors = safetensors.numpy.load(body)
    header = json.loads(body[8 : 8 + int.from_bytes(body[:8], "little")])

    def strings(name: str) -> list[str]:
        data, offsets = tensors[f"{name}.bytes"].tobytes(), tensors[f"{name}.offsets"]
        return [data[a:b].decode() for a, b in itertools.pairwise(offsets)]

    read: dict[str, list[Any]] = {}
    info = json.loads(header["__metadata__"]["json"])
    for i, column in enumerate(info["columns"]):
        if column["type"] == "number":
            first, rows = column.get("first"), info["rows"]
            counted = None if first is None else first + np.arange(rows)
            numbers = (tensors[f"{i}.values"] if counted is None else counted).tolist()
            values = [None if np.isnan(number) else number for number in numbers]
        elif column["type"] in ("date", "text"):
            values = [text or None for text in strings(f"{i}.text")]
        else:
            words = strings(f"{i}.vocabulary")
            codes = tensors[f"{i}.codes"].tolist()
            values = [None if code < 0 else words[code] for code in codes]
        read[column["name"]] = values
    return read


def as_the_stock_projector_reads(logdir: Path) -> dict[str, list[str]]:
    """Splits what its server answers as its page does: at line feeds and tabs, unquoted."""
    client = client_for(logdir, ProjectorPlugin)
    text = client.get(
        "/data/plugin/projector/metadata", query_string={"run": "run", "name": "fc1"}
    ).data.decode()
    names, *rows = [line.split("\t") for line in text.split("\n") if line.strip()]
    assert all(len(row) == len(names) for row in rows)
    return {name: [row[i] for row in rows] for i, name in enumerate(names)}


LABELS: dict[str, tuple[Callable[[Any], Any], dict[str, Any], Callable[[int], str]]] = {
    "integers": (lambda y: y, {}, str),
    "a column": (lambda y: y[:, np.newaxis], {}, str),
    "whole floats": (lambda y: y.astype(np.float32), {}, str),
    "one-hot": (lambda y: np.eye(10, dtype=np.float32)[y], {}, str),
    "strings": (lambda y: [f"digit {i}" for i in y], {}, lambda i: f"digit {i}"),
    "a pandas category": (
        lambda y: pd.Series([f"digit {i}" for i in y], dtype="category"),
        {},
        lambda i: f"digit {i}",
    ),
    "probabilities": (lambda y: np.eye(10)[y] * 0.9 + 0.01, {}, str),
    "words of class names": (
        lambda y: [f"name of {i}" for i in y],
        {"class_names": [f"name of {i}" for i in range(10)]},
        lambda i: f"name of {i}",
    ),
    "numbers in quotes": (
        lambda y: [str(i) for i in y],
        {"class_names": [f"name of {i}" for i in range(10)]},
        lambda i: f"name of {i}",
    ),
    "names to numbers": (
        lambda y: y,
        {"class_names": {f"name of {i}": i for i in range(10)}},
        lambda i: f"name of {i}",
    ),
    "names of numbers in quotes": (
        lambda y: y,
        {"class_names": {f"{i}": f"name of {i}" for i in range(10)}},
        lambda i: f"name of {i}",
    ),
    "class names": (
        lambda y: y,
        {"class_names": [f"name of {i}" for i in range(10)]},
        lambda i: f"name of {i}",
    ),
    "class names of one-hot labels": (
        lambda y: np.eye(10)[y],
        {"class_names": {i: f"name of {i}" for i in range(10)}},
        lambda i: f"name of {i}",
    ),
}


@pytest.mark.parametrize("kind", LABELS)
def test_labels_of_every_kind_are_recorded(
    tmp_path: Path, digits: Digits, make_model: MakeModel, kind: str
) -> None:
    convert, options, word = LABELS[kind]
    y = digits[1][:8]
    train(tmp_path / "run", digits, make_model, labels=convert(y), **options)

    expected = [word(int(label)) for label in y]
    assert as_the_page_reads(tmp_path)["label"] == expected
    assert as_the_stock_projector_reads(tmp_path)["label"] == expected


AWKWARD = ["tab\there", "line\nfeed\r", "quo\"te's", "nul\0", "␉␛", "\N{PILE OF POO}é", "", " "]


def test_columns_of_every_kind_are_recorded(
    tmp_path: Path, digits: Digits, make_model: MakeModel
) -> None:
    frame = pd.DataFrame(
        {
            "awk\tward": AWKWARD,
            "size": [1.5, np.nan, np.inf, -0.0, 1e300, 5e-324, 3, -np.inf],
            "count": pd.array([1, None, 3, 4, 5, 6, 7, 2**53], dtype="Int64"),
            "key": [2**60 + i for i in range(8)],
            "flag": [True, False] * 4,
            "day": [pd.Timestamp("2026-01-02"), pd.NaT] * 4,
        }
    )
    train(tmp_path / "run", digits, make_model, metadata=frame)

    page = as_the_page_reads(tmp_path)
    assert page["awk\tward"] == [text or None for text in AWKWARD]
    sizes = [1.5, None, np.inf, 0, 1e300, 5e-324, 3, -np.inf]
    assert page["size"] == sizes
    assert page["count"] == [1, None, 3, 4, 5, 6, 7, 2**53]
    assert page["key"] == [str(2**60 + i) for i in range(8)], "not a digit is lost"
    assert page["flag"] == ["True", "False"] * 4
    assert page["day"] == ["2026-01-02T00:00:00", None] * 4

    stock = as_the_stock_projector_reads(tmp_path)
    assert list(stock) == ["index", "awk␉ward", "size", "count", "key", "flag", "day"]
    assert stock["awk␉ward"][:5] == ["tab␉here", "line␊feed␍", "quo\"te's", "nul␀", "␛␉␛␛"]
    assert stock["awk␉ward"][5:] == AWKWARD[5:]


def test_a_mapping_of_columns_is_recorded(
    tmp_path: Path, digits: Digits, make_model: MakeModel
) -> None:
    columns: dict[str, Any] = {
        "writer": [f"writer {i % 3}" for i in range(8)],
        "ink": np.linspace(0, 1, 8, dtype=np.float32),
        "taken": np.arange("2026-01-01", "2026-01-09", dtype="datetime64[D]"),
    }
    train(tmp_path / "run", digits, make_model, labels=digits[1][:8], metadata=columns)

    page = as_the_page_reads(tmp_path)
    assert list(page) == ["index", "label", "writer", "ink", "taken"]
    assert page["writer"] == columns["writer"]
    np.testing.assert_allclose(page["ink"], columns["ink"], rtol=1e-6)
    assert page["taken"] == [f"2026-01-0{i}" for i in range(1, 9)]


@given(st.lists(VALUES, min_size=1, max_size=6), ANY_TEXT)
@settings(max_examples=300)
def test_any_values_survive_the_table(tmp_path: Path, values: list[object], name: str) -> None:
    try:
        (column,) = metadata_columns({name: values}, len(values), None)
    except MisuseError as error:
        assert not name.strip() or name == "index", error
        return
    path = tmp_path / "metadata.tsv"
    index = Column("index", "number", [str(i) for i in range(len(values))])
    write_table(path, [index, column])

    read = read_table(path, [index.info, column.info], len(values))[1]
    assert list(read.cells) == list(column.cells)
    lines = path.read_bytes().decode().split("\n")
    assert [line.count("\t") for line in lines] == [1] * (len(values) + 1) + [0]
    if column.type == "number":
        for value, number in zip(values, read.numbers(), strict=True):
            if isinstance(value, np.float32):
                assert np.array_equal(np.float32(number), value, equal_nan=True)
            elif cell_text(value) == "":
                assert np.isnan(number)
            else:
                assert number == float(value)  # type: ignore[arg-type] # a number column's
    else:
        codes, words = read.categories()
        assert [words[code] if code >= 0 else "" for code in codes] == list(read.cells)


@given(ANY_TEXT)
def test_text_is_the_same_but_for_halves_of_surrogate_pairs(text: str) -> None:
    is_utf8 = not any("\ud800" <= character <= "\udfff" for character in text)

    assert (cell_text(text) == text) == is_utf8
    cell_text(text).encode()


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("\ud83d", "\\ud83d"),
        (b"caf\xc3\xa9", "café"),
        (b"\xff", "\\xff"),
        (Decimal("1.10"), "1.10"),
        (dt.date(2026, 1, 2), "2026-01-02"),
        (10**30, "1" + "0" * 30),
        (np.float32(0.1), "0.1"),
        (pd.NA, ""),
        (pd.NaT, ""),
        (Decimal("NaN"), ""),
        (np.timedelta64("NaT"), ""),
    ],
)
def test_a_value_is_written_as(value: object, cell: str) -> None:
    assert cell_text(value) == cell


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([1, 2.5, np.float16(3)], "number"),
        ([None, np.nan], "category"),
        ([1, None], "number"),
        ([True, 1], "category"),
        (["1", "2"], "category"),
        ([1, "2"], "category"),
        ([2**53 + 1], "category"),
        ([f"{i}" for i in range(1001)], "text"),
        (range(1001), "number"),
    ],
)
def test_a_column_has_the_type_that_loses_nothing(values: Any, kind: str) -> None:
    assert metadata_columns({"a": values}, len(values), None)[0].type == kind


def test_words_that_read_as_no_finite_number_are_sorted_as_words() -> None:
    for words in (["nan", "2", "10"], ["inf", "2", "10"]):
        assert Column("a", "category", words).categories()[1] == sorted(words)


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        ({"": [1, 2]}, "is empty, repeated or called"),
        ({" ": [1, 2]}, "is empty, repeated or called"),
        ({"index": [1, 2]}, "the metadata column 'index' .*rename it"),
        ({"1": [1, 2], 1: [1, 2]}, "the metadata column '1' .*rename it"),
        (
            pd.DataFrame([[1, 2], [3, 4]], columns=["a", "a"]),
            "the metadata column 'a' .*rename it",
        ),
        ({"a": "ab"}, "'a' must have one value per sample, not of type str"),
        ({"a": 3}, "'a' must have one value per sample, not of type int"),
        ({"a": np.zeros((2, 3))}, "'a' must have one value per sample, not of type ndarray"),
        ({"a": [[1], [2]]}, "'a' must have one value per sample, not of type list"),
        ([1, 2], "be a data frame, not of type list"),
        ({"a": [1]}, "metadata 'a' has 1 values but x has 2 samples"),
    ],
)
def test_what_is_no_metadata_is_refused(metadata: Any, message: str) -> None:
    with pytest.raises(MisuseError, match=message):
        metadata_columns(metadata, 2, None)


@pytest.mark.parametrize(
    ("labels", "options", "message"),
    [
        (np.full((3, 2), 0.6), {}, r"labels has shape \(3, 2\), but must be \(n_samples,\)"),
        (np.eye(3)[:, :2], {"class_names": ["a"]}, r"has 'a', but labels has 2 columns"),
        (np.ones((3, 4, 5)), {}, r"labels has shape \(3, 4, 5\)"),
        (
            [0, 1, 2],
            {"class_names": ["a", "b"]},
            "has 2 names, for the labels 0 to 1, but.* 2;",
        ),
        (["a", "c"], {"class_names": ["a", "b"]}, "labels has 'c', which is not among"),
        ([0, 2], {"class_names": {0: "a"}}, r"labels has 2, but class_names names only 0"),
        ([0, 1], {"class_names": ["a", "a"]}, "class_names must be different"),
        ([0, 1], {"class_names": {"a": 0, "b": 0}}, "class_names must be different"),
        ([0, 1], {"class_names": ["a", ""]}, "class_names must be different"),
        ([0, 1], {"class_names": "ab"}, "class_names must be different"),
        ([0, 1], {"class_names": {"a", "b"}}, "class_names must be in the order.* type set"),
        ([0, 1], {"class_names": 2}, "class_names must be in the order.* type int"),
        ([0, 1], {"class_names": b"ab"}, "class_names must be in the order.* type bytes"),
        (
            [0, 1],
            {"class_names": iter("ab")},
            "class_names must be .* type str_.*; pass a list",
        ),
        ([0, 1], {"class_names": {"a": 0}.keys()}, "class_names must be .* type dict_keys"),
    ],
)
def test_what_is_no_label_is_refused(
    labels: Any, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(MisuseError, match=message):
        label_cells(labels, **options)


def test_class_names_want_labels(tmp_path: Path) -> None:
    with pytest.raises(MisuseError, match="there are none; pass labels= as well"):
        EmbeddingCheckpoint(tmp_path, np.zeros((2, 2)), class_names=["a", "b"])


def test_a_column_label_beside_the_labels_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MisuseError, match="must not have a column 'label'"):
        EmbeddingCheckpoint(
            tmp_path, np.zeros((2, 2)), labels=[1, 2], metadata={"label": [1, 2]}
        )


def test_a_single_sample_has_its_label() -> None:
    assert label_cells([7]) == ["7"]
    assert label_cells(np.eye(10)[[7]]) == ["7"]


def test_missing_labels_are_empty() -> None:
    assert label_cells([1.0, np.nan]) == ["1", ""]
    assert label_cells(["a", None]) == ["a", ""]
    assert label_cells([0.0, np.nan], class_names=["a"]) == ["a", ""]
