import { describe, expect, it } from "vitest";
import { boxBetween, contains, samplesInside } from "./polygon";

const screen = (points: readonly (readonly [number, number])[]) =>
  new Float32Array(points.flatMap(([x, y]) => [x, y, 1]));

describe("a polygon", () => {
  const arrow = [
    [0, 0],
    [10, 0],
    [10, 10],
    [5, 4],
    [0, 10],
  ] as const;

  it("holds what is inside, also where it is not convex", () => {
    expect(contains(arrow, 5, 2)).toBe(true);
    expect(contains(arrow, 1, 7)).toBe(true);
    expect(contains(arrow, 5, 7)).toBe(false);
    expect(contains(arrow, -1, 5)).toBe(false);
  });

  it("agrees with the angle that its outline turns around each point", () => {
    // Winding by angles is another way to the same answer where an outline does not cross itself.
    const star = Array.from({ length: 14 }, (_, i): [number, number] => {
      const radius = i % 2 === 0 ? 40 : 17;
      return [50 + radius * Math.sin((i * Math.PI) / 7), 50 + radius * Math.cos((i * Math.PI) / 7)];
    });
    const turns = (x: number, y: number) =>
      star.reduce((sum, [ax, ay], i) => {
        const [bx, by] = star[(i + 1) % star.length] as [number, number];
        const angle = Math.atan2(by - y, bx - x) - Math.atan2(ay - y, ax - x);
        return sum + Math.atan2(Math.sin(angle), Math.cos(angle));
      }, 0);
    let within = 0;
    for (let x = 0.5; x < 100; x += 3.7) {
      for (let y = 0.5; y < 100; y += 3.3) {
        const expected = Math.abs(turns(x, y)) > 1;
        if (expected) within += 1;
        expect(contains(star, x, y), `${x}, ${y}`).toBe(expected);
      }
    }
    expect(within).toBeGreaterThan(20);
  });

  it("selects samples, not those that cannot be seen", () => {
    const at = screen([
      [5, 2],
      [5, 7],
      [Number.NaN, 2],
      [1, 1],
    ]);
    expect(samplesInside(arrow, at)).toEqual([0, 3]);
  });

  it("of less than three corners holds nothing", () => {
    expect(
      samplesInside(
        [
          [0, 0],
          [9, 9],
        ],
        screen([[5, 5]]),
      ),
    ).toEqual([]);
  });
});

it("a box may be drawn from any corner", () => {
  const at = screen([
    [5, 5],
    [15, 5],
    [5, 15],
  ]);
  for (const [a, b] of [
    [
      [0, 0],
      [10, 10],
    ],
    [
      [10, 10],
      [0, 0],
    ],
    [
      [0, 10],
      [10, 0],
    ],
  ] as const) {
    expect(samplesInside(boxBetween(a, b), at)).toEqual([0]);
  }
});
