import { describe, expect, it } from "vitest";
import { combine, idsIn, neighborIn, readIds, type Selection, writeIds } from "./selection";

const idsOf = (selection: Selection | null) => (selection === null ? [] : idsIn(selection.mask));

describe("a selection", () => {
  const first = combine(null, [1, 3, 5], 8, "lasso", "replace");

  it("counts each sample once", () => {
    expect(combine(null, [2, 2, 4], 8, "click", "replace")).toMatchObject({ count: 2 });
  });

  it("is replaced, grows and shrinks", () => {
    expect(idsOf(combine(first, [0], 8, "click", "replace"))).toEqual([0]);
    expect(idsOf(combine(first, [0, 1], 8, "box", "add"))).toEqual([0, 1, 3, 5]);
    expect(idsOf(combine(first, [0, 1], 8, "box", "subtract"))).toEqual([3, 5]);
    expect(idsOf(first)).toEqual([1, 3, 5]);
  });

  it("is none once nothing is left", () => {
    expect(combine(first, [1, 3, 5], 8, "click", "subtract")).toBeNull();
    expect(combine(null, [], 8, "search", "replace")).toBeNull();
  });

  it("holds no sample that does not exist, and none of another set", () => {
    expect(idsOf(combine(null, [-1, 7, 8], 8, "list", "replace"))).toEqual([7]);
    expect(idsOf(combine(first, [0], 9, "click", "add"))).toEqual([0]);
  });
});

describe("the neighbour in a list", () => {
  it("goes round", () => {
    expect(neighborIn([2, 5, 9], 5, 1)).toBe(9);
    expect(neighborIn([2, 5, 9], 9, 1)).toBe(2);
    expect(neighborIn([2, 5, 9], 2, -1)).toBe(9);
  });

  it("starts somewhere sensible", () => {
    expect(neighborIn([2, 5, 9], null, 1)).toBe(2);
    expect(neighborIn([2, 5, 9], null, -1)).toBe(9);
    expect(neighborIn([2, 5, 9], 6, 1)).toBe(9);
    expect(neighborIn([2, 5, 9], 6, -1)).toBe(5);
  });
});

describe("the short form", () => {
  it("keeps every set", () => {
    for (const ids of [
      [0],
      [0, 1, 2],
      [1, 3, 4, 5, 9],
      Array.from({ length: 50 }, (_, i) => 2 * i),
    ]) {
      expect(readIds(writeIds(ids), 100)).toEqual(ids);
    }
    expect(writeIds([0, 1, 2, 5, 7, 8])).toBe("0-2,5,7-8");
  });

  it("is refused where it is none, and reads no more than there are samples", () => {
    for (const text of ["", "a", "1-", "-3", "1,,2", "1;2"]) expect(readIds(text, 9)).toBeNull();
    expect(readIds("7-999999999999", 10)).toEqual([7, 8, 9]);
  });
});
