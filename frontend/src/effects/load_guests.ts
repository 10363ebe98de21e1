// Samples that were not recorded: fetches where they lie.
import { effect, untracked } from "@preact/signals";
import { fetchGuests } from "../api";
import type { Store } from "../state/store";

/** Asks for them once the picture is there, and again when the run has gone on. */
export function loadGuests(store: Store, signal: AbortSignal): void {
  let asked = "";
  let loading = new AbortController();
  effect(() => {
    const frames = store.frames.value;
    // The version is part of the key.
    store.layer.value;
    if (frames === null || !store.firstPicture.value) return;
    const wanted = JSON.stringify(frames.key);
    if (wanted === asked && store.guests.found.peek()?.of === frames) return;
    asked = wanted;
    loading.abort();
    loading = new AbortController();
    const stillWanted = AbortSignal.any([signal, loading.signal]);
    untracked(() =>
      store.activity.attemptQuietly("the new samples", stillWanted, async () => {
        const answer = await fetchGuests(frames.key, stillWanted);
        if (!stillWanted.aborted) store.guests.found.value = { of: frames, answer };
      }),
    );
  });
}
