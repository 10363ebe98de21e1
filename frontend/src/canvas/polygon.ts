// Which samples lie inside what was drawn on the stage.
import type { Path } from "../types";

/** The four corners of the box between two opposite ones. */
export function boxBetween(a: readonly [number, number], b: readonly [number, number]): Path {
  return [a, [b[0], a[1]], b, [a[0], b[1]]];
}

/** Samples inside a closed polygon; `screen` holds x, y and depth of each, NaN for those that cannot be seen. */
export function samplesInside(path: Path, screen: Float32Array): number[] {
  const inside: number[] = [];
  if (path.length < 3) return inside;
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [x, y] of path) {
    left = Math.min(left, x);
    top = Math.min(top, y);
    right = Math.max(right, x);
    bottom = Math.max(bottom, y);
  }
  for (let i = 0; 3 * i < screen.length; i += 1) {
    const x = screen[3 * i] as number;
    const y = screen[3 * i + 1] as number;
    // Written so that NaN fails.
    if (x >= left && x <= right && y >= top && y <= bottom && contains(path, x, y)) inside.push(i);
  }
  return inside;
}

/** Even-odd rule: a ray to the right crosses the outline an odd number of times. */
export function contains(path: Path, x: number, y: number): boolean {
  let inside = false;
  for (let i = 0, j = path.length - 1; i < path.length; j = i, i += 1) {
    const [ax, ay] = path[i] as readonly [number, number];
    const [bx, by] = path[j] as readonly [number, number];
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside;
  }
  return inside;
}
