// What an address or a bookmark names may not be there: something else is shown then, and it is said.
import { batch } from "@preact/signals";
import { namedStep } from "../derived/titles";
import { lastStep, type Store } from "../store";
import { chooseRun } from "./choose_view";

/** Shows the first run, layer or the last step in place of one that is asked for and not there. */
export function settleRun(store: Store): void {
  const runs = store.runs.value ?? [];
  const [run, layer, step] = [store.runName.value, store.layerName.value, store.step.value];
  batch(() => {
    // A run that cannot be read has no layers.
    if (store.run.value?.layers.length === 0 && layer === null) return;
    if (store.run.value === null || store.layer.value === null) {
      const shown = store.run.value ?? runs.find(({ layers }) => layers.length > 0) ?? runs[0];
      if (shown === undefined) return;
      const said = store.notThere.value;
      chooseRun(store, shown.run);
      store.notThere.value = joined(said, missing(store, run, layer));
    } else if (step === null || !store.steps.value.includes(step)) {
      store.step.value = lastStep(store.steps.value);
      if (step === null) return;
      const unknown = namedStep(store, step);
      const said = `Layer "${layer}" has no ${unknown}; the last one is shown.`;
      store.notThere.value = joined(store.notThere.value, said);
    }
  });
}

/** Shows PCA in place of a view that this server does not have: a link may come from another installation. */
export function settleEngine(store: Store): void {
  const { engines, engine, notThere } = store;
  const known = engines.value.some(({ name }) => name === engine.value);
  // Nobody knows before the list of views has come.
  if (known || engines.value.length === 0) return;
  batch(() => {
    const said = `There is no view "${engine.value}" here; PCA is shown.`;
    notThere.value = joined(notThere.value, said);
    engine.value = "pca";
  });
}

function missing(store: Store, run: string | null, layer: string | null): string | null {
  const { runName, layerName, unreadRuns } = store;
  if (run !== null && run !== runName.value) {
    const state = unreadRuns.value > 0 ? "has not been read yet" : "is not in this log directory";
    return `Run "${run}" ${state}; run "${runName.value}" is shown.`;
  }
  if (layer === null || layerName.value === null || layer === layerName.value) return null;
  return `Run "${runName.value}" has no layer "${layer}"; layer "${layerName.value}" is shown.`;
}

/** Views and runs come in either order, and each may say something. */
function joined(before: string | null, said: string | null): string | null {
  return before === null || said === null ? (before ?? said) : `${before} ${said}`;
}
