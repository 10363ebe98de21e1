import { expect, test } from "vitest";
import type { Run, StepFacts } from "../../types";
import { listedRuns, supersededChoice } from "./superseded";

const step = (number: number, superseded: boolean): StepFacts => ({
  step: number,
  unit: "epoch",
  epoch: number,
  batch: null,
  wall_time: null,
  iterations: null,
  superseded,
});
const run = (name: string, facts: Partial<Run>): Run => ({
  run: name,
  source: "tb_embed",
  recording: false,
  layers: [],
  steps: [step(0, false)],
  problems: [],
  ...facts,
});
const plain = run("plain", { superseded: 0, all_steps: null });
const live = run("a", { superseded: 1, all_steps: "a (all steps)" });
const whole = run("a (all steps)", { superseded: 1, steps: [step(0, false), step(1, true)] });
const runs = [live, plain, whole];

test("superseded steps are shown and hidden by choosing the other run", () => {
  expect(supersededChoice(runs, live)).toEqual({ count: 1, isShown: false, other: whole.run });
  expect(supersededChoice(runs, whole)).toEqual({ count: 1, isShown: true, other: "a" });
  expect(supersededChoice(runs, plain)).toBeNull();
});

test("a run with its superseded steps is listed while it is shown", () => {
  expect(listedRuns(runs, live)).toEqual([live, plain]);
  expect(listedRuns(runs, whole)).toEqual([live, plain, whole]);
});
