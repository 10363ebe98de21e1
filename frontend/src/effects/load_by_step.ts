// Columns that have a value a step: fetched a step at a time, and put into the table at the step that is shown.
import { effect, untracked } from "@preact/signals";
import { fetchMetadata } from "../api";
import { stepsWanted } from "../model/samples/columns_by_step";
import { readTable } from "../model/samples/table";
import type { Store } from "../state/store";
import type { Layer } from "../types";

/** Fetches them, the step that is shown first, and those anew that another version of the layer was asked for. */
export function loadByStep(store: Store, signal: AbortSignal): void {
  let samples = "";
  let version = "";
  let loading = new AbortController();
  let busy = false;
  effect(() => {
    const run = store.run.value?.run;
    const layer = store.layer.value;
    store.shownStep.value;
    if (run === undefined || layer === null) return;
    untracked(() => {
      const of = JSON.stringify([run, layer.name, layer.samples_version]);
      if (of !== samples) store.byStep.value = new Map();
      if (of !== samples || layer.version !== version) {
        loading.abort();
        loading = new AbortController();
        busy = false;
      }
      samples = of;
      version = layer.version;
      if (busy || !layer.columns.some((column) => column.by_step)) return;
      busy = true;
      const stillWanted = AbortSignal.any([signal, loading.signal]);
      const work = () => fetchAll(store, run, layer, stillWanted);
      store.activity
        .attemptQuietly(`the metadata by step of ${run}`, stillWanted, work)
        .finally(() => {
          if (!stillWanted.aborted) busy = false;
        });
    });
  });
}

async function fetchAll(
  store: Store,
  run: string,
  layer: Layer,
  stillWanted: AbortSignal,
): Promise<void> {
  const changing = layer.columns.filter((column) => column.by_step).length;
  for (;;) {
    const held = store.byStep.peek();
    const shown = store.shownStep.peek();
    const wanted = stepsWanted(layer.steps, shown ?? Number.NaN, layer.samples * changing);
    const step = wanted.find((one) => held.get(one)?.version !== layer.version);
    if (step === undefined) return;
    const table = readTable(await fetchMetadata(run, layer, stillWanted, step));
    stillWanted.throwIfAborted();
    const kept = [...store.byStep.peek()].filter(([one]) => wanted.includes(one));
    store.byStep.value = new Map([...kept, [step, { version: layer.version, table }]]);
  }
}
