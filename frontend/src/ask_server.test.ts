import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { askServer, untilFree, watchWaiting } from "./ask_server";

const answer = (status: number, headers: Record<string, string> = {}) =>
  new Response("said", { status, headers });

function answering(...answers: readonly Response[]) {
  const left = [...answers];
  const ask = vi.fn(async () => left.shift() ?? answer(200));
  return ask;
}

describe("a question to the server", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
    watchWaiting(() => {});
  });

  it.each([
    [429, { "retry-after": "7" }, 7000],
    [503, { "retry-after": "7" }, 7000],
    [429, { "retry-after": new Date(Date.now() + 7000).toUTCString() }, 5000],
    [429, {}, 1500],
    [503, { "content-type": "text/html" }, 1500],
  ])("is asked again after %i, when the server says %o", async (status, headers, least) => {
    const said: boolean[] = [];
    watchWaiting((waits) => said.push(waits));
    const ask = answering(answer(status, headers), answer(status, headers));
    const asked = untilFree(ask);
    await vi.advanceTimersByTimeAsync(least - 1);
    expect(ask).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(60_000);
    expect((await asked).status).toBe(200);
    expect(ask).toHaveBeenCalledTimes(3);
    expect(said).toEqual([true, false, true, false]);
  });

  it("is told what cannot be had, in the server's own words", async () => {
    const refused = answer(503, { "content-type": "text/plain; charset=utf-8" });
    expect(await untilFree(answering(refused))).toBe(refused);
    const missing = answer(404);
    expect(await untilFree(answering(missing))).toBe(missing);
  });

  it("is dropped at once when nobody waits any more", async () => {
    const leaving = new AbortController();
    const ask = answering(answer(429));
    const asked = untilFree(ask, leaving.signal);
    await vi.advanceTimersByTimeAsync(1);
    leaving.abort();
    await expect(asked).rejects.toThrow();
    expect(ask).toHaveBeenCalledTimes(1);
  });

  it("says which page asks, the same one each time", async () => {
    const seen: string[] = [];
    vi.stubGlobal("fetch", async (_: string, { headers }: { headers: Record<string, string> }) => {
      seen.push(headers["X-TB-Embed-Page"] ?? "", headers["X-TB-Embed"] ?? "");
      return answer(200);
    });
    await askServer("runs");
    await askServer("runs", undefined, { "X-TB-Embed": "1" });
    expect(seen[0]).toMatch(/^[\d-]{5,64}$/);
    expect(seen).toEqual([seen[0], "", seen[0], "1"]);
  });
});
