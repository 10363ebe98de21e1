import { describe, expect, it } from "vitest";
import type { Camera, NearHome } from "../../types";
import type { Filters } from "../samples/filters";
import { tour, turnTo, UNTURNED_AXES } from "../scene/components";
import {
  readAxes,
  readCamera,
  readFilters,
  readRule,
  type SelectionRecipe,
  writeAxes,
  writeCamera,
  writeFilters,
  writeNearHome,
  writeRule,
} from "./selection_recipe";

describe("the camera", () => {
  it("comes back to five digits, and nothing else is taken for one", () => {
    const plane: Camera = { kind: "plane", x: 12.34567, y: -0.001, height: 40 };
    expect(readCamera(writeCamera(plane))).toEqual({ ...plane, x: 12.346 });
    const space: Camera = { kind: "space", target: [1, 2, 3], distance: 9, turn: 0.6, lift: -1 };
    expect(readCamera(writeCamera(space))).toEqual(space);
    const near: NearHome = { kind: "near_home", nearness: 2, side: { turn: 0.5, lift: -0.1 } };
    expect(readCamera(writeNearHome(near))).toEqual(near);
    expect(readCamera("home,1.5")).toEqual({ kind: "near_home", nearness: 1.5, side: null });
    for (const text of [
      "",
      "home",
      "home,",
      "home,0",
      "home,1,2",
      "1,2",
      "1,2,0",
      "1,2,-3",
      "1,2,x",
      "1,,3",
      "1,2,3,0,5,6",
      "1,2,1e999",
    ]) {
      expect(readCamera(text)).toBeNull();
    }
  });
});

describe("filters", () => {
  it("come back whatever their columns are called", () => {
    const filters: Filters = new Map([
      ["größe; in: cm!", { kind: "range", low: -0.5, high: 1e21 }],
      ["label", { kind: "classes", hidden: new Set([-1, 3]) }],
    ]);
    expect(readFilters(writeFilters(filters))).toEqual(filters);
  });

  it("that are mangled are left out", () => {
    expect(readFilters("a:1;b!;;!3;%E0!1;c:1,x;d!2")).toEqual(
      new Map([["d", { kind: "classes", hidden: new Set([2]) }]]),
    );
  });
});

describe("rules of a selection", () => {
  it("come back", () => {
    const rules: SelectionRecipe[] = [
      { kind: "query", query: 'name:"a, b" /c d/' },
      { kind: "ids", ids: "0-4,7" },
      {
        kind: "outline",
        step: 3,
        outline: [
          [0, 1],
          [2, 3.5],
          [-4, 5],
        ],
      },
    ];
    for (const rule of rules) expect(readRule(writeRule(rule))).toEqual(rule);
    for (const text of ["", "find ", "drop x", "outline 1 2,3", "outline x 1,2,3,4,5,6"]) {
      expect(readRule(text)).toBeNull();
    }
  });
});

describe("axes", () => {
  it("come back; a view between axes has no name", () => {
    expect(readAxes(writeAxes(turnTo([3, 0, 9])) ?? "")).toEqual(turnTo([3, 0, 9]));
    expect(writeAxes(UNTURNED_AXES)).toBeNull();
    expect(writeAxes(tour(UNTURNED_AXES, 2, 3))).toBeNull();
    for (const text of ["0,0,1", "0,1", "0,1,10", "0,1,1.5"]) expect(readAxes(text)).toBeNull();
  });
});
