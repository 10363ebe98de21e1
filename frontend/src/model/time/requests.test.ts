import { describe, expect, it } from "vitest";
import { missingSteps, nextBlock, stepsToHold, writeSteps } from "./requests";

const steps = [0, 10, 20, 30, 40];

describe("next_block", () => {
  const hold = (wanted: number) => stepsToHold(steps, wanted, 10_000);

  it("asks for the wanted step first and alone", () => {
    expect(nextBlock(hold(40), new Set(), 10_000)).toEqual([40]);
    expect(nextBlock(hold(20), new Set([40, 0]), 10_000)).toEqual([20]);
  });

  it("goes on with what is played next, round to the beginning", () => {
    expect(nextBlock(hold(40), new Set([40]), 10_000)).toEqual([0, 10, 20, 30]);
    expect(nextBlock(hold(20), new Set([20]), 10_000)).toEqual([30, 40]);
    expect(nextBlock(hold(20), new Set([20, 30, 40]), 10_000)).toEqual([0, 10]);
  });

  it("leaves out what is there, and ends when nothing is missing", () => {
    expect(nextBlock(hold(0), new Set([0, 20]), 10_000)).toEqual([10]);
    expect(nextBlock(hold(0), new Set(steps), 10_000)).toEqual([]);
    expect(nextBlock([], new Set(), 10_000)).toEqual([]);
  });

  it("keeps each answer far below the server's limit of 64 MiB", () => {
    const many = Array.from({ length: 500 }, (_, i) => i);
    const samples = 100_000;
    const block = nextBlock(many, new Set([0]), samples);
    expect(block.length).toBeGreaterThan(0);
    expect(block.length * samples * 8).toBeLessThan(64 * 2 ** 20);
    // One frame is asked for even where it alone is larger than a block.
    expect(nextBlock(many, new Set([0]), 5_000_000)).toEqual([1]);
  });
});

describe("steps_to_hold", () => {
  it("bounds memory and keeps what comes next", () => {
    const many = Array.from({ length: 1000 }, (_, i) => i);
    const held = stepsToHold(many, 990, 1_000_000);
    expect(held.length * 1_000_000 * 8).toBeLessThanOrEqual(256 * 2 ** 20);
    expect(held.slice(0, 12)).toEqual([990, 991, 992, 993, 994, 995, 996, 997, 998, 999, 0, 1]);
  });
});

describe("missing_steps", () => {
  it("names the missing ones in order, the last ones where there are too many", () => {
    expect(missingSteps([40, 0, 10, 20, 30], new Set([10, 40]), 10_000)).toEqual([0, 20, 30]);
    const many = Array.from({ length: 500 }, (_, i) => i);
    const block = missingSteps(many, new Set(), 100_000);
    expect(block.at(-1)).toBe(499);
    expect(block.length * 100_000 * 8).toBeLessThanOrEqual(8 * 2 ** 20);
  });
});

describe("write_steps", () => {
  it("joins what are neighbours among the recorded steps", () => {
    expect(writeSteps([0, 10, 20], steps)).toBe("0-20");
    expect(writeSteps([0, 20, 30], steps)).toBe("0,20-30");
    expect(writeSteps([40], steps)).toBe("40");
    expect(writeSteps([40, 0, 10], steps)).toBe("40,0-10");
  });
});
