import { describe, expect, it } from "vitest";
import { ease } from "./moves";
import { type Player, play, playTiming } from "./playback";

const period = (steps: number, speed = 1) => {
  const { move, rest } = playTiming(steps, speed);
  return move.duration + rest;
};

describe("play_timing", () => {
  it("takes a second a step for short runs, of which 300 ms are rest", () => {
    expect(playTiming(11, 1).move).toEqual({ duration: 700, easing: "ease" });
    expect(playTiming(11, 1).rest).toBeCloseTo(300);
  });

  it("plays the whole run in at most 15 s, but never faster than 150 ms a step", () => {
    for (const steps of [2, 16, 30, 80, 101]) {
      expect((steps - 1) * period(steps)).toBeLessThanOrEqual(15_000 + 1e-6);
    }
    expect(period(1000)).toBe(150);
    expect(period(11, 100)).toBe(150);
  });

  it("neither rests nor eases above three steps a second", () => {
    expect(playTiming(60, 1)).toMatchObject({ move: { easing: "linear" }, rest: 0 });
    expect(playTiming(44, 1).move.easing).toBe("ease");
  });

  it("is twice as quick at twice the speed", () => {
    expect(period(11, 2)).toBeCloseTo(period(11) / 2);
    expect(period(11, 0.5)).toBeCloseTo(period(11) * 2);
  });
});

describe("ease", () => {
  it("starts and ends at rest and is symmetric", () => {
    expect(ease(0)).toBe(0);
    expect(ease(1)).toBe(1);
    expect(ease(0.5)).toBeCloseTo(0.5);
    expect(ease(0.01)).toBeLessThan(0.001);
    expect(ease(0.3) + ease(0.7)).toBeCloseTo(1);
  });
});

describe("play", () => {
  function recorder(count: number, start: number, rounds = 0) {
    const told: string[] = [];
    let place = start;
    let left = rounds;
    const player: Player = {
      place: () => place,
      count: () => count,
      speed: () => 1,
      loops: () => left-- > 0,
      ready: async (next) => void told.push(`ready ${next}`),
      go: async (next) => {
        told.push(`go ${next}`);
        place = next;
      },
      rest: async () => void told.push("rest"),
    };
    return { told, player };
  }

  it("waits for each step before it goes there, and ends at the last", async () => {
    const { told, player } = recorder(4, 1);
    await play(player);
    expect(told).toEqual(["ready 2", "go 2", "rest", "ready 3", "go 3", "rest"]);
  });

  it("loops for as long as it is told to", async () => {
    const { told, player } = recorder(3, 1, 2);
    await play(player);
    const gone = told.filter((one) => one.startsWith("go")).map((one) => Number(one.slice(3)));
    expect(gone).toEqual([2, 0, 1, 2, 0, 1, 2]);
  });

  it("starts over from the last step", async () => {
    const { told, player } = recorder(3, 2);
    await play(player);
    expect(told.filter((one) => one.startsWith("go"))).toEqual(["go 0", "go 1", "go 2"]);
  });
});
