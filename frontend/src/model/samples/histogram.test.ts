import { expect, it } from "vitest";
import { histogram } from "./histogram";

it("counts every finite value once", () => {
  const values = Float64Array.from([0, 1, 2, 2.5, 9.99, 10, Number.NaN, Number.POSITIVE_INFINITY]);
  expect(histogram(values, 5)).toEqual({ low: 0, high: 10, counts: [2, 2, 0, 0, 2], outside: 2 });
});

it("takes values that are all alike, very far apart, or missing", () => {
  expect(histogram(Float64Array.from([3, 3]), 4)).toEqual({
    low: 3,
    high: 3,
    counts: [2, 0, 0, 0],
    outside: 0,
  });
  expect(histogram(Float64Array.from([-1.7e308, 0, 1.7e308]), 3)?.counts).toEqual([1, 1, 1]);
  expect(histogram(Float64Array.from([Number.NaN]), 4)).toBeNull();
});
