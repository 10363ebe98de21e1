import { expect, it } from "vitest";
import { guestNear } from "./guest_marks";

it("finds the nearest guest within reach, and none that is not drawn", () => {
  const places = Float32Array.of(10, 10, 16, 10, Number.NaN, Number.NaN);
  expect(guestNear(places, 14, 11)).toBe(1);
  expect(guestNear(places, 9, 10)).toBe(0);
  expect(guestNear(places, 10, 23)).toBeNull();
  expect(guestNear(new Float32Array(), 0, 0)).toBeNull();
});
