import { Vector3 } from "three";
import { describe, expect, it } from "vitest";
import {
  between,
  type Camera,
  clipMatrix,
  fitPlane,
  fitSpace,
  magnification,
  orbit,
  pan,
  placeNear,
  type Size,
  zoomAt,
} from "./camera";

const SIZE: Size = { width: 800, height: 400 };

function place(camera: Camera, point: readonly [number, number, number]): [number, number] {
  const clip = new Vector3(...point).applyMatrix4(clipMatrix(camera, SIZE));
  return [((clip.x + 1) / 2) * SIZE.width, ((1 - clip.y) / 2) * SIZE.height];
}

/** A box of points, with a few far outside. */
function cloud(width: number, height: number, depth: number, outliers = 0): Float32Array {
  const points: number[] = [];
  for (let i = 0; i <= 20; i += 1) {
    for (let j = 0; j <= 20; j += 1) {
      for (const z of [-1, 1]) {
        points.push((width * (i - 10)) / 20, (height * (j - 10)) / 20, (depth * z) / 2);
      }
    }
  }
  for (let k = 0; k < outliers; k += 1) points.push(1e4, 1e4, 0);
  return new Float32Array(points);
}

describe("a place near home", () => {
  it("is so many times as near, from that side", () => {
    const plane = fitPlane([cloud(40, 2, 0)], SIZE);
    const near = placeNear(plane, { kind: "near_home", nearness: 2, side: null });
    expect(magnification(near, plane)).toBeCloseTo(2);
    const space = fitSpace([cloud(4, 4, 4)], SIZE);
    const side = { turn: -1, lift: 0.2 };
    const turned = placeNear(space, { kind: "near_home", nearness: 0.5, side });
    expect(turned).toMatchObject({ kind: "space", target: space.target, ...side });
    expect(magnification(turned, space)).toBeCloseTo(0.5);
  });
});

describe("fit_plane", () => {
  it("leaves 9 % on each side of the longer dimension and centres the other", () => {
    const wide = fitPlane([cloud(40, 2, 0)], SIZE);
    expect(place(wide, [-20, 0, 0])[0]).toBeCloseTo(0.09 * SIZE.width, 3);
    expect(place(wide, [20, 0, 0])[0]).toBeCloseTo(0.91 * SIZE.width, 3);
    expect(place(wide, [0, 0, 0])[1]).toBeCloseTo(SIZE.height / 2, 3);
    const high = fitPlane([cloud(2, 40, 0)], SIZE);
    expect(place(high, [0, 20, 0])[1]).toBeCloseTo(0.09 * SIZE.height, 3);
  });

  it("has equal axes", () => {
    const camera = fitPlane([cloud(10, 3, 0)], SIZE);
    const [x0, y0] = place(camera, [0, 0, 0]);
    expect(place(camera, [1, 0, 0])[0] - x0).toBeCloseTo(y0 - place(camera, [0, 1, 0])[1], 6);
  });

  it("does not shrink the cloud for one outlier", () => {
    const points = new Float32Array(3 * 5000);
    for (let i = 0; i < 5000; i += 1) points.set([i / 5000, i / 5000, 0], 3 * i);
    points.set([1e6, 1e6, 0], 0);
    expect(fitPlane([points], SIZE).height).toBeLessThan(2);
  });

  it("keeps a hundredth of the largest step's samples outside, however many small steps there are", () => {
    const small = cloud(1, 1, 0);
    const large = cloud(40, 40, 0);
    const camera = fitPlane([...Array.from({ length: 50 }, () => small), large], SIZE);
    expect(place(camera, [0, 20, 0])[1]).toBeCloseTo(0.09 * SIZE.height, 3);
  });

  it("shows a single point without dividing by nothing", () => {
    const camera = fitPlane([new Float32Array([3, 4, 0])], SIZE);
    expect(place(camera, [3, 4, 0])).toEqual([400, 200]);
  });
});

