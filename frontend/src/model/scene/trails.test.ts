import { describe, expect, it } from "vitest";
import type { Pose } from "../../types";
import {
  chains,
  classMedians,
  largestClasses,
  nextSamples,
  placeBetween,
  placesPassed,
} from "./trails";

const PLAIN = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];

function pose(rows: readonly (readonly number[])[], placement = PLAIN): Pose {
  const positions = Int16Array.from(rows.flatMap(([x = 0, y = 0, z = 0]) => [x, y, z, 0]));
  return { positions, placement };
}

describe("places_passed", () => {
  it("are the last ten steps before a trail's end", () => {
    expect(placesPassed(12)).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    expect(placesPassed(2)).toEqual([0, 1]);
    expect(placesPassed(0)).toEqual([]);
  });

  it("count the step that a move has just left", () => {
    expect(placesPassed(2.4)).toEqual([0, 1, 2]);
  });
});

it("a sample is found on its straight way between two poses", () => {
  const moved = [2, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 10, 0, 0, 1];
  const at = placeBetween(
    pose([
      [0, 0],
      [4, 8, 1],
    ]),
    pose(
      [
        [0, 0],
        [4, 0, 1],
      ],
      moved,
    ),
    0.25,
    1,
  );
  expect(at).toEqual([4 + 0.25 * 14, 6, 1]);
});

describe("class_medians", () => {
  const rows = [
    [0, 0],
    [10, 1],
    [1000, 2],
    [-5, -5],
    [7, 7],
  ];

  it("are not moved by strays, nor by what is hidden", () => {
    const codes = Int32Array.from([0, 0, 0, 1, -1]);
    expect([...classMedians(pose(rows), codes, [0, 1], null)]).toEqual([10, 1, 0, -5, -5, 0]);
    const shown = Uint8Array.from([1, 0, 0, 0, 1]);
    const [x, , , y] = classMedians(pose(rows), codes, [0, 1], shown);
    expect([x, y]).toEqual([0, Number.NaN]);
  });
});

it("the largest classes come first and empty ones not at all", () => {
  expect(largestClasses(Int32Array.from([2, 2, 0, -1, 2, 0, 3]), 5, 2)).toEqual([2, 0]);
  expect(largestClasses(Int32Array.from([2, 2, 0]), 5, 9)).toEqual([2, 0]);
});

describe("sequences", () => {
  it("name rows; anything else ends one", () => {
    expect([...nextSamples(["1", "2.0", "", "x", "99", "5"], 6)]).toEqual([1, 2, -1, -1, -1, -1]);
  });

  it("become chains, rings included", () => {
    expect(chains(Int32Array.from([1, 2, -1, 4, 3, -1]))).toEqual([
      [0, 1, 2],
      [3, 4, 3],
    ]);
  });

  it("end where one joins another", () => {
    expect(chains(Int32Array.from([2, 2, 3, -1]))).toEqual([
      [0, 2, 3],
      [1, 2],
    ]);
  });
});
