import { describe, expect, it } from "vitest";
import { align, nearestOrthogonal } from "./rotations";

/** Points without symmetry, so that only one turn fits. */
function points(count = 60): Float32Array {
  const out = new Float32Array(3 * count);
  for (let i = 0; i < count; i += 1) {
    out.set([5 * Math.sin(i), 2 * Math.cos(2.3 * i) + 0.02 * i, Math.sin(0.7 * i * i)], 3 * i);
  }
  return out;
}

function transform(from: Float32Array, rotation: readonly number[], shift: readonly number[]) {
  return from.map((_, i) => {
    const row = i % 3;
    const start = i - row;
    return [0, 1, 2].reduce(
      (sum, k) => sum + (rotation[3 * row + k] ?? 0) * (from[start + k] ?? 0),
      shift[row] ?? 0,
    );
  });
}

function expectClose(a: ArrayLike<number>, b: ArrayLike<number>, digits = 4): void {
  expect(a.length).toBe(b.length);
  for (let i = 0; i < a.length; i += 1) expect(a[i]).toBeCloseTo(b[i] ?? Number.NaN, digits);
}

const c = Math.cos(2);
const s = Math.sin(2);
const TURN = [c, -s, 0, s, c, 0, 0, 0, 1];
const MIRROR = [-1, 0, 0, 0, 1, 0, 0, 0, 1];
const TUMBLE = [0, 0, 1, 1, 0, 0, 0, -1, 0];

describe("align", () => {
  it.each([
    ["a turn", TURN],
    ["a mirror", MIRROR],
    ["turned and mirrored axes", TUMBLE],
  ])("takes back %s and a shift in 3-D", (_, rotation) => {
    const to = points();
    // The inverse of an orthogonal matrix is its transpose.
    const inverse = [0, 3, 6, 1, 4, 7, 2, 5, 8].map((i) => rotation[i] ?? 0);
    const from = transform(to, inverse, [3, -2, 1]);
    const found = align(from, to, 3);
    expectClose(found.rotation, rotation);
    expectClose(transform(from, found.rotation, found.shift), to);
  });

  it("never mixes the third axis into a flat view", () => {
    const to = points();
    const from = transform(to, [c, s, 0, -s, c, 0, 0, 0, 1], [1, 1, 50]);
    const found = align(from, to, 2);
    expectClose(found.rotation, TURN);
    expect(found.shift[2]).toBe(0);
  });

  it("does not stretch: of clouds of different size it only turns", () => {
    const from = points();
    const found = align(
      from,
      from.map((value) => 7 * value),
      3,
    );
    expectClose(found.rotation, [1, 0, 0, 0, 1, 0, 0, 0, 1]);
  });

  it("is best in the least squares' sense: a small further turn makes it worse", () => {
    const from = points();
    const to = transform(from, TURN, [0, 0, 0]).map((value, i) => value + 0.5 * Math.sin(9 * i));
    const { rotation, shift } = align(from, to, 3);
    const error = (turned: Float32Array) =>
      turned.reduce((sum, value, i) => sum + (value - (to[i] ?? 0)) ** 2, 0);
    const best = error(transform(from, rotation, shift));
    const laid = transform(from, rotation, shift);
    for (const angle of [-0.02, 0.02]) {
      const more = [
        Math.cos(angle),
        -Math.sin(angle),
        0,
        Math.sin(angle),
        Math.cos(angle),
        0,
        0,
        0,
        1,
      ];
      expect(error(transform(laid, more, [0, 0, 0]))).toBeGreaterThan(best);
    }
  });

  it("stays finite for clouds without extent in some or all directions", () => {
    const line = Float32Array.from({ length: 30 }, (_, i) => (i % 3 === 0 ? i : 0));
    const found = align(line, line, 3);
    expectClose(transform(line, found.rotation, found.shift), line);
    const point = new Float32Array(30);
    expectClose(align(point, point, 3).rotation, [1, 0, 0, 0, 1, 0, 0, 0, 1]);
  });
});

describe("nearest_orthogonal", () => {
  it("gives an orthogonal matrix", () => {
    const q = nearestOrthogonal([2, 1, 0, -1, 3, 1, 0.5, 0, -4]);
    const product = [0, 1, 2].flatMap((i) =>
      [0, 1, 2].map((j) =>
        [0, 1, 2].reduce((sum, k) => sum + (q[3 * i + k] ?? 0) * (q[3 * j + k] ?? 0), 0),
      ),
    );
    expectClose(product, [1, 0, 0, 0, 1, 0, 0, 0, 1], 10);
  });
});
