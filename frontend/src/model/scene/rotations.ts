// Lays a refitted projection onto the one before it. Turning and mirroring the axes changes nothing that a projection
// says, so the new frames get the turn that moves the samples least.
import type { Dimensions } from "../../types";

/** `rotation * position + shift`; the rotation row by row, reflections allowed. */
export interface Alignment {
  readonly rotation: readonly number[];
  readonly shift: readonly number[];
}

export const UNTURNED: Alignment = { rotation: [1, 0, 0, 0, 1, 0, 0, 0, 1], shift: [0, 0, 0] };

const RIDGE = 1e-6;
const ENOUGH = 1e-14;
const MOST_ITERATIONS = 100;

/** The orthogonal Procrustes solution from `from` to `to`, x, y, z of the same samples in both; 2-D leaves z alone. */
export function align(from: Float32Array, to: Float32Array, dimensions: Dimensions): Alignment {
  const a = centre(from);
  const b = centre(to);
  const products = crossProducts(from, to, a, b, dimensions);
  const length = Math.hypot(...products);
  if (length === 0) return UNTURNED;
  const scaled = products.map((product) => product / length);
  // An axis without extent has no direction of its own: it keeps the one it had.
  for (const i of [0, 4, 8]) scaled[i] = (scaled[i] as number) + RIDGE;
  if (dimensions === 2) scaled[8] = 1;
  const rotation = nearestOrthogonal(scaled);
  const turned = times(rotation, dimensions === 2 ? [a[0] ?? 0, a[1] ?? 0, 0] : a);
  const shift = b.map((value, i) => (i < dimensions ? value - (turned[i] as number) : 0));
  return { rotation, shift };
}

/** The sum over all points of `to` times `from`, each less its centre; row by row. */
export function crossProducts(
  from: Float32Array,
  to: Float32Array,
  a: readonly number[],
  b: readonly number[],
  dimensions: Dimensions,
): number[] {
  const products = new Array<number>(9).fill(0);
  for (let i = 0; i < from.length; i += 3) {
    for (let row = 0; row < dimensions; row += 1) {
      const y = (to[i + row] as number) - (b[row] as number);
      for (let column = 0; column < dimensions; column += 1) {
        const x = (from[i + column] as number) - (a[column] as number);
        products[3 * row + column] = (products[3 * row + column] as number) + x * y;
      }
    }
  }
  return products;
}

/** Newton's iteration for the orthogonal factor of the polar decomposition: X to the mean of X and its inverse transposed. */
export function nearestOrthogonal(matrix: readonly number[]): number[] {
  let x = [...matrix];
  for (let i = 0; i < MOST_ITERATIONS; i += 1) {
    const other = inverseTransposed(x);
    const next = x.map((value, j) => (value + (other[j] as number)) / 2);
    const change = Math.hypot(...next.map((value, j) => value - (x[j] as number)));
    x = next;
    if (change < ENOUGH) break;
  }
  return x;
}

function inverseTransposed(m: readonly number[]): number[] {
  const at = (row: number, column: number) => m[3 * (row % 3) + (column % 3)] as number;
  // With indices that wrap around, the cofactor's sign comes by itself.
  const cofactors = Array.from({ length: 9 }, (_, i) => {
    const row = Math.floor(i / 3);
    const column = i % 3;
    return (
      at(row + 1, column + 1) * at(row + 2, column + 2) -
      at(row + 1, column + 2) * at(row + 2, column + 1)
    );
  });
  const determinant = [0, 1, 2].reduce((sum, i) => sum + at(0, i) * (cofactors[i] as number), 0);
  return cofactors.map((cofactor) => cofactor / determinant);
}

export function centre(points: Float32Array): number[] {
  const sums = [0, 0, 0];
  for (let i = 0; i < points.length; i += 1) {
    sums[i % 3] = (sums[i % 3] as number) + (points[i] as number);
  }
  return sums.map((sum) => sum / Math.max(1, points.length / 3));
}

export function times(matrix: readonly number[], vector: readonly number[]): number[] {
  return [0, 1, 2].map((row) =>
    vector.reduce((sum, value, i) => sum + (matrix[3 * row + i] as number) * value, 0),
  );
}
