// Begins anew with each other set of samples, and keeps tags and named selections from one visit to the next.
import { batch, computed, effect, untracked } from "@preact/signals";
import { readKept, writeKept } from "../model/text/browser_storage";
import type { Store } from "../state/store";

export function keepChoices(store: Store): void {
  const { choosing } = store;
  const { samples, tags, named } = choosing;
  /** Null until there are samples. */
  const known = computed(() => {
    const layer = store.layer.value;
    if (layer === null || samples.value === 0) return null;
    return `${layer.fingerprint || store.runName.value}.${samples.value}`;
  });
  let loaded: string | null = null;
  effect(() => {
    const key = known.value;
    if (key === null || key === loaded) return;
    loaded = key;
    untracked(() =>
      batch(() => {
        choosing.selection.value = null;
        choosing.sample.value = null;
        choosing.isolated.value = null;
        choosing.filters.value = new Map();
        const kept = readKept(key, samples.value);
        tags.value = kept.tags;
        named.value = kept.named;
      }),
    );
  });
  effect(() => {
    const kept = { tags: tags.value, named: named.value };
    if (loaded !== null && loaded === known.peek()) {
      choosing.unkept.value = !writeKept(loaded, kept);
    }
  });
}
