import { describe, expect, it } from "vitest";
import type { Pose } from "../../types";
import { GuestMotion } from "./guests";

const pose = (): Pose => ({ positions: new Int16Array(4), placement: [] });
const [A, B, C] = [pose(), pose(), pose()];
const START = Float32Array.of(0, 0, 0);
const END = Float32Array.of(10, 20, 0);

function standing(): GuestMotion {
  const motion = new GuestMotion();
  motion.carry({ from: A, to: A, mix: 0 }, START);
  return motion;
}

describe("guests on their way", () => {
  it("are as far as the samples", () => {
    const motion = standing();
    expect([...motion.carry({ from: A, to: B, mix: 0 }, END)]).toEqual([0, 0, 0]);
    expect([...motion.carry({ from: A, to: B, mix: 0.25 }, END)]).toEqual([2.5, 5, 0]);
    expect([...motion.carry({ from: B, to: B, mix: 0 }, END)]).toEqual([10, 20, 0]);
  });

  it("go on from where they are when the move is broken off", () => {
    const motion = standing();
    motion.carry({ from: A, to: B, mix: 0.5 }, END);
    const broken = pose();
    expect([...motion.carry({ from: broken, to: C, mix: 0 }, START)]).toEqual([5, 10, 0]);
    expect([...motion.carry({ from: broken, to: C, mix: 0.5 }, START)]).toEqual([2.5, 5, 0]);
  });

  it("come from nowhere where they were not shown", () => {
    const motion = new GuestMotion();
    expect([...motion.carry({ from: A, to: B, mix: 0.5 }, END)]).toEqual([...END]);
    expect([...motion.carry({ from: B, to: C, mix: 0.5 }, new Float32Array())]).toEqual([]);
  });
});
