import { describe, expect, it } from "vitest";
import { stepsWanted, tableAt } from "./columns_by_step";
import type { Column, Table } from "./table";

const label: Column = {
  type: "category",
  name: "label",
  codes: Int32Array.of(1, 0),
  words: ["a", "b"],
};
const guess = (...codes: number[]): Column => ({
  type: "category",
  name: "guess",
  byStep: true,
  codes: Int32Array.from(codes),
  words: ["a", "b"],
});
const atFive: [number, { version: string; table: Table }] = [
  5,
  { version: "v", table: [guess(1, 1)] },
];

describe("table_at", () => {
  it("is the same object where no column changes", () => {
    const table = [label];
    expect(tableAt(table, new Map(), 5)).toBe(table);
  });

  it("has the values of the step, and the other columns as they are", () => {
    expect(tableAt([label, guess(0, 0)], new Map([atFive]), 5)).toEqual([label, guess(1, 1)]);
  });

  it("has none where the step has not come, rather than another one's", () => {
    expect(tableAt([guess(0, 0), label], new Map([atFive]), 6)).toEqual([guess(-1, -1), label]);
  });
});

describe("steps_wanted", () => {
  it("begins with the step shown, goes outwards, and forward first", () => {
    expect(stepsWanted([0, 10, 20, 30], 10, 100)).toEqual([10, 20, 0, 30]);
  });

  it("stays near where there is much", () => {
    expect(stepsWanted([0, 1, 2, 3, 4, 5, 6], 3, 1_000_000)).toEqual([3, 4, 2, 5, 1]);
  });
});
