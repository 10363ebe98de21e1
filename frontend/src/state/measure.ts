// What somebody can want of what is measured. Each function changes the store; what follows from that is not its matter.
import { batch } from "@preact/signals";
import { go_to_place } from "./intents";
import type { Other, Section } from "./measuring";
import type { Store } from "./store";

/** Lists the samples of a finding, or closes the list. */
export function toggle_finding(store: Store, id: string): void {
  const { opened, ranking } = store.measuring;
  batch(() => {
    opened.value = opened.value === id ? null : id;
    ranking.value = null;
  });
}

/** One section at a time. */
export function toggle_section(store: Store, section: Section): void {
  const { section: open } = store.measuring;
  open.value = open.value === section ? null : section;
}

/** Puts a metric's curve above the slider, or that of the view's worth again. */
export function toggle_above(store: Store, metric: string): void {
  const { above } = store.measuring;
  above.value = above.value === metric ? null : metric;
}

export function compare_with(store: Store, other: Other | null): void {
  batch(() => {
    store.measuring.compared.value = other;
    store.measuring.similarity.value = null;
  });
}

export function choose_pair(store: Store, pair: readonly [string, string]): void {
  batch(() => {
    store.measuring.pair.value = pair;
    store.measuring.class_pair.value = null;
  });
}

export function unfold_neighbors(store: Store, unfolded: boolean): void {
  store.measuring.neighbors_unfolded.value = unfolded;
}

export function go_to_step(store: Store, step: number): void {
  const place = store.steps.value.indexOf(step);
  if (place !== -1) go_to_place(store, place);
}
