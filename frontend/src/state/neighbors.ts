// The nearest samples to the chosen one in the layer's own space, at the step that is shown and at another to compare with.
import { effect, type Signal, signal } from "@preact/signals";
import { fetchNeighbors } from "../api";
import type { Metric, Neighbor } from "../types";
import type { Store } from "./store";

export const MOST_NEIGHBORS = 1000;
/** Nobody waits for the neighbours of a step that is only passed by. */
const PATIENCE = 150;

export interface NeighborsAnswer {
  readonly sample: number;
  readonly step: number;
  readonly now: readonly Neighbor[];
  /** What the same question had as its answer at the step to compare with. */
  readonly then: readonly Neighbor[] | null;
}

export class Neighbors {
  readonly metric: Signal<Metric> = signal("euclidean");
  readonly k: Signal<number> = signal(20);
  /** The step that gains and losses are counted from. */
  readonly since: Signal<number | null> = signal(null);
  readonly answer: Signal<NeighborsAnswer | null> = signal(null);
}

export function watchNeighbors(store: Store, signal: AbortSignal): void {
  askForNeighbors(store, signal);
  effect(() => {
    const answer = store.neighbors.answer.value;
    const current = answer?.sample === store.choosing.sample.value ? answer : null;
    store.choosing.near.value = new Set(current?.now.map(({ sample }) => sample));
  });
}

function askForNeighbors(store: Store, signal: AbortSignal): void {
  const { metric, k, since, answer } = store.neighbors;
  effect(() => {
    const run = store.run.value;
    const layer = store.layer.value;
    const step = store.step.value;
    const sample = store.choosing.sample.value;
    const compared = since.value;
    const question = { metric: metric.value, k: k.value };
    const lookedAt = store.choosing.inspectorOpen.value && store.choosing.tab.value === "Sample";
    if (run === null || layer === null || step === null || sample === null) {
      answer.value = null;
      return;
    }
    if (!lookedAt || store.playing.value || !layer.steps.includes(step)) return;
    const unwanted = new AbortController();
    const stillWanted = AbortSignal.any([signal, unwanted.signal]);
    const ask = (at: number) =>
      fetchNeighbors(run, layer, { ...question, step: at, sample }, stillWanted);
    const timer = setTimeout(() => {
      store.activity.attemptQuietly(`neighbors of sample ${sample}`, stillWanted, async () => {
        const compare = compared !== null && layer.steps.includes(compared);
        const [now, then] = await Promise.all([ask(step), compare ? ask(compared) : null]);
        if (!stillWanted.aborted) answer.value = { sample, step, now, then };
      });
    }, PATIENCE);
    return () => {
      clearTimeout(timer);
      unwanted.abort();
    };
  });
}

/** Neighbours that the other list does not have. */
export function missingFrom(
  other: readonly Neighbor[],
  neighbors: readonly Neighbor[],
): readonly Neighbor[] {
  const known = new Set(other.map(({ sample }) => sample));
  return neighbors.filter(({ sample }) => !known.has(sample));
}

/** Asks for as many as the server answers, at least one. */
export function chooseK(store: Store, k: number): void {
  store.neighbors.k.value = Math.min(MOST_NEIGHBORS, Math.max(1, Math.round(k)));
}

export function chooseMetric(store: Store, metric: Metric): void {
  store.neighbors.metric.value = metric;
}

export function compareSince(store: Store, step: number | null): void {
  store.neighbors.since.value = step;
}
