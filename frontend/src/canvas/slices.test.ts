import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Slices } from "./slices";

let frames: (() => void)[] = [];

beforeEach(() => {
  frames = [];
  vi.stubGlobal("requestAnimationFrame", (frame: () => void) => frames.push(frame));
  vi.stubGlobal("cancelAnimationFrame", (id: number) => delete frames[id - 1]);
});

afterEach(() => vi.unstubAllGlobals());

/** The animation frame that is due; whether there was one. */
function nextFrame(): boolean {
  const frame = frames.at(-1);
  delete frames[frames.length - 1];
  frame?.();
  return frame !== undefined;
}

function begun(samples: number) {
  const slices = new Slices();
  const seen: [number, number][] = [];
  const ended = vi.fn();
  slices.run(samples, (from, to) => seen.push([from, to]), ended);
  return { slices, seen, ended };
}

test("few samples are worked on at once", () => {
  const { seen, ended } = begun(200_000);
  expect(seen).toEqual([[0, 200_000]]);
  expect(ended).toHaveBeenCalledOnce();
  expect(frames).toEqual([]);
});

test("very many have each sample worked on once, a few a frame", () => {
  const { seen, ended } = begun(1_000_001);
  expect(seen).toEqual([]);
  let before = 0;
  while (nextFrame()) {
    expect(seen.length).toBe(before + 1);
    before = seen.length;
  }
  expect(seen.every(([from, to]) => to - from <= 100_000)).toBe(true);
  expect(seen.map(([from]) => from)).toEqual([0, ...seen.slice(0, -1).map(([, to]) => to)]);
  expect(seen.at(-1)?.[1]).toBe(1_000_001);
  expect(ended).toHaveBeenCalledOnce();
});

test("what is begun anew gives up what ran", () => {
  const { slices, seen, ended } = begun(1_000_000);
  nextFrame();
  slices.run(10, () => {}, vi.fn());
  expect(nextFrame()).toBe(false);
  expect([seen.length, ended.mock.calls.length]).toEqual([1, 0]);
});

test("what is stopped ends", () => {
  const { slices, seen } = begun(1_000_000);
  slices.stop();
  expect(nextFrame()).toBe(false);
  expect(seen).toEqual([]);
});
