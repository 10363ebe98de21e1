// The rotation and shift, without mirroring, that lay some points onto others as well as can be. Mirrored, what is held
// still would seem to stay while everything around it jumped to the other side.
import type { Dimensions } from "../../types";
import { type Alignment, centre, crossProducts, times } from "./rotations";

const MOST_ITERATIONS = 60;

/** From `from` to `to`, x, y, z of the same points in both; 2-D leaves z alone. */
export function alignRigidly(
  from: Float32Array,
  to: Float32Array,
  dimensions: Dimensions,
): Alignment {
  const a = centre(from);
  const b = centre(to);
  const products = crossProducts(from, to, a, b, dimensions);
  const rotation = dimensions === 2 ? rotationInPlane(products) : rotationInSpace(products);
  const turned = times(rotation, dimensions === 2 ? [a[0] ?? 0, a[1] ?? 0, 0] : a);
  const shift = b.map((value, i) => (i < dimensions ? value - (turned[i] as number) : 0));
  return { rotation, shift };
}

function rotationInPlane(m: readonly number[]): number[] {
  const at = (i: number) => m[i] as number;
  const angle = Math.atan2(at(3) - at(1), at(0) + at(4));
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  return [cos, -sin, 0, sin, cos, 0, 0, 0, 1];
}

/** The unit quaternion that is the leading eigenvector of a symmetric matrix of four by four (Horn, 1987). */
function rotationInSpace(m: readonly number[]): number[] {
  const at = (row: number, column: number) => m[3 * row + column] as number;
  const [xx, yx, zx] = [at(0, 0), at(0, 1), at(0, 2)];
  const [xy, yy, zy] = [at(1, 0), at(1, 1), at(1, 2)];
  const [xz, yz, zz] = [at(2, 0), at(2, 1), at(2, 2)];
  // at(row, column) sums to[row] * from[column]; Horn's S_ij sums from[i] * to[j].
  let power = [
    [xx + yy + zz, yz - zy, zx - xz, xy - yx],
    [yz - zy, xx - yy - zz, xy + yx, zx + xz],
    [zx - xz, xy + yx, -xx + yy - zz, yz + zy],
    [xy - yx, zx + xz, yz + zy, -xx - yy + zz],
  ];
  const size = Math.hypot(...power.flat());
  if (size === 0) return [1, 0, 0, 0, 1, 0, 0, 0, 1];
  // Shifted so that no eigenvalue is negative; of equal ones, the least turn.
  power = power.map((row, i) =>
    row.map((value, j) => value / size + (i === j ? (i === 0 ? 1 + 1e-9 : 1) : 0)),
  );
  // Squared again and again, the leading eigenvector is all that is left.
  for (let i = 0; i < MOST_ITERATIONS; i += 1) {
    const squared = power.map((row) =>
      row.map((_, j) => row.reduce((sum, value, k) => sum + value * (power[k]?.[j] as number), 0)),
    );
    const length = Math.hypot(...squared.flat());
    power = squared.map((row) => row.map((value) => value / length));
  }
  // Each row is the eigenvector times one of its own entries: the longest is the most exact.
  const lengths = power.map((row) => Math.hypot(...row));
  const length = Math.max(...lengths);
  const longest = power[lengths.indexOf(length)] ?? [];
  const [w = 1, x = 0, y = 0, z = 0] = longest.map((value) => value / length);
  return [
    1 - 2 * (y * y + z * z),
    2 * (x * y - w * z),
    2 * (x * z + w * y),
    2 * (x * y + w * z),
    1 - 2 * (x * x + z * z),
    2 * (y * z - w * x),
    2 * (x * z - w * y),
    2 * (y * z + w * x),
    1 - 2 * (x * x + y * y),
  ];
}
