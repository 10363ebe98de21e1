import { describe, expect, it } from "vitest";
import type { StepFacts } from "../types";
import type { Store } from "./store";
import { shown_step, step_title } from "./titles";

function store_of(names: readonly (string | null)[]): Store {
  const steps = names.map(
    (name, step): StepFacts => ({
      step,
      unit: "step",
      epoch: null,
      batch: null,
      wall_time: 0,
      iterations: null,
      name,
    }),
  );
  const run = {
    value: { run: "a", source: "torch", recording: false, layers: [], steps, problems: [] },
  };
  return { run, steps: { value: steps.map(({ step }) => step) } } as unknown as Store;
}

describe("step_title", () => {
  it("says what was written in place of a step", () => {
    const store = store_of(["warmup", "0.5", "1716908800123"]);
    expect([0, 1, 2].map((step) => step_title(store, step))).toEqual([
      "step warmup, 1 of 3",
      "step 0.5, 2 of 3",
      "step 1716908800123, 3 of 3",
    ]);
    expect(shown_step(store, 1)).toBe("0.5");
  });

  it("says the number where that is what was written", () => {
    const store = store_of([null, null, "best"]);
    expect(step_title(store, 1)).toBe("step 1 of best");
    expect(shown_step(store, 1)).toBe("1");
  });
});
