// What somebody can want of what is measured. Each function changes the store; what follows from that is not its matter.
import { batch } from "@preact/signals";
import type { Other } from "../measures";
import { goToPlace } from "./intents";
import type { Section } from "./measuring";
import type { Store } from "./store";

/** Lists the samples of a finding, or closes the list. */
export function toggleFinding(store: Store, id: string): void {
  const { opened, ranking } = store.measuring;
  batch(() => {
    opened.value = opened.value === id ? null : id;
    ranking.value = null;
  });
}

/** One section at a time. */
export function toggleSection(store: Store, section: Section): void {
  const { section: open } = store.measuring;
  open.value = open.value === section ? null : section;
}

/** Puts a metric's curve above the slider, or that of the view's worth again. */
export function toggleAbove(store: Store, metric: string): void {
  const { above } = store.measuring;
  above.value = above.value === metric ? null : metric;
}

export function compareWith(store: Store, other: Other | null): void {
  batch(() => {
    store.measuring.compared.value = other;
    store.measuring.similarity.value = null;
  });
}

export function chooseRival(store: Store, rival: Other): void {
  batch(() => {
    store.measuring.rival.value = rival;
    store.measuring.comparison.value = null;
  });
}

/** Lists the samples in which two runs differ, or closes the list. */
export function toggleDifference(store: Store, list: string): void {
  const { difference } = store.measuring;
  difference.value = difference.value === list ? null : list;
}

export function choosePair(store: Store, pair: readonly [string, string]): void {
  batch(() => {
    store.measuring.pair.value = pair;
    store.measuring.classPair.value = null;
  });
}

export function unfoldNeighbors(store: Store, unfolded: boolean): void {
  store.measuring.neighborsUnfolded.value = unfolded;
}

export function goToStep(store: Store, step: number): void {
  const place = store.steps.value.indexOf(step);
  if (place !== -1) goToPlace(store, place);
}
