import { describe, expect, it } from "vitest";
import type { SampleMetric, SampleValues } from "../../measures";
import { kindOf, measuredName, metricOf, paintedAt } from "./measured_columns";

const metric = (name: string, kind: SampleMetric["kind"], overRun = false): SampleMetric => ({
  name,
  title: `The ${name}`,
  unit: "",
  meaning: "",
  kind,
  over_run: overRun,
  needs_outputs: false,
  needs_label: false,
  words: kind === "truth" ? ["wrong", "right"] : [],
});
const CATALOG = [
  metric("agreement", "share"),
  metric("churn_of", "share"),
  metric("margin", "number"),
  metric("correct", "truth"),
  metric("prediction", "class"),
  metric("lost", "truth", true),
  metric("path_length", "number", true),
];
const painted = (name: string, values: SampleValues, at: number) =>
  paintedAt({ name, metric: metricOf(name, CATALOG) }, values, STEPS, at);

const of = (steps: number[], rows: number[][], classes: string[] = []): SampleValues => ({
  steps,
  rows: rows.map((row) => Float32Array.from(row)),
  classes,
});
const STEPS = [0, 10, 20];

function numbersAt(color: string, values: SampleValues, at: number): number[] {
  const column = painted(color, values, at)?.column;
  return column?.type === "number" ? [...column.values] : [];
}

describe("what colours the samples", () => {
  it("is told from a column of the metadata by its name", () => {
    expect([kindOf("label"), kindOf("step: loss"), kindOf("unit: 3")]).toEqual([
      null,
      "step",
      "unit",
    ]);
    expect(measuredName("step: loss")).toBe("loss");
  });

  it("blends numbers between two steps", () => {
    const values = of(STEPS, [
      [0, 1],
      [0.5, 0],
      [1, 1],
    ]);
    expect(numbersAt("step: agreement", values, 0.5)).toEqual([0.25, 0.5]);
    expect(numbersAt("step: agreement", values, 2)).toEqual([1, 1]);
  });

  it("takes the other end where a value is missing", () => {
    const values = of(STEPS, [[Number.NaN], [0.5], [1]]);
    expect(numbersAt("step: churn_of", values, 0.25)).toEqual([0.5]);
  });

  it("switches classes half-way, and leaves a missing one out", () => {
    const values = of(
      STEPS,
      [
        [0, Number.NaN],
        [1, 1],
        [1, 0],
      ],
      ["cat", "dog"],
    );
    const codesAt = (at: number) => {
      const column = painted("step: prediction", values, at)?.column;
      return column?.type === "category" ? [...column.codes] : [];
    };
    expect(codesAt(0.4)).toEqual([0, -1]);
    expect(codesAt(0.6)).toEqual([1, 1]);
  });

  it("is compared between steps: its limits are those of all of them", () => {
    const values = of(STEPS, [
      [0, 2],
      [4, 5],
      [6, 8],
    ]);
    const limits = STEPS.map((_, at) => painted("step: margin", values, at)?.limits);
    expect(limits).toEqual([
      [0, 8],
      [0, 8],
      [0, 8],
    ]);
  });

  it("is of the catalog's kind and has its title, over the run too", () => {
    const once = of([], [[0, 1, Number.NaN]]);
    const lost = painted("run: lost", once, 0.5)?.column;
    expect(lost).toMatchObject({ type: "category", title: "The lost", words: ["wrong", "right"] });
    expect(lost?.type === "category" && [...lost.codes]).toEqual([0, 1, -1]);
    expect(painted("run: path_length", once, 2)).toMatchObject({
      column: { type: "number", name: "run: path_length", title: "The path_length" },
      limits: null,
    });
    expect(painted("step: correct", of([0], [[1]]), 0)?.column).toMatchObject({
      words: ["wrong", "right"],
    });
    // One name a step and one over the run are two things.
    expect(metricOf("step: lost", CATALOG)).toBeNull();
  });

  it("is nothing while its step has not come", () => {
    expect(painted("step: margin", of([0, 10], [[1], [2]]), 2)).toBeNull();
  });
});
