// Begins anew with each other set of samples, and keeps tags and named selections from one visit to the next.
import { batch, computed, effect, untracked } from "@preact/signals";
import { readKept, writeKept } from "../model/text/browser_storage";
import type { Store } from "../state/store";

export function keepChoices(store: Store): void {
  const { samples: choice } = store;
  const { count, tags, named } = choice;
  /** Null until there are samples. */
  const known = computed(() => {
    const layer = store.layer.value;
    if (layer === null || count.value === 0) return null;
    return `${layer.fingerprint || store.runName.value}.${count.value}`;
  });
  let loaded: string | null = null;
  effect(() => {
    const key = known.value;
    if (key === null || key === loaded) return;
    loaded = key;
    untracked(() =>
      batch(() => {
        choice.selection.value = null;
        choice.sample.value = null;
        choice.isolated.value = null;
        choice.filters.value = new Map();
        const kept = readKept(key, count.value);
        tags.value = kept.tags;
        named.value = kept.named;
      }),
    );
  });
  effect(() => {
    const kept = { tags: tags.value, named: named.value };
    if (loaded !== null && loaded === known.peek()) {
      choice.unkept.value = !writeKept(loaded, kept);
    }
  });
}
