// Keeps part of the store filled with the server's answer to what the store now asks. Measuring takes the server a while:
// it answers what is finished, and is asked again until that is all.

import { effect, type Signal, untracked } from "@preact/signals";
import type { PartialAnswer } from "../measures";
import { labelQuery } from "../model/samples/label_column";
import { pause } from "../pause";
import type { Store } from "../state/store";
import type { LayerKey } from "../types";

/** Milliseconds between two questions while the server measures. */
const LOOK = 300;
/** Nobody waits for the answer about a step that is only passed by. */
const PATIENCE = 120;

export interface Question<T> {
  /** All that the answer depends on. */
  readonly key: string;
  /** What the answer is about, beside the layer and its label: another subject empties it at once. */
  readonly subject?: string;
  readonly ask: (signal: AbortSignal) => Promise<T>;
}

/** The layer that is looked at, null until all of its pictures have come: nothing that is measured is in their way. */
export function measurable(store: Store): LayerKey | null {
  const run = store.run.value;
  const layer = store.layer.value;
  if (run === null || layer === null) return null;
  if (!store.firstPicture.value || store.frames.value === null) return null;
  if (!store.frames.value.complete && !store.frames.value.idle) return null;
  const label = labelQuery(store.saidLabel.value);
  return { run: run.run, layer: layer.name, v: layer.version, ...label };
}

/** Puts the answer to `question` into `answer`; another layer or label empties it, a newer version of the same one does not. */
export function keepAnswered<T extends PartialAnswer>(
  store: Store,
  what: string,
  answer: Signal<T | null>,
  question: (key: LayerKey) => Question<T> | null,
  signal: AbortSignal,
): void {
  let of = "";
  let asked = "";
  let about: string | undefined;
  /** The question whose whole answer is there. */
  let wholeOf: string | null = null;
  let loading = new AbortController();
  effect(() => {
    const { run, layer, label } = store;
    const subject = JSON.stringify([run.value?.run, layer.value?.name, label.value]);
    if (subject !== of) {
      loading.abort();
      asked = "";
      wholeOf = null;
      answer.value = null;
    }
    of = subject;
    const key = measurable(store);
    const wanted = key === null ? null : question(key);
    if (key === null || wanted === null) return;
    if (wanted.subject !== about) {
      wholeOf = null;
      answer.value = null;
    }
    about = wanted.subject;
    const whole = JSON.stringify([key, wanted.key]);
    if (whole === asked) return;
    asked = whole;
    loading.abort();
    loading = new AbortController();
    const stillWanted = AbortSignal.any([signal, loading.signal]);
    const work = async () => {
      await pause(PATIENCE, stillWanted);
      for (;;) {
        const part = await wanted.ask(stillWanted);
        stillWanted.throwIfAborted();
        const running = part.state === "running";
        // What is known of an older version says more than the beginning of the newer one's.
        if (!running || wholeOf !== wanted.key || answer.value === null) answer.value = part;
        wholeOf = running && wholeOf !== wanted.key ? null : wanted.key;
        if (!running) return;
        await pause(LOOK, stillWanted);
      }
    };
    untracked(() => store.activity.attemptQuietly(what, stillWanted, work));
  });
}
