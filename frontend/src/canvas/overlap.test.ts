import { expect, test } from "vitest";
import { overlap } from "./overlap";

const SIZE = { width: 400, height: 200 };
const seen = (samples: number) => new Uint8Array(samples).fill(1);

test("thumbnails side by side do not overlap", () => {
  expect(overlap(new Float32Array([20, 20, 0, 40, 20, 0]), seen(2), 20, SIZE)).toBe(0);
});

test("one of two at the same place is hidden, and a quarter where they are half a width apart", () => {
  expect(overlap(new Float32Array([20, 20, 0, 20, 20, 0]), seen(2), 20, SIZE)).toBeCloseTo(1 / 2);
  expect(overlap(new Float32Array([20, 20, 0, 30, 20, 0]), seen(2), 20, SIZE)).toBeCloseTo(1 / 4);
});

test("what is hidden, off the stage or nowhere does not count", () => {
  const screen = new Float32Array([20, 20, 0, 20, 20, 0, 900, 20, 0, Number.NaN, Number.NaN, 0]);
  expect(overlap(screen, new Uint8Array([1, 0, 1, 1]), 20, SIZE)).toBe(0);
});
