import { describe, expect, it } from "vitest";
import { CellCounts } from "./density";

function countCells(screen: number[], across: number, down: number, cell: number): Float32Array {
  const counts = new CellCounts(across, down, cell);
  // In two parts, as very many are.
  const middle = 3 * Math.ceil(screen.length / 6);
  counts.add(Float32Array.from(screen.slice(0, middle)));
  counts.add(Float32Array.from(screen.slice(middle)));
  return counts.smoothed();
}

const sum = (counts: Float32Array) => counts.reduce((a, b) => a + b, 0);

describe("the counts of cells", () => {
  it("spreads a sample over its cell and those around it", () => {
    const counts = countCells([25, 15, 1], 5, 4, 10);
    expect(counts[1 * 5 + 2]).toBe(0.25);
    expect(counts[1 * 5 + 3]).toBe(0.125);
    expect(counts[0 * 5 + 1]).toBe(0.0625);
    expect(sum(counts)).toBe(1);
  });

  it("leaves out what is hidden or not on the stage", () => {
    const away = [Number.NaN, Number.NaN, 1, -1, 5, 1, 50, 5, 1, 5, 40, 1];
    expect(sum(countCells(away, 5, 4, 10))).toBe(0);
  });
});
