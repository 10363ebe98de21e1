import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Pose } from "../../types";
import { Motion } from "./motion";

const pose = (x: number): Pose => ({
  positions: Int16Array.of(x, 0, 0, 0),
  placement: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1],
});
let next: ((time: number) => void) | null = null;

beforeEach(() => {
  vi.stubGlobal("requestAnimationFrame", (advance: (time: number) => void) => {
    next = advance;
    return 1;
  });
  vi.stubGlobal("cancelAnimationFrame", () => {
    next = null;
  });
  vi.spyOn(performance, "now").mockReturnValue(0);
});
afterEach(() => vi.restoreAllMocks());

/** One picture of the screen. */
function picture(time: number): void {
  next?.(time);
}

it("carries the samples from one pose to the next, and then stands still", async () => {
  const motion = new Motion(() => false);
  const [a, b] = [pose(0), pose(100)];
  motion.move(a, 0);
  expect(motion.shown.value).toMatchObject({ from: a, to: a, at: 0 });
  motion.move(b, 1);
  const { duration } = { duration: 10_000 };
  picture(1);
  expect(motion.shown.value?.mix).toBeGreaterThan(0);
  picture(duration);
  expect(motion.shown.value).toMatchObject({ from: b, to: b, at: 1 });
  await motion.ended;
});

it("goes on from where the samples are when a move is broken off", () => {
  const motion = new Motion(() => false);
  motion.move(pose(0), 0);
  motion.move(pose(100), 1);
  picture(200);
  const there = motion.shown.value?.at ?? 0;
  expect(there).toBeGreaterThan(0);
  motion.move(pose(0), 0);
  expect(motion.shown.value?.fromAt).toBe(there);
  motion.clear();
  expect(motion.shown.value).toBeNull();
});

it("jumps for whoever wants no motion, and to other samples", () => {
  const still = new Motion(() => true);
  still.move(pose(0), 0);
  still.move(pose(9), 1);
  expect(still.shown.value).toMatchObject({ mix: 0, at: 1 });
  const motion = new Motion(() => false);
  motion.move(pose(0), 0);
  const two = { ...pose(0), positions: new Int16Array(8) };
  motion.move(two, 1);
  expect(motion.shown.value).toMatchObject({ from: two, at: 1 });
});
