"""What importing costs, shown in fresh interpreters, and what it gives."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import tb_embed_plugin
from tests.harness import Recording, tensorboard


def run_python(code: str, **environment: str) -> str:
    result = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_the_plugin_loads_nothing_heavy() -> None:
    loaded = run_python(
        "import sys, tensorboard.main, tensorboard.default\n"
        "before = set(sys.modules)\n"
        "import tb_embed_plugin.loader\n"
        "print(*sorted(set(sys.modules) - before))"
    )
    # All else TensorBoard has imported by itself: nothing of ours stands before its start.
    assert loaded.split() == [
        "tb_embed_plugin",
        "tb_embed_plugin.errors",
        "tb_embed_plugin.loader",
        "tb_embed_plugin.metadata",
        "tb_embed_plugin.plugin",
    ]


def test_the_server_loads_no_library_that_others_measure_with() -> None:
    loaded = run_python(
        "import sys\n"
        "import tb_embed_plugin.server.routes\n"
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    # They would double TensorBoard's memory, and keep the first page waiting for seconds.
    heavy = {"dask", "distributed", "fsspec", "joblib", "openTSNE", "pandas", "pyarrow"}
    heavy |= {"sklearn", "umap"}
    assert heavy.isdisjoint(loaded.split())


def test_serving_a_run_needs_no_tensorflow(recording: Recording) -> None:
    loaded = run_python(
        "import sys\n"
        "from pathlib import Path\n"
        "sys.modules['tensorflow'] = sys.modules['keras'] = None\n"
        "from tb_embed_plugin.server import response, routes\n"
        "from tb_embed_plugin.arguments import Arguments\n"
        "from tb_embed_plugin.runs.logdir import Logdir\n"
        f"logdir = Logdir(Path({str(recording.logdir)!r}), lambda: ['digits'])\n"
        "service = response.Service(logdir)\n"
        "for name, more in [('runs', {}), ('metadata', {}), ('sprite', {}), ('engines', {}),\n"
        "                   ('metrics', {}), ('samples', {}), ('confusion', {'step': '1'}),\n"
        "                   ('projection', {}), ('quality', {}), ('vectors', {'step': '1'})]:\n"
        "    query = {'run': 'digits', 'layer': 'fc1', **more}\n"
        "    print(name, len(routes.ROUTES[name](service, Arguments(query)).body) > 0)\n"
    )
    assert loaded.split()[1::2] == ["True"] * 10


def test_tensorboard_starts_when_a_requirement_of_ours_is_broken(
    tmp_path: Path, recording: Recording
) -> None:
    broken = tmp_path / "safetensors"
    broken.mkdir()
    (broken / "__init__.py").write_text("raise RuntimeError('cannot load the library')")
    environment = {"PYTHONPATH": str(tmp_path)}
    with tensorboard(recording.logdir, environment=environment) as server:
        status, content_type, body = server.get("data/plugin/tb_embed/runs")

    assert (status, content_type) == (503, "text/plain; charset=utf-8")
    assert b"(RuntimeError, see TensorBoard's terminal); reinstall" in body
    assert b"cannot load the library" not in body, "an error's words may hold a path"
    assert "cannot load the library" in server.log


def test_the_public_names_are_all_there() -> None:
    assert all(getattr(tb_embed_plugin, name) for name in tb_embed_plugin.__all__)
    assert set(tb_embed_plugin.__all__) <= set(dir(tb_embed_plugin))


def test_no_module_is_longer_than_300_lines() -> None:
    package = Path(tb_embed_plugin.__file__).parent
    lengths = {path: len(path.read_text().splitlines()) for path in package.rglob("*.py")}
    assert len(lengths) > 200
    assert {str(path): n for path, n in lengths.items() if n > 300} == {}
