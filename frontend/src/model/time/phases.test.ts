import { expect, test } from "vitest";
import type { Run } from "../../types";
import { marksOf, stretchesOf, supersededInWords } from "./phases";

const phase = (kind: string, step: number | null) => ({ kind, step });
const run = (...phases: ReturnType<typeof phase>[]): Run => ({
  run: "a",
  source: "tb_embed",
  recording: false,
  layers: [],
  steps: [],
  phases,
  problems: [],
});

test("phases stand at their steps, several at one in one mark", () => {
  const one = run(
    phase("began", null),
    phase("interrupted", 1),
    phase("resumed", 1),
    phase("ended", 3),
    phase("recompiled", 3),
    phase("ended", 4),
  );
  expect(marksOf(one, [0, 1, 2, 3, 4], [0, 0.25, 0.5, 0.75, 1])).toEqual([
    { at: 0.25, words: "interrupted, continued" },
    { at: 0.75, words: "recompiled" },
  ]);
});

test("a step that is not there is marked before, none where nothing is", () => {
  expect(marksOf(run(phase("restored", 2)), [0, 4], [0, 1])).toEqual([
    { at: 0, words: "went back" },
  ]);
  expect(marksOf(run(phase("restored", 2)), [], [])).toEqual([]);
  expect(marksOf(null, [0], [0])).toEqual([]);
});

test("a superseded step is told with the phase in which it was recorded", () => {
  const phases = [phase("began", null), phase("resumed", 1), phase("restored", 0)];
  const facts = { unit: "epoch", epoch: null, batch: null, wall_time: null, iterations: null };
  const steps = [0, 1, 2, 3].map((step) => ({
    ...facts,
    step,
    phase: [0, 0, 1, 2][step] ?? null,
    superseded: step === 1 || step === 2,
  }));
  const one: Run = { ...run(...phases), steps };
  const words = (step: number, phase: number | null) =>
    supersededInWords(one, { ...facts, step, phase });

  expect(words(1, 0)).toBe("superseded, recorded after the training began");
  expect(words(2, 1)).toBe("superseded, recorded after the training continued at step 1");
  expect(words(3, 2)).toBe("superseded, recorded after the training went back to step 0");
  expect([words(1, null), words(1, 7)]).toEqual(["superseded", "superseded"]);
  expect(marksOf(one, [0, 1, 2, 3], [0, 0.25, 0.5, 1])).toEqual([
    { at: 0, words: "went back" },
    { at: 0.25, words: "superseded, continued", title: `${words(1, 0)}, continued` },
    { at: 0.5, words: "superseded", title: words(2, 1) },
  ]);
});

test("the phases are stretches of the timeline, the superseded ones apart", () => {
  const facts = { unit: "epoch", batch: null, wall_time: null, iterations: null };
  const at = (step: number, phase: number, superseded = false) => ({
    ...facts,
    step,
    epoch: step,
    phase,
    superseded,
  });
  const steps = [at(0, 0), at(1, 0), at(2, 0, true), at(3, 1), at(4, 1)];
  const one: Run = { ...run(phase("began", null), phase("restored", 1)), steps };
  const named = (step: number) => `epoch ${step}`;
  const all = [0, 1, 2, 3, 4];
  const spacing = [0, 0.25, 0.5, 0.75, 1];
  expect(stretchesOf(one, all, spacing, named)).toEqual([
    { from: 0, to: 0.375, superseded: false, words: "Recorded after the training began" },
    {
      from: 0.375,
      to: 0.625,
      superseded: true,
      words: "Superseded: recorded after the training began",
    },
    {
      from: 0.625,
      to: 1,
      superseded: false,
      words: "Recorded after the training went back to epoch 1",
    },
  ]);
  expect(stretchesOf(one, [3, 4], [0, 1], named)).toEqual([]);
  expect(stretchesOf(null, all, spacing, named)).toEqual([]);
});
