// Samples that were not recorded: fetches where they lie.
import { effect, untracked } from "@preact/signals";
import { fetchGuests } from "../api";
import type { FrameCache } from "../state/parts/frame_cache";
import type { Store } from "../state/store";

/** Asks for them once the picture is there, and again when the run has new steps. */
export function loadGuests(store: Store, signal: AbortSignal): void {
  let asked: { readonly of: FrameCache; readonly key: string } | null = null;
  let loading = new AbortController();
  effect(() => {
    const frames = store.frames.value;
    // The version is part of the key.
    store.layer.value;
    if (frames === null || !store.firstPicture.value) return;
    const key = JSON.stringify(frames.key);
    // Asked rather than answered: whatever else changes meanwhile is no reason to ask again.
    if (asked?.of === frames && asked.key === key) return;
    if (asked?.of !== frames) store.guests.pointAt(null);
    asked = { of: frames, key };
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
