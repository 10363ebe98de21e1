// The nearest samples to the chosen one in the layer's own space, at the step that is shown and at another to compare with.
import { effect, type Signal, signal } from "@preact/signals";
import { fetch_neighbors } from "../api";
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

export function watch_neighbors(store: Store, signal: AbortSignal): void {
  ask_for_neighbors(store, signal);
  effect(() => {
    const answer = store.neighbors.answer.value;
    const current = answer?.sample === store.choosing.sample.value ? answer : null;
    store.choosing.near.value = new Set(current?.now.map(({ sample }) => sample));
  });
}

function ask_for_neighbors(store: Store, signal: AbortSignal): void {
  const { metric, k, since, answer } = store.neighbors;
  effect(() => {
    const run = store.run.value;
    const layer = store.layer.value;
    const step = store.step.value;
    const sample = store.choosing.sample.value;
    const compared = since.value;
    const question = { metric: metric.value, k: k.value };
    const looked_at = store.choosing.inspector_open.value && store.choosing.tab.value === "Sample";
    if (run === null || layer === null || step === null || sample === null) {
      answer.value = null;
      return;
    }
    if (!looked_at || store.playing.value || !layer.steps.includes(step)) return;
    const unwanted = new AbortController();
    const still_wanted = AbortSignal.any([signal, unwanted.signal]);
    const ask = (at: number) =>
      fetch_neighbors(run, layer, { ...question, step: at, sample }, still_wanted);
    const timer = setTimeout(() => {
      store.activity.attempt_quietly(`neighbors of sample ${sample}`, still_wanted, async () => {
        const compare = compared !== null && layer.steps.includes(compared);
        const [now, then] = await Promise.all([ask(step), compare ? ask(compared) : null]);
        if (!still_wanted.aborted) answer.value = { sample, step, now, then };
      });
    }, PATIENCE);
    return () => {
      clearTimeout(timer);
      unwanted.abort();
    };
  });
}

/** Neighbours that the other list does not have. */
export function missing_from(
  other: readonly Neighbor[],
  neighbors: readonly Neighbor[],
): readonly Neighbor[] {
  const known = new Set(other.map(({ sample }) => sample));
  return neighbors.filter(({ sample }) => !known.has(sample));
}

/** Asks for as many as the server answers, at least one. */
export function choose_k(store: Store, k: number): void {
  store.neighbors.k.value = Math.min(MOST_NEIGHBORS, Math.max(1, Math.round(k)));
}

export function choose_metric(store: Store, metric: Metric): void {
  store.neighbors.metric.value = metric;
}

export function compare_since(store: Store, step: number | null): void {
  store.neighbors.since.value = step;
}
