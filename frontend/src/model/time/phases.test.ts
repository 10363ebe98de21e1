import { expect, test } from "vitest";
import type { Run } from "../../types";
import { marksOf } from "./phases";

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
