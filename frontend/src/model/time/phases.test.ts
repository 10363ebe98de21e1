import { expect, test } from "vitest";
import type { Run } from "../../types";
import { marksOf, supersededInWords } from "./phases";

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
    { at: 0.25, words: "interrupted, resumed" },
    { at: 0.75, words: "recompiled" },
  ]);
});

test("a step that is not there is marked before, none where nothing is", () => {
  expect(marksOf(run(phase("restored", 2)), [0, 4], [0, 1])).toEqual([
    { at: 0, words: "restored" },
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
  expect(words(2, 1)).toBe("superseded, recorded after the training resumed at step 1");
  expect(words(3, 2)).toBe("superseded, recorded after the training went back to step 0");
  expect([words(1, null), words(1, 7)]).toEqual(["superseded", "superseded"]);
  expect(marksOf(one, [0, 1, 2, 3], [0, 0.25, 0.5, 1])).toEqual([
    { at: 0, words: "restored" },
    { at: 0.25, words: "superseded, resumed", title: `${words(1, 0)}, resumed` },
    { at: 0.5, words: "superseded", title: words(2, 1) },
  ]);
});
