// Samples that were not recorded: fetches where they lie.
import { effect, signal as signalOf, untracked } from "@preact/signals";
import { fetchGuests } from "../api";
import { watchReload, watchReturns } from "../host";
import type { FrameCache } from "../state/parts/frame_cache";
import type { Store } from "../state/store";

/** Asks for them once the picture is there, and again when the run has new steps or somebody may have placed others. */
export function loadGuests(store: Store, signal: AbortSignal): void {
  let asked: { readonly of: FrameCache; readonly key: string; readonly visit: number } | null =
    null;
  const visits = signalOf(0);
  const countVisit = () => {
    visits.value += 1;
  };
  watchReturns(countVisit, signal);
  watchReload(countVisit);
  let loading = new AbortController();
  effect(() => {
    const frames = store.frames.value;
    // The version is part of the key.
    store.layer.value;
    const visit = visits.value;
    if (frames === null || !store.firstPicture.value) return;
    const key = JSON.stringify(frames.key);
    // Asked rather than answered: whatever else changes meanwhile is no reason to ask again.
    if (asked?.of === frames && asked.key === key && asked.visit === visit) return;
    if (asked?.of !== frames) store.guests.pointAt(null);
    asked = { of: frames, key, visit };
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
