import { expect, it } from "vitest";
import { withUnit } from "./measured_value";

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
