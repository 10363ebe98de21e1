import { expect, it } from "vitest";
import { isIdle, lacksGroups } from "./groups";

it("axes between groups wait for both ends of each axis", () => {
  expect(lacksGroups({})).toBe(false);
  expect(lacksGroups({ kind: "groups" })).toBe(true);
  expect(lacksGroups({ kind: "groups", left: "0-4" })).toBe(true);
  expect(lacksGroups({ kind: "groups", left: "0-4", right: "7" })).toBe(false);
  expect(lacksGroups({ kind: "groups", left: "0-4", right: "7", up: "1" })).toBe(true);
  expect(lacksGroups({ kind: "groups", left: "0", right: "7", up: "1", down: "2" })).toBe(false);
  expect(lacksGroups({ kind: "lda" })).toBe(false);
});

it("only the settings that the kind of axes looks at are asked for", () => {
  expect(isIdle("shrinkage", {})).toBe(true);
  expect(isIdle("shrinkage", { kind: "lda" })).toBe(false);
  expect(isIdle("column", { kind: "groups" })).toBe(true);
  expect(isIdle("column", {})).toBe(false);
});
