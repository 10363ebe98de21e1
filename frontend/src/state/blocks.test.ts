import { describe, expect, it } from "vitest";
import { missing_steps, next_block, steps_to_hold, write_steps } from "./blocks";

const steps = [0, 10, 20, 30, 40];

describe("next_block", () => {
  const hold = (wanted: number) => steps_to_hold(steps, wanted, 10_000);

  it("asks for the wanted step first and alone", () => {
    expect(next_block(hold(40), new Set(), 10_000)).toEqual([40]);
    expect(next_block(hold(20), new Set([40, 0]), 10_000)).toEqual([20]);
  });

  it("goes on with what is played next, round to the beginning", () => {
    expect(next_block(hold(40), new Set([40]), 10_000)).toEqual([0, 10, 20, 30]);
    expect(next_block(hold(20), new Set([20]), 10_000)).toEqual([30, 40]);
    expect(next_block(hold(20), new Set([20, 30, 40]), 10_000)).toEqual([0, 10]);
  });

  it("leaves out what is there, and ends when nothing is missing", () => {
    expect(next_block(hold(0), new Set([0, 20]), 10_000)).toEqual([10]);
    expect(next_block(hold(0), new Set(steps), 10_000)).toEqual([]);
    expect(next_block([], new Set(), 10_000)).toEqual([]);
  });

  it("keeps each answer far below the server's limit of 64 MiB", () => {
    const many = Array.from({ length: 500 }, (_, i) => i);
    const samples = 100_000;
    const block = next_block(many, new Set([0]), samples);
    expect(block.length).toBeGreaterThan(0);
    expect(block.length * samples * 8).toBeLessThan(64 * 2 ** 20);
    // One frame is asked for even where it alone is larger than a block.
    expect(next_block(many, new Set([0]), 5_000_000)).toEqual([1]);
  });
});

describe("steps_to_hold", () => {
  it("bounds memory and keeps what comes next", () => {
    const many = Array.from({ length: 1000 }, (_, i) => i);
    const held = steps_to_hold(many, 990, 1_000_000);
    expect(held.length * 1_000_000 * 8).toBeLessThanOrEqual(256 * 2 ** 20);
    expect(held.slice(0, 12)).toEqual([990, 991, 992, 993, 994, 995, 996, 997, 998, 999, 0, 1]);
  });
});

describe("missing_steps", () => {
  it("names the missing ones in order, the last ones where there are too many", () => {
    expect(missing_steps([40, 0, 10, 20, 30], new Set([10, 40]), 10_000)).toEqual([0, 20, 30]);
    const many = Array.from({ length: 500 }, (_, i) => i);
    const block = missing_steps(many, new Set(), 100_000);
    expect(block.at(-1)).toBe(499);
    expect(block.length * 100_000 * 8).toBeLessThanOrEqual(8 * 2 ** 20);
  });
});

describe("write_steps", () => {
  it("joins what are neighbours among the recorded steps", () => {
    expect(write_steps([0, 10, 20], steps)).toBe("0-20");
    expect(write_steps([0, 20, 30], steps)).toBe("0,20-30");
    expect(write_steps([40], steps)).toBe("40");
    expect(write_steps([40, 0, 10], steps)).toBe("40,0-10");
  });
});