describe("fit_space", () => {
  it("shows the whole cloud and fills at least 70 % of one dimension", () => {
    for (const points of [cloud(4, 4, 4), cloud(40, 4, 1), cloud(1, 40, 4)]) {
      const camera = fitSpace([points], SIZE);
      let [left, right, top, bottom] = [Infinity, -Infinity, Infinity, -Infinity];
      for (let i = 0; i < points.length; i += 3) {
        const [x, y] = place(camera, [points[i] ?? 0, points[i + 1] ?? 0, points[i + 2] ?? 0]);
        [left, right] = [Math.min(left, x), Math.max(right, x)];
        [top, bottom] = [Math.min(top, y), Math.max(bottom, y)];
      }
      expect(left).toBeGreaterThan(0);
      expect(right).toBeLessThan(SIZE.width);
      expect(top).toBeGreaterThan(0);
      expect(bottom).toBeLessThan(SIZE.height);
      const filled = Math.max((right - left) / SIZE.width, (bottom - top) / SIZE.height);
      expect(filled).toBeGreaterThan(0.7);
    }
  });
});

describe.each([
  ["plane", fitPlane([cloud(4, 4, 4)], SIZE)],
  ["space", fitSpace([cloud(4, 4, 4)], SIZE)],
] as const)("the %s camera", (_, home: Camera) => {
  const target: readonly [number, number, number] =
    home.kind === "space" ? home.target : [home.x, home.y, 0];

  it("keeps what lies under the pointer there while zooming", () => {
    const pointer = [610, 90] as const;
    const grown = zoomAt(home, 3, pointer, SIZE, home);
    expect(magnification(grown, home)).toBeCloseTo(3, 6);
    // The point of the target's plane that is under the pointer before must be there after.
    const shifted = pan(home, 400 - pointer[0], 200 - pointer[1], SIZE);
    const under: [number, number, number] =
      shifted.kind === "space" ? [...shifted.target] : [shifted.x, shifted.y, 0];
    expect(place(home, under)[0]).toBeCloseTo(pointer[0], 3);
    expect(place(grown, under)[0]).toBeCloseTo(pointer[0], 3);
    expect(place(grown, under)[1]).toBeCloseTo(pointer[1], 3);
  });

  it("moves the scene with the pointer", () => {
    const [x, y] = place(home, target);
    const moved = place(pan(home, 30, -20, SIZE), target);
    expect(moved[0] - x).toBeCloseTo(30, 3);
    expect(moved[1] - y).toBeCloseTo(-20, 3);
  });

  it("does not zoom without end", () => {
    let camera = home;
    for (let i = 0; i < 100; i += 1) camera = zoomAt(camera, 4, [1, 1], SIZE, home);
    const deepest = magnification(camera, home);
    expect(Number.isFinite(deepest)).toBe(true);
    camera = zoomAt(camera, 4, [1, 1], SIZE, home);
    expect(magnification(camera, home)).toBeCloseTo(deepest, 6);
  });

  it("flies from one place to another", () => {
    const away = zoomAt(pan(home, 50, 50, SIZE), 4, [0, 0], SIZE, home);
    expect(between(home, away, 0)).toEqual(home);
    expect(magnification(between(home, away, 1), away)).toBeCloseTo(1, 6);
    expect(magnification(between(home, away, 0.5), home)).toBeCloseTo(2, 6);
  });
});

describe("orbit", () => {
  it("takes the near side along with the pointer and never tips over", () => {
    const home = { ...fitSpace([cloud(4, 4, 4)], SIZE), turn: 0, lift: 0 };
    const near: [number, number, number] = [0, 0, 2];
    const before = place(home, near);
    expect(place(orbit(home, 50, 0, SIZE), near)[0]).toBeGreaterThan(before[0]);
    expect(place(orbit(home, 0, 50, SIZE), near)[1]).toBeGreaterThan(before[1]);
    expect(orbit(home, 0, 1e6, SIZE).lift).toBeLessThan(Math.PI / 2);
  });
});
