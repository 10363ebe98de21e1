// The nearest samples to the chosen one, asked for while somebody looks at them.
import { effect } from "@preact/signals";
import { fetchNeighbors } from "../api";
import type { Store } from "../state/store";

/** Milliseconds: nobody waits for the neighbors of a step that is only passed by. */
const PATIENCE = 150;

export function watchNeighbors(store: Store, signal: AbortSignal): void {
  askForNeighbors(store, signal);
  effect(() => {
    const answer = store.neighbors.answer.value;
    const current = answer?.sample === store.samples.sample.value ? answer : null;
    store.samples.near.value = new Set(current?.now.map(({ sample }) => sample));
  });
}

function askForNeighbors(store: Store, signal: AbortSignal): void {
  const { metric, k, since, answer } = store.neighbors;
  effect(() => {
    const run = store.run.value;
    const layer = store.layer.value;
    const step = store.step.value;
    const sample = store.samples.sample.value;
    const compared = since.value;
    const question = { metric: metric.value, k: k.value };
    const lookedAt = store.samples.inspectorOpen.value && store.samples.tab.value === "Sample";
    if (run === null || layer === null || step === null || sample === null) {
      answer.value = null;
      return;
    }
    if (!lookedAt || store.playing.value || !layer.steps.includes(step)) return;
    const unwanted = new AbortController();
    const stillWanted = AbortSignal.any([signal, unwanted.signal]);
    const ask = (at: number) =>
      fetchNeighbors(run, layer, { ...question, step: at, sample }, stillWanted);
    const timer = setTimeout(() => {
      store.activity.attemptQuietly(`neighbors of sample ${sample}`, stillWanted, async () => {
        const compare = compared !== null && layer.steps.includes(compared);
        const [now, then] = await Promise.all([ask(step), compare ? ask(compared) : null]);
        if (!stillWanted.aborted) answer.value = { sample, step, now, then };
      });
    }, PATIENCE);
    return () => {
      clearTimeout(timer);
      unwanted.abort();
    };
  });
}
