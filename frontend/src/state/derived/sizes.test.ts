import { expect, it } from "vitest";
import { scalesBy } from "./sizes";

it("areas grow evenly with the number, and what has none is of the common size", () => {
  const [a = 0, b = 0, c = 0, d] = scalesBy(Float64Array.from([0, 5, 10, Number.NaN]));
  expect(b * b - a * a).toBeCloseTo(c * c - b * b, -3);
  expect(c).toBeGreaterThan(2 * a);
  expect(d).toBe(100);
});

it("a few extreme numbers leave the others as large as they were", () => {
  const values = Float64Array.from({ length: 100 }, (_, i) => i);
  const before = scalesBy(values)[50] ?? 0;
  values[99] = 1e9;
  expect(Math.abs((scalesBy(values)[50] ?? 0) - before)).toBeLessThanOrEqual(2);
});

it("equal numbers are of the common size", () => {
  expect([...scalesBy(new Float64Array(3).fill(4))]).toEqual([100, 100, 100]);
});
