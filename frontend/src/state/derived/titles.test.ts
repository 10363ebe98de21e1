import { describe, expect, it } from "vitest";
import type { StepFacts } from "../../types";
import type { Store } from "../store";
import { countedSteps, namedStep, shownStep, stepNoun, stepTitle } from "./titles";

function storeOf(names: readonly (string | null)[]): Store {
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
    const store = storeOf(["warmup", "0.5", "1716908800123"]);
    expect([0, 1, 2].map((step) => stepTitle(store, step))).toEqual([
      "step warmup, 1 of 3",
      "step 0.5, 2 of 3",
      "step 1716908800123, 3 of 3",
    ]);
    expect(shownStep(store, 1)).toBe("0.5");
  });

  it("says the number where that is what was written", () => {
    const store = storeOf([null, null, "best"]);
    expect(stepTitle(store, 1)).toBe("step 1 of best");
    expect(shownStep(store, 1)).toBe("1");
  });

  it("says of a superseded step in which phase it was recorded", () => {
    const store = storeOf([null, null, null]);
    const steps = [0, 1, 2].map((step) => ({
      step,
      unit: "epoch",
      epoch: step,
      batch: null,
      wall_time: 0,
      iterations: null,
      phase: 0,
      superseded: step === 1,
    }));
    const phases = [{ kind: "began", step: null }];
    Object.assign(store.run.value ?? {}, { steps, phases });
    expect(stepTitle(store, 1)).toBe("epoch 1 of 2, superseded, recorded after the training began");
    expect(stepTitle(store, 2)).toBe("epoch 2 of 2");
  });

  it("says epochs where the run counts them, by their own number", () => {
    const store = storeOf([null, null, null]);
    expect([stepNoun(store), namedStep(store, 2), countedSteps(store, 3)]).toEqual([
      "step",
      "step 2",
      "3 steps",
    ]);
    const facts = { batch: null, wall_time: 0, iterations: null };
    const steps = [0, 1, 1].map((epoch, step) => ({ ...facts, step, unit: "epoch", epoch }));
    Object.assign(store.run.value ?? {}, { steps });
    expect([stepNoun(store), namedStep(store, 2), countedSteps(store, 1)]).toEqual([
      "epoch",
      "epoch 1",
      "1 epoch",
    ]);
    expect([0, 2].map((step) => shownStep(store, step))).toEqual(["0", "1"]);
    expect(stepTitle(store, 2)).toBe("epoch 1 of 1");
  });
});
