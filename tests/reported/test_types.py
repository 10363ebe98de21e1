"""Columns of dates, of truth values and of whole numbers, as people have them."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import safetensors.numpy
from hypothesis import given
from hypothesis import strategies as st

from tb_embed_plugin import record
from tb_embed_plugin.cli import main
from tb_embed_plugin.notebook import open_run
from tb_embed_plugin.plugin import EmbeddingsPlugin
from tb_embed_plugin.runs.tables.column_types import infer_type
from tb_embed_plugin.runs.tables.dates import seconds_since_1970
from tests.decoding import BASE, info_of
from tests.harness import client_for, columns_of, read_run

DAYS = pd.DatetimeIndex(["2024-02-01", "2023-12-31", "NaT", "2024-02-01"])
TIMES = [dt.datetime(2024, 2, 1, 12, 30, 5, 250_000, dt.timezone(dt.timedelta(hours=2)))] * 4
ROWS = np.arange(12, dtype=np.float32).reshape(4, 3) ** 2


@pytest.fixture(scope="module")
def logdir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with columns of dates of several kinds, years and truth values."""
    folder = tmp_path_factory.mktemp("types")
    columns: dict[str, Any] = {
        "taken": DAYS,
        "seen": TIMES,
        "written": ["2024-02-01", "2024-01-31T23:59", "2024-02-01 00:00:01Z", ""],
        "clock": np.array(["2024-02-01T12:30"] * 4, "datetime64[ns]"),
        "year": [2019, 2020, 2019, 2021],
        "correct": [True, False, True, True],
    }
    record(folder / "run", 0, {"fc1": ROWS}, metadata=columns, finished=True)
    return folder


def test_dates_are_recorded_as_dates_and_years_as_numbers(logdir: Path) -> None:
    columns = {column.name: column for column in columns_of(read_run(logdir / "run"))}
    types = {name: column.type for name, column in columns.items() if name != "index"}
    assert types == {
        "taken": "date",
        "seen": "date",
        "written": "date",
        "clock": "date",
        "year": "number",
        "correct": "category",
    }
    assert list(columns["clock"].cells) == ["2024-02-01T12:30:00"] * 4
    assert columns["correct"].categories()[1] == ["False", "True"]


def test_dates_cross_the_wire_as_seconds_and_as_they_are_written(logdir: Path) -> None:
    client = client_for(logdir, EmbeddingsPlugin)
    answer = client.get(BASE + "metadata", query_string={"run": "run", "layer": "fc1"})
    names = [column["name"] for column in info_of(answer)["columns"]]
    i = names.index("written")
    assert info_of(answer)["columns"][i]["type"] == "date"
    tensors = safetensors.numpy.load(answer.data)
    written = ["2024-02-01T00:00Z", "2024-01-31T23:59Z", "2024-02-01T00:00:01Z"]
    expected = pd.to_datetime(written, format="ISO8601")
    values = tensors[f"{i}.values"]
    assert values[:3].tolist() == [moment.timestamp() for moment in expected]
    assert np.isnan(values[3])
    texts, offsets = tensors[f"{i}.text.bytes"], tensors[f"{i}.text.offsets"]
    assert texts[offsets[1] : offsets[2]].tobytes() == b"2024-01-31T23:59"


def test_dates_are_datetimes_in_a_notebook_in_utc(logdir: Path) -> None:
    frame = open_run(logdir, "run").layer("fc1").samples_frame()
    assert frame["taken"].dtype == "datetime64[us]"
    assert frame["taken"].isna().tolist() == DAYS.isna().tolist()
    # 12:30 two hours ahead of UTC.
    assert frame["seen"][0] == pd.Timestamp("2024-02-01T10:30:05.250")


@pytest.mark.parametrize("kind", ["parquet", "npz", "html"])
def test_dates_are_exported_as_dates(logdir: Path, tmp_path: Path, kind: str) -> None:
    file = tmp_path / f"out.{kind}"
    words = ["--run", "run", "--engine", "pca", "--format", kind, "--output", str(file)]
    assert main(["export", str(logdir), *words]) == 0
    if kind == "parquet":
        assert pd.read_parquet(file)["taken"].tolist()[:2] == DAYS.tolist()[:2]
    elif kind == "npz":
        with np.load(file) as arrays:
            assert arrays["metadata.taken"].astype(str)[1].startswith("2023-12-31")
    else:
        assert DAYS[0].timestamp() in json.loads(_data_of(file))["columns"][1]["values"][0]


def _data_of(page: Path) -> str:
    text = page.read_text()
    start = text.index('id="data">') + len('id="data">')
    return text[start : text.index("</script>", start)]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["2024-02-01", "", "2024-02-02"], "date"),
        (["2024-02-01", "2024-02-02T12:00:00.123456+01:00"], "date"),
        (["2024-02-01 12:00:00", "2024-02-01 12:00Z"], "date"),
        (["2024-02-01", "unknown"], "category"),
        (["2024-02-30", "2024-02-01"], "category"),
        (["2019", "2020", "2021"], "number"),
        (["20240201", "20240202"], "number"),
        (["2024-W05", "2024-W06"], "category"),
        ([f"{day}/02/2024" for day in range(1, 28)], "category"),
        (["", ""], "category"),
        (["yes", "no", ""], "category"),
        (["True", "FALSE"] * 40, "category"),
        (["0", "1", "1", "0"], "category"),
        (["0", "1", "0"], "number"),
    ],
)
def test_a_column_is_what_all_of_its_words_are(words: list[str], expected: str) -> None:
    assert infer_type(words) == expected


@given(st.datetimes(timezones=st.sampled_from([dt.UTC, dt.timezone(dt.timedelta(hours=-5))])))
def test_a_moment_is_where_it_lies_in_utc(moment: dt.datetime) -> None:
    seconds = seconds_since_1970(moment.isoformat())
    expected = (moment - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) / dt.timedelta(seconds=1)
    assert seconds == expected


@pytest.mark.parametrize(
    ("false", "true"), [("no", "yes"), ("No", "Yes"), ("NO", "YES"), ("False", "True")]
)
def test_truth_values_of_others_are_two_words_and_0_and_1_whole_numbers(
    tmp_path: Path, false: str, true: str
) -> None:
    rows = [(true, "1", "0"), (false, "0", "0"), ("", "1", "1"), (true, "1", "1")]
    lines = ["correct\tseen\tlabel", *map("\t".join, rows)]
    (tmp_path / "metadata.tsv").write_text("\n".join(lines) + "\n")
    np.savetxt(tmp_path / "tensor.tsv", ROWS, delimiter="\t")
    client = client_for(tmp_path, EmbeddingsPlugin)
    (layer,) = client.get(BASE + "runs").get_json()["runs"][0]["layers"]
    answer = client.get(BASE + "metadata", query_string={"run": ".", "layer": "tensor"})

    assert layer["label"] == "label"
    assert [column["type"] for column in layer["columns"]] == ["category"] * 3
    tensors = safetensors.numpy.load(answer.data)
    assert tensors["0.vocabulary.bytes"].tobytes().decode() == false + true
    assert tensors["0.codes"].tolist() == [1, 0, -1, 1]
    # Whole numbers as JavaScript writes them: these the page can show as numbers, too.
    assert tensors["1.vocabulary.bytes"].tobytes().decode() == "01"
    assert tensors["2.codes"].tolist() == [0, 0, 1, 1]
