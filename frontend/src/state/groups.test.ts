import { expect, it } from "vitest";
import { lacks_groups } from "./groups";

it("axes between groups wait for both ends of each axis", () => {
  expect(lacks_groups({})).toBe(false);
  expect(lacks_groups({ kind: "groups" })).toBe(true);
  expect(lacks_groups({ kind: "groups", left: "0-4" })).toBe(true);
  expect(lacks_groups({ kind: "groups", left: "0-4", right: "7" })).toBe(false);
  expect(lacks_groups({ kind: "groups", left: "0-4", right: "7", up: "1" })).toBe(true);
  expect(lacks_groups({ kind: "groups", left: "0", right: "7", up: "1", down: "2" })).toBe(false);
  expect(lacks_groups({ kind: "lda" })).toBe(false);
});
