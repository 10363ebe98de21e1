// The ways samples and classes have come: through their places at the last steps to where they are drawn now.
import type { Pose } from "../../types";
import { scenePositions } from "./pose";

export const MOST_TRAILS = 200;
export const TRAIL_STEPS = 10;

/** The places on the timeline that a trail which ends at `at` passes, the oldest first, without its end. */
export function placesPassed(at: number): number[] {
  const last = Math.ceil(at) - 1;
  const first = Math.max(0, Math.floor(at) - TRAIL_STEPS);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i);
}

/** Where a sample is in the scene. */
export function placeIn({ positions, placement: m }: Pose, sample: number): number[] {
  const at = 4 * sample;
  return [0, 1, 2].map((row) => {
    const along = (column: number) =>
      (m[4 * column + row] as number) * (positions[at + column] ?? 0);
    return along(0) + along(1) + along(2) + (m[12 + row] as number);
  });
}

/** Where a sample is on its way from one pose to another. */
export function placeBetween(from: Pose, to: Pose, mix: number, sample: number): number[] {
  const a = placeIn(from, sample);
  const b = placeIn(to, sample);
  return a.map((value, i) => value + mix * ((b[i] as number) - value));
}

/** x, y, z of the median of each class, NaN where it has no samples; axis by axis, so that a few strays move nothing. */
export function classMedians(
  pose: Pose,
  codes: Int32Array,
  classes: readonly number[],
  shown: Uint8Array | null,
): Float32Array {
  const positions = scenePositions(pose);
  const place = new Map(classes.map((code, k) => [code, k]));
  const members = classes.map((): number[] => []);
  // Iterators would take seconds for a million samples.
  for (let i = 0; i < codes.length; i += 1) {
    const k = place.get(codes[i] as number);
    if (k !== undefined && shown?.[i] !== 0) members[k]?.push(i);
  }
  const medians = new Float32Array(3 * classes.length).fill(Number.NaN);
  for (const [k, ids] of members.entries()) {
    const along = new Float32Array(ids.length);
    for (let axis = 0; axis < 3 && ids.length > 0; axis += 1) {
      for (let j = 0; j < ids.length; j += 1) {
        along[j] = positions[3 * (ids[j] as number) + axis] as number;
      }
      along.sort();
      medians[3 * k + axis] = along[along.length >> 1] as number;
    }
  }
  return medians;
}

/** The largest classes, by code, the larger first. */
export function largestClasses(codes: Int32Array, words: number, most: number): number[] {
  const counts = new Array<number>(words).fill(0);
  for (const code of codes) if (code in counts) counts[code] = (counts[code] as number) + 1;
  const there = counts.map((_, code) => code).filter((code) => (counts[code] as number) > 0);
  return there.sort((a, b) => (counts[b] as number) - (counts[a] as number)).slice(0, most);
}

/** The sample that follows each, by what a column says: row numbers counted from 0; -1 for none. */
export function nextSamples(texts: Iterable<string>, samples: number): Int32Array {
  const next = new Int32Array(samples).fill(-1);
  let i = 0;
  for (const text of texts) {
    const row = /^\s*\d+(\.0+)?\s*$/.test(text) ? Number(text) : -1;
    if (row >= 0 && row < samples && row !== i) next[i] = row;
    i += 1;
  }
  return next;
}

/** The longest chains of samples that follow one another, of which no sample is in two. */
export function chains(next: Int32Array): number[][] {
  const followed = new Uint8Array(next.length);
  for (const one of next) if (one >= 0) followed[one] = 1;
  const seen = new Uint8Array(next.length);
  const all: number[][] = [];
  const walk = (start: number) => {
    const chain = [start];
    seen[start] = 1;
    for (let at = next[start] as number; at >= 0; at = next[at] as number) {
      chain.push(at);
      if (seen[at] === 1) break;
      seen[at] = 1;
    }
    if (chain.length > 1) all.push(chain);
  };
  for (let i = 0; i < next.length; i += 1) if (followed[i] === 0) walk(i);
  // What is left are rings, without a beginning.
  for (let i = 0; i < next.length; i += 1) if (seen[i] === 0) walk(i);
  return all;
}
