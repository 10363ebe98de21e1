// What the shown view is worth. The sentence comes by itself; the numbers that take the server a while are computed once
// somebody wants to see them.

import { effect, untracked } from "@preact/signals";
import { fetchQuality } from "../api";
import { pause } from "../pause";
import type { Store } from "../state/store";
import type { Quality } from "../types";

/** Milliseconds between two looks at numbers that are being computed. */
const LOOK = 1000;

export function loadQuality(store: Store, signal: AbortSignal): void {
  let asked = "";
  /** What the numbers in the store are the quality of. */
  let of = "";
  let loading = new AbortController();
  effect(() => {
    const frames = store.frames.value;
    const view = store.view.value;
    // A new version of the layer's data, and a new frame of a layout, ask anew; so does the wish for all numbers.
    const version = store.layer.value?.version;
    const count = view?.iterative ? frames?.frames.value.size : 0;
    const wanted = store.qualityOpen.value;
    if (frames === null || view === null) return;
    const { run, layer, basisSteps } = frames.key;
    const shown = JSON.stringify([run, layer, view, basisSteps, store.label.value]);
    const label = store.saidLabel.value;
    if (shown !== of) store.quality.value = null;
    of = shown;
    if (frames.frames.value.size === 0 || !store.firstPicture.value) return;
    const components = !view.iterative ? store.dimensions.value : view.components;
    const question = JSON.stringify([
      frames.key,
      components,
      version,
      count,
      wanted,
      label ?? null,
    ]);
    if (question === asked) return;
    asked = question;
    loading.abort();
    loading = new AbortController();
    const stillWanted = AbortSignal.any([signal, loading.signal]);
    untracked(() =>
      store.activity.attemptQuietly("the projection quality", stillWanted, async () => {
        let work: "start" | "look" = wanted ? "start" : "look";
        for (;;) {
          const quality = await fetchQuality(frames.key, components, label, stillWanted, work);
          if (stillWanted.aborted) return;
          store.quality.value = quality;
          if (!isGrowing(quality)) return;
          work = "look";
          await pause(LOOK, stillWanted);
        }
      }),
    );
  });
}

function isGrowing({ state }: Quality): boolean {
  return state === "waiting" || state === "running";
}
