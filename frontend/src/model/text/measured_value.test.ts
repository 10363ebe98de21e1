import { expect, it } from "vitest";
import { differs, withUnit } from "./measured_value";

it("writes shares in percent, other numbers with their unit", () => {
  expect([0.9812, 0, 1].map((value) => withUnit(value, "share"))).toEqual([
    "98.1 %",
    "0 %",
    "100 %",
  ]);
  expect(withUnit(12.345, "directions")).toBe("12.3 directions");
  expect(withUnit(-0.5, "")).toBe("-0.5");
  expect(withUnit(null, "share")).toBe("–");
});

it("takes numbers that differ by rounding for equal, and small ones that differ for different", () => {
  expect(differs(1 - 1e-16, 1)).toBe(false);
  expect(differs(0.9999999, 1)).toBe(false);
  expect(differs(-3, -3)).toBe(false);
  expect(differs(0, 0)).toBe(false);
  expect(differs(0.999, 1)).toBe(true);
  expect(differs(0, 1e-9)).toBe(true);
  expect(differs(-1e-9, 1e-9)).toBe(true);
});
