import { describe, expect, it } from "vitest";
import type { JobState, Progress } from "../../progress";
import { type Estimate, nextEstimate, SHORT_WAIT, type Situation, startsByItself } from "./waiting";

const READY: Situation = {
  state: "absent",
  expectedSeconds: 8,
  jobs: 0,
  chosenByHand: true,
  available: true,
};

describe("a layout", () => {
  it("starts by itself where it is short, chosen by hand, and nothing else runs", () => {
    expect(startsByItself(READY)).toBe("yes");
    expect(startsByItself({ ...READY, expectedSeconds: SHORT_WAIT })).toBe("no");
    expect(startsByItself({ ...READY, expectedSeconds: null })).toBe("no");
    expect(startsByItself({ ...READY, chosenByHand: false })).toBe("no");
    expect(startsByItself({ ...READY, available: false })).toBe("no");
  });

  it("waits for another job to end", () => {
    expect(startsByItself({ ...READY, jobs: 1 })).toBe("later");
    expect(startsByItself({ ...READY, jobs: 1, chosenByHand: false })).toBe("no");
  });

  it.each<JobState>(["waiting", "running", "done", "failed", "cancelled"])(
    "does not start by itself once it is %s",
    (state) => expect(startsByItself({ ...READY, state })).toBe("no"),
  );
});

/** Numbers between 0 and 1, the same at each run. */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (1664525 * state + 1013904223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

/** What a server might say in turn: wild estimates, a job that is started again, a cache that is deleted. */
function answers(seed: number): Progress[] {
  const next = chance(seed);
  const total = 1 + Math.floor(12 * next());
  return Array.from({ length: 40 }, () => ({
    state: next() < 0.1 ? "waiting" : "running",
    done: Math.floor(total * next()),
    total,
    part: next() < 0.2 ? 1 : next(),
    message: "",
    expected_seconds: next() < 0.1 ? null : 200 * next(),
  }));
}

function shown(progress: readonly Progress[]): Estimate[] {
  const estimates: Estimate[] = [];
  for (const one of progress) estimates.push(nextEstimate(estimates.at(-1) ?? null, one));
  return estimates;
}

const SEEDS = Array.from({ length: 100 }, (_, i) => i);

describe("the estimate", () => {
  it.each(SEEDS)("never goes back, and is never full before the end (%i)", (seed) => {
    const estimates = shown(answers(seed));
    estimates.forEach((now, i) => {
      const before = estimates[i - 1];
      expect(now.done).toBeLessThan(now.total);
      expect(now.current).toBeLessThanOrEqual(now.total);
      expect(now.current).toBeGreaterThanOrEqual(1);
      if (before === undefined) return;
      expect(now.done).toBeGreaterThanOrEqual(before.done);
      expect(now.current).toBeGreaterThanOrEqual(before.current);
      if (before.secondsLeft === null) return;
      expect(now.secondsLeft).not.toBeNull();
      expect(now.secondsLeft).toBeLessThanOrEqual(before.secondsLeft);
    });
  });

  const RUNNING: Progress = {
    state: "running",
    done: 3,
    total: 11,
    part: 0.5,
    message: "",
    expected_seconds: 20,
  };

  it("counts the step under way with its part", () => {
    expect(nextEstimate(null, RUNNING)).toEqual({
      total: 11,
      current: 4,
      done: 3.5,
      secondsLeft: 20,
      late: false,
    });
  });

  it("says nothing of the rest while it takes longer than was promised, and goes on once it is right again", () => {
    const first = nextEstimate(null, RUNNING);
    const later = nextEstimate(first, { ...RUNNING, expected_seconds: 60 });
    expect(later).toMatchObject({ secondsLeft: 20, late: true });
    expect(nextEstimate(later, { ...RUNNING, expected_seconds: 19 })).toMatchObject({
      secondsLeft: 19,
      late: false,
    });
  });

  it("says so too where the promise has run out", () => {
    const over = nextEstimate(null, { ...RUNNING, expected_seconds: 0 });
    expect(over.late).toBe(true);
    const end = nextEstimate(over, { ...RUNNING, done: 10, expected_seconds: 0 });
    expect(end.late).toBe(false);
  });

  it("promises nothing while it waits for another job", () => {
    const waiting = nextEstimate(null, { ...RUNNING, state: "waiting", expected_seconds: 5 });
    expect(waiting.secondsLeft).toBeNull();
  });
});
