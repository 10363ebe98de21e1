"""How a process has ended is told by what is known: the signal, memory where it is shown."""

from __future__ import annotations

import signal

import pytest

from tb_embed_plugin import process_end
from tb_embed_plugin.process_end import end_of


@pytest.mark.parametrize(
    ("code", "counts", "said", "memory"),
    [
        (-signal.SIGKILL, (4, 4), "SIGKILL: another program has ended it", False),
        (-signal.SIGKILL, (None, None), "SIGKILL: another program has ended it", False),
        (-signal.SIGKILL, (4, 5), "SIGKILL, and the system has ended a process", True),
        (-signal.SIGSEGV, (4, 5), "SIGSEGV; see TensorBoard's terminal", False),
        (-signal.SIGBUS, (4, 4), "SIGBUS: the file was cut while it was read", False),
        (3, (4, 5), "exit status 3; see TensorBoard's terminal", False),
        (-120, (4, 5), "signal 120; see", False),
    ],
)
def test_no_signal_is_told_as_a_lack_of_memory_without_evidence(
    monkeypatch: pytest.MonkeyPatch,
    code: int,
    counts: tuple[int | None, int | None],
    said: str,
    memory: bool,  # noqa: FBT001 # of a table
) -> None:
    monkeypatch.setattr(process_end, "killed_for_memory", lambda: counts[1])
    message = end_of(code, counts[0])
    assert message.startswith(said)
    assert ("want of memory" in message) is memory
