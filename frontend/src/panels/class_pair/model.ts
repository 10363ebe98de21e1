// Two classes along the axis between them: how they spread at each step, and which samples change sides.
import type { PartialAnswer } from "../../measures";

/** Their names; "" where one is not chosen yet. */
export type TwoClasses = readonly [string, string];

/** The samples of two classes along the axis through the classes' means: -1 the mean of the first, 1 of the second. */
export interface ClassPair extends PartialAnswer {
  readonly classes: TwoClasses;
  readonly steps: readonly number[];
  readonly samples: Int32Array;
  /** 1 for a sample of the second class. */
  readonly second: Uint8Array;
  /** A row a step. */
  readonly positions: readonly Float32Array[];
}

/** The means lie at -1 and 1. */
const END = 3;
const BINS = 49;
/** Weights of a bin's neighbours, near to far, that smooth what few samples make ragged. */
const KERNEL = [0.4, 0.24, 0.06];

export interface Crossing {
  readonly sample: number;
  /** At which it lies on another side than at the step before. */
  readonly steps: readonly number[];
  readonly wrongAtLast: boolean;
}

/** Nearer to the other class's mean than to its own, along the axis. */
export function isWrong(pair: ClassPair, place: number, i: number): boolean {
  const along = pair.positions[place]?.[i] ?? Number.NaN;
  return pair.second[i] === 1 ? along < 0 : along > 0;
}

/** Samples that change sides after the first step, those that end on the wrong one first, then by how often they do. */
export function crossings(pair: ClassPair): Crossing[] {
  const last = pair.steps.length - 1;
  const found: Crossing[] = [];
  for (const [i, sample] of pair.samples.entries()) {
    const steps = pair.steps.filter(
      (_, place) => place > 0 && isWrong(pair, place, i) !== isWrong(pair, place - 1, i),
    );
    if (steps.length > 0) found.push({ sample, steps, wrongAtLast: isWrong(pair, last, i) });
  }
  return found.sort(
    (a, b) =>
      Number(b.wrongAtLast) - Number(a.wrongAtLast) ||
      b.steps.length - a.steps.length ||
      a.sample - b.sample,
  );
}

export function wrongAt(pair: ClassPair, step: number): number[] {
  const place = pair.steps.indexOf(step);
  return [...pair.samples].filter((_, i) => isWrong(pair, place, i));
}

/** Smoothed shares of a class's samples along the axis, the highest of both classes being 1. */
export function densities(pair: ClassPair, place: number): { first: number[]; second: number[] } {
  const counts = [new Array<number>(BINS).fill(0), new Array<number>(BINS).fill(0)];
  const totals = [0, 0];
  for (const [i, along] of (pair.positions[place] ?? new Float32Array()).entries()) {
    if (Number.isNaN(along)) continue;
    const bin = Math.round(((along + END) / (2 * END)) * (BINS - 1));
    const of = pair.second[i] === 1 ? 1 : 0;
    const row = counts[of] as number[];
    const inside = Math.min(BINS - 1, Math.max(0, bin));
    row[inside] = (row[inside] as number) + 1;
    totals[of] = (totals[of] as number) + 1;
  }
  const [first = [], second = []] = counts.map((row, of) =>
    row.map((_, bin) => smoothed(row, bin) / Math.max(1, totals[of] as number)),
  );
  const most = Math.max(...first, ...second) || 1;
  return { first: first.map((v) => v / most), second: second.map((v) => v / most) };
}

function smoothed(row: readonly number[], bin: number): number {
  return KERNEL.reduce((sum, weight, away) => {
    const near = away === 0 ? (row[bin] ?? 0) : (row[bin - away] ?? 0) + (row[bin + away] ?? 0);
    return sum + weight * near;
  }, 0);
}
