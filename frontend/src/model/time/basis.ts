// From which steps the axes are made, and when they are made anew. While a run is recorded the basis stays as it is, so
// that nothing jumps; it is refitted when there is twice as much to see, and once more when the recording has ended.
import type { Layer, Run } from "../../types";
import { rangesOf, writeSteps } from "./requests";

export interface Basis {
  readonly steps: readonly number[];
  /** Whether the run was still being recorded when the basis was taken. */
  readonly recording: boolean;
  /** The steps that somebody chose, as the query writes them; null for all there are. */
  readonly chosen: string | null;
}

export function takeBasis(run: Run, layer: Layer, chosen: string | null = null): Basis {
  const named = layer.steps.filter((step) => String(step) === chosen);
  return { steps: named.length > 0 ? named : layer.steps, recording: run.recording, chosen };
}

export function needsRefit(basis: Basis, run: Run, layer: Layer): boolean {
  // Old steps may be thinned out: axes cannot be made from what is no longer there.
  if (basis.steps.some((step) => !layer.steps.includes(step))) return true;
  if (basis.chosen !== null || layer.steps.length === basis.steps.length) return false;
  const ended = basis.recording && !run.recording;
  return ended || layer.steps.length >= 2 * basis.steps.length;
}

/** There are steps that the axes know nothing of, though nobody has chosen which they are made from. */
export function isOutdated(basis: Basis, layer: Layer): boolean {
  return basis.chosen === null && basis.steps.length < layer.steps.length;
}

/** The query's `basisSteps`. Null, which means all recorded steps, only where no more are to come. */
export function basisQuery(basis: Basis, run: Run, layer: Layer): string | null {
  const all = basis.steps.length === layer.steps.length && !run.recording;
  return all ? null : writeSteps(basis.steps, layer.steps);
}

/** From which steps the axes are, "all 11 epochs" say; `shown` says what a person calls a step after the noun. */
export function basisInWords(
  basis: Basis,
  recorded: readonly number[],
  noun: string,
  shown: (step: number) => string,
): string {
  const [first, ...more] = basis.steps;
  if (first !== undefined && more.length === 0) return `${noun} ${shown(first)}`;
  if (basis.steps.length === recorded.length) return `all ${recorded.length} ${noun}s`;
  const ranges = rangesOf(basis.steps, recorded).map(([from, to]) =>
    from === to ? shown(from) : `${shown(from)}–${shown(to)}`,
  );
  return `${noun}s ${ranges.join(", ")}`;
}

/** A layer as it was listed, in its run. */
export interface Listed {
  readonly run: Run;
  readonly layer: Layer;
}

/** Whether `after` is the same recording as `before`, perhaps further on, and not another one in its place. */
export function continues(before: Listed, after: Listed): boolean {
  if (before.run.run !== after.run.run || before.layer.name !== after.layer.name) return false;
  if (before.layer.fingerprint !== after.layer.fingerprint) return false;
  const times = new Map(before.run.steps.map(({ step, wall_time: wallTime }) => [step, wallTime]));
  const shared = after.run.steps.filter(({ step }) => times.has(step));
  return (
    shared.length > 0 &&
    shared.every(({ step, wall_time: wallTime }) => times.get(step) === wallTime)
  );
}
