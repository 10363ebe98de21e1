"""A regular expression over a million rows in the page's worker, beside the bare loop.

The worker is the built page's own asset; both run in one Chromium, in turns.
"""

from __future__ import annotations

import functools
import http.server
import statistics
import threading
from pathlib import Path

from playwright.sync_api import sync_playwright

from benchmarks.ratio import Ratio
from tests.browser.chromium import launch

ASSETS = Path(__file__).parents[1] / "tb_embed_plugin" / "static" / "assets"
ROUNDS = 5

MEASURE = r"""async (name) => {
  const worker = new Worker(name, { type: "module" });
  const blocks = [];
  for (let from = 0; from < 1_000_000; from += 100_000) {
    const texts = Array.from({ length: 100_000 }, (_, i) => `sample ${from + i} of a street`);
    const offsets = new Uint32Array(100_001);
    texts.forEach((text, i) => { offsets[i + 1] = offsets[i] + text.length; });
    blocks.push([texts.join(""), offsets]);
    const bytes = new TextEncoder().encode(texts.join(""));
    const block = { type: "texts", bytes, offsets };
    worker.postMessage({ kind: "rows", column: 1, block });
  }
  const find = (question, regex) => new Promise((resolve) => {
    const start = performance.now();
    worker.addEventListener("message", ({ data }) => {
      if (data.question !== question || data.kind !== "found") return;
      resolve(performance.now() - start);
    });
    worker.postMessage({ kind: "find", question, regex, column: 1 });
  });
  const loop = (regex) => {
    const start = performance.now();
    let found = 0;
    for (const [text, offsets] of blocks)
      for (let i = 0; i < offsets.length - 1; i += 1)
        if (regex.test(text.slice(offsets[i], offsets[i + 1]))) found += 1;
    return performance.now() - start;
  };
  await find(1, /nowhere/);
  const there = await find(2, /sample \d*7 of/);
  const bare = loop(/sample \d*7 of/);
  worker.terminate();
  return [there, bare];
}"""


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Says nothing of the requests."""


def main() -> None:
    """Prints the times of both and their ratio."""
    worker = next(ASSETS.glob("pattern_worker-*.js"))
    handler = functools.partial(_Quiet, directory=str(ASSETS))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with sync_playwright() as playwright, launch(playwright) as browser:
        page = browser.new_page()
        page.goto(f"http://127.0.0.1:{server.server_port}/")
        rounds = [page.evaluate(MEASURE, f"/{worker.name}") for _ in range(ROUNDS)]
    server.shutdown()
    there = statistics.median(worker for worker, _ in rounds)
    bare = statistics.median(bare for _, bare in rounds)
    print(
        f"a pattern over 1,000,000 rows: {there:.0f} ms in the worker, {bare:.0f} ms bare; "
        f"{Ratio.of(rounds)}"
    )


if __name__ == "__main__":
    main()
