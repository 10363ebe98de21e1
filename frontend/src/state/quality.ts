// What the shown view is worth. The sentence comes by itself; the numbers that take the server a while are computed once
// somebody wants to see them.
import { effect, untracked } from "@preact/signals";
import { fetch_quality } from "../api";
import type { Quality } from "../types";
import type { Store } from "./store";

/** Milliseconds between two looks at numbers that are being computed. */
const LOOK = 1000;

export function load_quality(store: Store, signal: AbortSignal): void {
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
    const wanted = store.quality_open.value;
    if (frames === null || view === null) return;
    const { run, layer, basis_steps } = frames.key;
    const shown = JSON.stringify([run, layer, view, basis_steps, store.label.value]);
    const label = store.said_label.value;
    if (shown !== of) store.quality.value = null;
    of = shown;
    if (frames.frames.value.size === 0 || !store.first_picture.value) return;
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
    const still_wanted = AbortSignal.any([signal, loading.signal]);
    untracked(() =>
      store.activity.attempt_quietly("the quality of this view", still_wanted, async () => {
        let work: "start" | "look" = wanted ? "start" : "look";
        for (;;) {
          const quality = await fetch_quality(frames.key, components, label, still_wanted, work);
          if (still_wanted.aborted) return;
          store.quality.value = quality;
          if (!is_growing(quality)) return;
          work = "look";
          await new Promise((resolve) => setTimeout(resolve, LOOK));
        }
      }),
    );
  });
}

function is_growing({ state }: Quality): boolean {
  return state === "waiting" || state === "running";
}
