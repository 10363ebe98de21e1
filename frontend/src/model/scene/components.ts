// A linear view has more components than the eye: from which side they are looked at. Turning needs no request.
import type { Frame } from "../../types";

const INT16 = 32767;
const PRIMES = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73];
/** Radians a second of the quickest turn of a tour: a quarter turn takes some eight seconds. */
const PACE = 0.2;

export const COMPONENTS = 10;

/** Three rows of ten: the direction of each axis on the screen among the components. */
export type Turn = readonly (readonly number[])[];

/** Three of the components, counted from 0, as the axes of the screen. */
export type Axes = readonly [number, number, number];

export const FIRST_AXES: Axes = [0, 1, 2];
export const UNTURNED_AXES: Turn = turnTo(FIRST_AXES);

export function turnTo(axes: Axes): Turn {
  return axes.map((axis) => Array.from({ length: COMPONENTS }, (_, i) => (i === axis ? 1 : 0)));
}

/**
 * Where a grand tour that starts at `from` is after some seconds: rotations in planes between each axis of the screen
 * and every component, at speeds whose ratios are irrational, so that no view comes twice (Asimov, 1985).
 */
export function tour(from: Turn, seconds: number, dimensions: number): Turn {
  const basis = completed(from);
  let speed = 0;
  for (let axis = 0; axis < dimensions; axis += 1) {
    for (let other = dimensions; other < COMPONENTS; other += 1) {
      const fraction = Math.sqrt(PRIMES[speed++ % PRIMES.length] as number) % 1;
      rotate(basis, axis, other, seconds * PACE * (0.25 + 0.75 * fraction));
    }
  }
  return basis.slice(0, 3);
}

/** The frame as three components, as it looks along a turn. */
export function seenAlong(turn: Turn, frame: Frame): Frame {
  const { positions, width, scale, offset } = frame;
  const samples = positions.length / width;
  const turned = new Float32Array(3 * samples);
  let farthest = 0;
  for (let i = 0; i < samples; i += 1) {
    for (let axis = 0; axis < 3; axis += 1) {
      const direction = turn[axis] as readonly number[];
      let value = 0;
      for (let j = 0; j < width; j += 1) {
        value += (direction[j] as number) * (positions[i * width + j] as number);
      }
      turned[3 * i + axis] = value;
      farthest = Math.max(farthest, Math.abs(value));
    }
  }
  const shrink = farthest > INT16 ? INT16 / farthest : 1;
  const seen = new Int16Array(4 * samples);
  for (let i = 0; i < samples; i += 1) {
    for (let axis = 0; axis < 3; axis += 1) {
      seen[4 * i + axis] = Math.round((turned[3 * i + axis] as number) * shrink);
    }
  }
  const moved = turn.map((direction) =>
    direction.reduce((sum, share, j) => sum + share * (offset[j] ?? 0), 0),
  );
  return { ...frame, positions: seen, width: 4, scale: scale / shrink, offset: moved };
}

/** The turn's rows, and after them rows that complete them to a basis of all components (Gram and Schmidt). */
function completed(turn: Turn): number[][] {
  const basis = turn.map((row) => [...row]);
  for (let i = 0; i < COMPONENTS && basis.length < COMPONENTS; i += 1) {
    const row: number[] = Array.from({ length: COMPONENTS }, (_, j) => (j === i ? 1 : 0));
    for (const known of basis) {
      const along = known.reduce((sum, value, j) => sum + value * (row[j] as number), 0);
      for (let j = 0; j < COMPONENTS; j += 1) {
        row[j] = (row[j] as number) - along * (known[j] as number);
      }
    }
    const length = Math.hypot(...row);
    if (length > 1e-6) basis.push(row.map((value) => value / length));
  }
  return basis;
}

function rotate(basis: number[][], a: number, b: number, angle: number): void {
  const first = basis[a] as number[];
  const second = basis[b] as number[];
  const cos = Math.cos(angle);
  const sin = Math.sin(angle);
  for (let j = 0; j < COMPONENTS; j += 1) {
    const x = first[j] as number;
    const y = second[j] as number;
    first[j] = cos * x + sin * y;
    second[j] = cos * y - sin * x;
  }
}
