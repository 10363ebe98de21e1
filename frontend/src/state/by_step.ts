// Columns that have a value a step: fetched a step at a time, and put into the table at the step that is shown.
import { effect, untracked } from "@preact/signals";
import { fetch_metadata } from "../api";
import type { Layer } from "../types";
import type { Store } from "./store";
import { type Column, read_table, type Table, without_values } from "./table";

/** Where all steps together hold more values, only those near the one that is shown are fetched. */
const MOST_VALUES = 4_000_000;
const REACH = 2;

/** What has come of the columns by step, each in the version that it was fetched in. */
export type ByStep = ReadonlyMap<number, { readonly version: string; readonly table: Table }>;

/** The table at a step; what has not come yet is missing. */
export function table_at(
  recorded: Table | null,
  by_step: ByStep,
  step: number | null,
): Table | null {
  if (recorded === null || !recorded.some((column) => column.by_step)) return recorded;
  const there = step === null ? undefined : by_step.get(step)?.table;
  const column_at = (column: Column) =>
    there?.find(({ name, type }) => name === column.name && type === column.type) ??
    without_values(column);
  return recorded.map((column) => (column.by_step ? column_at(column) : column));
}

/** The steps to fetch, the nearest first. */
export function steps_wanted(
  steps: readonly number[],
  shown: number,
  values_a_step: number,
): readonly number[] {
  const place = steps.indexOf(shown);
  const reach = values_a_step * steps.length > MOST_VALUES ? REACH : steps.length;
  const distance = (at: number) => Math.abs(at - place) - (at > place ? 0.5 : 0);
  return steps
    .map((step, at) => ({ step, at }))
    .filter(({ at }) => Math.abs(at - place) <= reach)
    .sort((a, b) => distance(a.at) - distance(b.at))
    .map(({ step }) => step);
}

/** Fetches them, the step that is shown first, and those anew that another version of the layer was asked for. */
export function load_by_step(store: Store, signal: AbortSignal): void {
  let samples = "";
  let version = "";
  let loading = new AbortController();
  let busy = false;
  effect(() => {
    const run = store.run.value?.run;
    const layer = store.layer.value;
    store.shown_step.value;
    if (run === undefined || layer === null) return;
    untracked(() => {
      const of = JSON.stringify([run, layer.name, layer.samples_version]);
      if (of !== samples) store.by_step.value = new Map();
      if (of !== samples || layer.version !== version) {
        loading.abort();
        loading = new AbortController();
        busy = false;
      }
      samples = of;
      version = layer.version;
      if (busy || !layer.columns.some((column) => column.by_step)) return;
      busy = true;
      const still_wanted = AbortSignal.any([signal, loading.signal]);
      const work = () => fetch_all(store, run, layer, still_wanted);
      store.activity
        .attempt_quietly(`the metadata of single steps of ${run}`, still_wanted, work)
        .finally(() => {
          if (!still_wanted.aborted) busy = false;
        });
    });
  });
}

async function fetch_all(
  store: Store,
  run: string,
  layer: Layer,
  still_wanted: AbortSignal,
): Promise<void> {
  const changing = layer.columns.filter((column) => column.by_step).length;
  for (;;) {
    const held = store.by_step.peek();
    const shown = store.shown_step.peek();
    const wanted = steps_wanted(layer.steps, shown ?? Number.NaN, layer.samples * changing);
    const step = wanted.find((one) => held.get(one)?.version !== layer.version);
    if (step === undefined) return;
    const table = read_table(await fetch_metadata(run, layer, still_wanted, step));
    still_wanted.throwIfAborted();
    const kept = [...store.by_step.peek()].filter(([one]) => wanted.includes(one));
    store.by_step.value = new Map([...kept, [step, { version: layer.version, table }]]);
  }
}
