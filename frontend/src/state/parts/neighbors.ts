// The nearest samples to the chosen one in the layer's own space, at the step that is shown and at another to compare with.
import { type Signal, signal } from "@preact/signals";
import type { DistanceMetric, Neighbor } from "../../types";

export const MOST_NEIGHBORS = 1000;

export interface NeighborsAnswer {
  readonly sample: number;
  readonly step: number;
  readonly now: readonly Neighbor[];
  /** What the same question had as its answer at the step to compare with. */
  readonly then: readonly Neighbor[] | null;
}

export class NeighborsState {
  readonly metric: Signal<DistanceMetric> = signal("euclidean");
  readonly k: Signal<number> = signal(20);
  /** The step that gains and losses are counted from. */
  readonly since: Signal<number | null> = signal(null);
  readonly answer: Signal<NeighborsAnswer | null> = signal(null);

  /** Asks for as many as the server answers, at least one. */
  chooseK(k: number): void {
    this.k.value = Math.min(MOST_NEIGHBORS, Math.max(1, Math.round(k)));
  }

  chooseMetric(metric: DistanceMetric): void {
    this.metric.value = metric;
  }

  compareSince(step: number | null): void {
    this.since.value = step;
  }
}

/** Neighbours that the other list does not have. */
export function missingFrom(
  other: readonly Neighbor[],
  neighbors: readonly Neighbor[],
): readonly Neighbor[] {
  const known = new Set(other.map(({ sample }) => sample));
  return neighbors.filter(({ sample }) => !known.has(sample));
}
