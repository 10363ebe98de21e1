import { describe, expect, it } from "vitest";
import { MARK } from "../marks";
import type { Pose } from "../types";
import { clipMatrix, type PlaneCamera, type SpaceCamera } from "./camera";
import { nearest, partOf, screenPositions } from "./screen";
import { shuffled } from "./shuffle";
import { imagesInOrder, samplesInView } from "./visible";

const SIZE = { width: 400, height: 400 };
const camera: PlaneCamera = { kind: "plane", x: 0, y: 0, height: 4 };
const HALF = [0.5, 0, 0, 0, 0, 0.5, 0, 0, 0, 0, 0.5, 0, 0, 0, 0, 1];
const DOUBLE_AND_SHIFTED = [2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 2, 0, 1, 0, 0, 1];

function pose(
  points: readonly (readonly [number, number, number])[],
  placement: readonly number[],
): Pose {
  return { positions: new Int16Array(points.flatMap((point) => [...point, 0])), placement };
}

describe("screen_positions", () => {
  it("puts the scene's origin in the middle, y upwards", () => {
    const still = pose(
      [
        [0, 0, 0],
        [2, 2, 0],
      ],
      HALF,
    );
    const screen = screenPositions(
      { from: still, to: still, mix: 0 },
      clipMatrix(camera, SIZE),
      SIZE,
    );
    expect([...screen.slice(0, 2)]).toEqual([200, 200]);
    expect([...screen.slice(3, 5)]).toEqual([300, 100]);
  });

  it("mixes two frames that have each their own scale and offset", () => {
    const from = pose([[2, 0, 0]], HALF); // at x = 1
    const to = pose([[-1, 0, 0]], DOUBLE_AND_SHIFTED); // at x = -1
    const clip = clipMatrix(camera, SIZE);
    const at = (mix: number) => screenPositions({ from, to, mix }, clip, SIZE)[0];
    expect(at(0)).toBeCloseTo(300);
    expect(at(0.25)).toBeCloseTo(250);
    expect(at(1)).toBeCloseTo(100);
  });

  it("writes into the array it is given, where that fits", () => {
    const still = pose([[2, 2, 0]], HALF);
    const clip = clipMatrix(camera, SIZE);
    const into = new Float32Array(3);
    const scene = { from: still, to: still, mix: 0 };
    expect(screenPositions(scene, clip, SIZE, into)).toBe(into);
    expect([...into.slice(0, 2)]).toEqual([300, 100]);
    expect(screenPositions(scene, clip, SIZE, new Float32Array(6))).toHaveLength(3);
  });

  it("gives nothing for what lies behind the eye", () => {
    const space: SpaceCamera = { kind: "space", target: [0, 0, 0], distance: 3, turn: 0, lift: 0 };
    const still = pose(
      [
        [0, 0, 0],
        [0, 0, 8],
      ],
      HALF,
    );
    const screen = screenPositions(
      { from: still, to: still, mix: 0.3 },
      clipMatrix(space, SIZE),
      SIZE,
    );
    expect(screen[2]).toBeCloseTo(3);
    expect(screen[3]).toBeNaN();
    expect(nearest(screen, 200, 200, 14, 3)).toBe(0);
  });
});

describe("nearest", () => {
  const screen = new Float32Array([100, 100, 1, 110, 100, 1, 300, 300, 1]);

  it("finds the closest within the radius, and nothing beyond", () => {
    expect(nearest(screen, 106, 100, 14, 2)).toBe(1);
    expect(nearest(screen, 103, 100, 14, 2)).toBe(0);
    expect(nearest(screen, 300, 313, 14, 2)).toBe(2);
    expect(nearest(screen, 300, 315, 14, 2)).toBeNull();
  });

  it("prefers the mark in front among those that cover the pointer", () => {
    const behindIsCloser = new Float32Array([100, 100, 9, 104, 100, 2]);
    expect(nearest(behindIsCloser, 100, 100, 14, 6)).toBe(1);
    expect(nearest(behindIsCloser, 100, 100, 14, 3)).toBe(0);
  });

  it("reaches as far as a large thumbnail does", () => {
    expect(nearest(screen, 300, 340, 14, 50)).toBe(2);
  });
});

describe("samples_in_view", () => {
  it("holds those that pass through during the move, not only those there now", () => {
    const from = pose(
      [
        [100, 0, 0],
        [100, 0, 0],
      ],
      HALF,
    );
    const to = pose(
      [
        [0, 0, 0],
        [100, 0, 0],
      ],
      HALF,
    );
    const seen = samplesInView(
      Uint32Array.of(1, 0),
      { from, to, mix: 0 },
      clipMatrix(camera, SIZE),
      SIZE,
    );
    expect([...seen]).toEqual([1, 0]);
    const hidden = samplesInView(
      Uint32Array.of(1),
      { from, to, mix: 0 },
      clipMatrix(camera, SIZE),
      SIZE,
    );
    expect([...hidden]).toEqual([0, 0]);
  });
});

describe("images_in_order", () => {
  it("keeps the given order in 2-D and goes from far to near in 3-D", () => {
    const order = new Uint32Array([2, 0, 1]);
    const seen = new Uint8Array([1, 1, 1]);
    const plain = { order, marks: new Uint8Array(3) };
    expect(imagesInOrder(plain, seen, null)).toEqual([2, 0, 1]);
    const screen = new Float32Array([0, 0, 5, 0, 0, 9, 0, 0, 1]);
    expect(imagesInOrder(plain, seen, screen)).toEqual([1, 0, 2]);
    const marks = Uint8Array.of(MARK.dimmed, MARK.selected, MARK.dimmed);
    expect(imagesInOrder({ order, marks }, seen, screen)).toEqual([0, 2, 1]);
  });
});

describe("shuffled", () => {
  it("is a permutation, always the same, and not in order", () => {
    const order = shuffled(1000);
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, i) => i));
    expect([...shuffled(1000)]).toEqual([...order]);
    expect(order.filter((id, i) => id === i).length).toBeLessThan(20);
  });

  it("keeps few neighbours together where there are very many", () => {
    const order = shuffled(200_001);
    const seen = new Uint8Array(order.length);
    for (const id of order) seen[id] = 1;
    expect(seen.every((one) => one === 1)).toBe(true);
    const together = order.filter((id, i) => i > 0 && id === (order[i - 1] as number) + 1).length;
    expect(together / order.length).toBeCloseTo(3 / 4, 2);
  });
});

it("tells of a part of the samples what it tells of all", () => {
  const points = (shift: number) =>
    Array.from({ length: 10 }, (_, i) => [i, (7 * i + shift) % 5, -i] as const);
  const [from, to] = [pose(points(0), HALF), pose(points(3), DOUBLE_AND_SHIFTED)];
  const scene = { from, to, mix: 0.3 };
  const clip = clipMatrix(camera, SIZE);
  const whole = screenPositions(scene, clip, SIZE);
  expect(screenPositions(partOf(scene, 3, 8), clip, SIZE)).toEqual(whole.slice(9, 24));
});
