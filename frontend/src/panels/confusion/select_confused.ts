// The samples of one cell: asked for when it is chosen.
import { measurable } from "../../effects/poll_measures";
import type { Store } from "../../state/store";
import { fetchConfused } from "./api";

/** Selects the samples of one label that are predicted as one class. */
export function selectConfused(store: Store, step: number, row: number, column: number): void {
  const key = measurable(store);
  if (key === null) return;
  const unwanted = new AbortController();
  store.activity.attemptQuietly("the samples of a cell", unwanted.signal, async () => {
    const { samples } = await fetchConfused(key, { step, row, column }, unwanted.signal);
    const still = store.run.peek()?.run === key.run && store.layer.peek()?.name === key.layer;
    if (still) store.samples.select(samples, "chart");
  });
}
