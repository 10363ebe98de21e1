// What an address or a bookmark names may not be there: something else is shown then, and it is said.
import { batch } from "@preact/signals";
import { namedStep } from "../derived/titles";
import type { SecondPane } from "../parts/comparison";
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
      const before = store.notThere.value;
      chooseRun(store, shown.run);
      store.notThere.value = before;
      const said = missing(store, run, layer);
      if (said !== null) tell(store, said);
    } else if (step === null || !store.steps.value.includes(step)) {
      store.step.value = lastStep(store.steps.value);
      if (step === null) return;
      const unknown = namedStep(store, step);
      tell(store, `Layer "${layer}" has no ${unknown}; the last one is shown.`);
    }
  });
}

/** Shows PCA in place of a view that this server does not have: a link may come from another installation. */
export function settleEngine(store: Store): void {
  const { engines, engine, comparison } = store;
  // Nobody knows before the list of views has come.
  if (engines.value.length === 0) return;
  const isKnown = (view: string) => engines.value.some(({ name }) => name === view);
  const pane = comparison.secondPane.value;
  batch(() => {
    if (!isKnown(engine.value)) {
      tell(store, `There is no view "${engine.value}" here; PCA is shown.`);
      engine.value = "pca";
    }
    if (pane !== null && pane.engine !== null && !isKnown(pane.engine)) {
      tell(store, `There is no view "${pane.engine}" here; both panes show the same view.`);
      comparison.secondPane.value = { ...pane, engine: null };
    }
  });
}

/** Closes a second pane whose run or layer is not there, or no longer. */
export function refuseSecondPane(store: Store, { run, layer }: SecondPane): void {
  batch(() => {
    tell(store, `Run "${run}" with layer "${layer}" is not there; the second pane is closed.`);
    store.comparison.secondPane.value = null;
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

/** Beside what has been said: views and runs come in either order. */
function tell({ notThere }: Store, said: string): void {
  notThere.value = notThere.value === null ? said : `${notThere.value} ${said}`;
}
