import { describe, expect, it } from "vitest";
import type { Layer, Run } from "../../types";
import { basisInWords, basisQuery, continues, needsRefit, takeBasis } from "./basis";

function recorded(count: number, recording: boolean, from = 0): { run: Run; layer: Layer } {
  const steps = Array.from({ length: count }, (_, i) => from + i);
  const layer: Layer = {
    name: "fc1",
    samples: 10,
    units: 3,
    steps,
    version: `v${count}`,
    columns: [],
    label: null,
    label_reason: "",
    sprite: null,
    hidden: [],
    fingerprint: "f",
    samples_version: "1",
  };
  const run: Run = {
    run: "a",
    source: "tb_embed",
    recording,
    layers: [layer],
    steps: steps.map((step) => ({
      step,
      unit: "epoch",
      epoch: step,
      batch: null,
      wall_time: 1000 + step,
      iterations: null,
    })),
    problems: [],
  };
  return { run, layer };
}

describe("the basis of a run that is being recorded", () => {
  const start = recorded(4, true);
  const basis = takeBasis(start.run, start.layer);

  it("stays until there is twice as much", () => {
    const due = [4, 5, 7, 8].map((count) => {
      const { run, layer } = recorded(count, true);
      return needsRefit(basis, run, layer);
    });
    expect(due).toEqual([false, false, false, true]);
  });

  it("is taken anew at the end, unless it holds all steps already", () => {
    const more = recorded(5, false);
    expect(needsRefit(basis, more.run, more.layer)).toBe(true);
    const same = recorded(4, false);
    expect(needsRefit(basis, same.run, same.layer)).toBe(false);
  });

  it("is taken anew when one of its steps has been thinned out", () => {
    const thinned = recorded(5, true, 1);
    expect(needsRefit(basis, thinned.run, thinned.layer)).toBe(true);
  });

  it("is named in the query, since more steps are to come", () => {
    expect(basisQuery(basis, start.run, start.layer)).toBe("0-3");
    const more = recorded(6, true);
    expect(basisQuery(basis, more.run, more.layer)).toBe("0-3");
    expect(basisInWords(basis, more.layer.steps, "epoch", String)).toBe("epochs 0–3");
  });
});

describe("the basis of a finished run", () => {
  const { run, layer } = recorded(4, false);

  it("is left out of the query", () => {
    expect(basisQuery(takeBasis(run, layer), run, layer)).toBeNull();
    expect(basisInWords(takeBasis(run, layer), layer.steps, "epoch", String)).toBe("all 4 epochs");
  });

  it("names its steps as they were written", () => {
    const basis = takeBasis(run, layer);
    const written = (step: number) => `${step + 0.5}`;
    const sentence = (steps: number[]) =>
      basisInWords({ ...basis, steps }, layer.steps, "step", written);
    expect(sentence([1])).toBe("step 1.5");
    expect(sentence([0, 1, 3])).toBe("steps 0.5–1.5, 3.5");
  });

  it("is kept when a step comes all the same, and then named", () => {
    const more = recorded(5, false);
    expect(needsRefit(takeBasis(run, layer), more.run, more.layer)).toBe(false);
    expect(basisQuery(takeBasis(run, layer), more.run, more.layer)).toBe("0-3");
  });
});

describe("continues", () => {
  const before = recorded(4, true);

  it("knows a recording that went on or was thinned out", () => {
    expect(continues(before, recorded(9, false))).toBe(true);
    expect(continues(before, recorded(4, true, 2))).toBe(true);
  });

  it("knows another recording in its place, by its times or its samples", () => {
    const { run, layer } = recorded(6, true);
    const later = run.steps.map((facts) => ({ ...facts, wall_time: 5000 + facts.step }));
    expect(continues(before, { run: { ...run, steps: later }, layer })).toBe(false);
    expect(continues(before, { run, layer: { ...layer, fingerprint: "g" } })).toBe(false);
    expect(continues(before, { run: { ...run, run: "b" }, layer })).toBe(false);
  });
});
