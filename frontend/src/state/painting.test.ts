import { describe, expect, it } from "vitest";
import type { SampleValues } from "../measures";
import { kind_of, measured_name, painted_at } from "./painting";

const of = (steps: number[], rows: number[][], classes: string[] = []): SampleValues => ({
  steps,
  rows: rows.map((row) => Float32Array.from(row)),
  classes,
});
const STEPS = [0, 10, 20];

function numbers_at(color: string, values: SampleValues, at: number): number[] {
  const column = painted_at(color, values, STEPS, at)?.column;
  return column?.type === "number" ? [...column.values] : [];
}

describe("what colours the samples", () => {
  it("is told from a column of the metadata by its name", () => {
    expect([kind_of("label"), kind_of("step: loss"), kind_of("unit: 3")]).toEqual([
      null,
      "step",
      "unit",
    ]);
    expect(measured_name("step: loss")).toBe("true_probability");
  });

  it("blends numbers between two steps", () => {
    const values = of(STEPS, [
      [0, 1],
      [0.5, 0],
      [1, 1],
    ]);
    expect(numbers_at("step: agreement", values, 0.5)).toEqual([0.25, 0.5]);
    expect(numbers_at("step: agreement", values, 2)).toEqual([1, 1]);
  });

  it("takes the other end where a value is missing", () => {
    const values = of(STEPS, [[Number.NaN], [0.5], [1]]);
    expect(numbers_at("step: churn_of", values, 0.25)).toEqual([0.5]);
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
    const codes_at = (at: number) => {
      const column = painted_at("step: prediction", values, STEPS, at)?.column;
      return column?.type === "category" ? [...column.codes] : [];
    };
    expect(codes_at(0.4)).toEqual([0, -1]);
    expect(codes_at(0.6)).toEqual([1, 1]);
  });

  it("is compared between steps: its limits are those of all of them", () => {
    const values = of(STEPS, [
      [0, 2],
      [4, 5],
      [6, 8],
    ]);
    const limits = STEPS.map((_, at) => painted_at("step: margin", values, STEPS, at)?.limits);
    expect(limits).toEqual([
      [0, 8],
      [0, 8],
      [0, 8],
    ]);
  });

  it("is a loss where the probability of the label was asked for", () => {
    const values = of(STEPS, [
      [1, Math.exp(-2)],
      [1, 1],
      [1, 1],
    ]);
    const [right, wrong] = numbers_at("step: loss", values, 0);
    expect(right).toBeCloseTo(0);
    expect(wrong).toBeCloseTo(2, 5);
  });

  it("is nothing while its step has not come", () => {
    expect(painted_at("step: margin", of([0, 10], [[1], [2]]), STEPS, 2)).toBeNull();
  });
});
