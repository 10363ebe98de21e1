import { describe, expect, it } from "vitest";
import { type Filter, onlyClasses, passing, toggleClasses } from "./filters";
import type { Table } from "./table";

const TABLE: Table = [
  {
    type: "category",
    name: "label",
    codes: Int32Array.from([0, 1, 2, -1, 1]),
    words: ["a", "b", "c"],
  },
  { type: "number", name: "loss", values: Float64Array.from([0, 1, 2, 3, Number.NaN]) },
];

function passed(filters: readonly (readonly [string, Filter | null])[]): number[] | null {
  const set = new Map(filters.flatMap(([name, filter]) => (filter ? [[name, filter]] : [])));
  const mask = passing(set, TABLE, 5);
  return mask === null ? null : [0, 1, 2, 3, 4].filter((i) => mask[i] === 1);
}

describe("filters", () => {
  it("let all through where there are none, and know no other columns", () => {
    expect(passed([])).toBeNull();
    expect(passed([["gone", { kind: "range", low: 0, high: 1 }]])).toBeNull();
  });

  it("hide a class, and show it again", () => {
    const hiding = toggleClasses(undefined, [1]);
    expect(passed([["label", hiding]])).toEqual([0, 2, 3]);
    expect(toggleClasses(hiding ?? undefined, [1])).toBeNull();
    expect(passed([["label", toggleClasses(hiding ?? undefined, [-1])]])).toEqual([0, 2]);
  });

  it("show one class alone, and all again", () => {
    const alone = onlyClasses(undefined, [0], [0, 1, 2, -1]);
    expect(passed([["label", alone]])).toEqual([0]);
    expect(onlyClasses(alone ?? undefined, [0], [0, 1, 2, -1])).toBeNull();
    expect(passed([["label", onlyClasses(alone ?? undefined, [1], [0, 1, 2, -1])]])).toEqual([
      1, 4,
    ]);
  });

  it("let a range through with both its ends, and no missing value", () => {
    expect(passed([["loss", { kind: "range", low: 1, high: 2 }]])).toEqual([1, 2]);
  });

  it("hide samples without a value", () => {
    expect(passed([["loss", toggleClasses(undefined, [-1])]])).toEqual([0, 1, 2, 3]);
  });

  it("must all let a sample through", () => {
    expect(
      passed([
        ["label", toggleClasses(undefined, [1])],
        ["loss", { kind: "range", low: 1, high: 3 }],
      ]),
    ).toEqual([2, 3]);
  });
});
