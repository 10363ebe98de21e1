// Keeps the address in step with the store: read at the start and when somebody changes it, written a moment after each
// change of the view.
import { effect } from "@preact/signals";
import { outerAddress, readHash, replaceHash, watchHash } from "../host";
import { type Address, KEYS, readAddress, writeAddress } from "../model/text/address";
import type { Store } from "../state/store";
import { writeShown } from "./display_to_text";
import { showView, viewOf } from "./view_to_text";

const PATIENCE = 300;

/** Takes over what the address names; the first answer of the server decides whether it exists. */
export function openAddress(store: Store, signal: AbortSignal): void {
  showView(store, readAddress(readHash()), signal);
}

export function keepAddress(store: Store, signal: AbortSignal): void {
  let timer = 0;
  /** What is ours and already on the page. */
  let written = "";
  const write = () => {
    const before = readHash();
    const after = writeAddress(before, viewOf(store));
    written = after;
    if (after !== before) replaceHash(after);
  };
  effect(() => {
    changes(store);
    clearTimeout(timer);
    if (store.run.value === null || !store.firstPicture.value) return;
    // A tour and a hidden tab's layout are under way, not a view to keep.
    if (store.playing.value || store.touring.value || !store.visible.value) return;
    timer = window.setTimeout(write, PATIENCE);
  });
  watchHash(() => {
    const view = readAddress(readHash());
    // TensorBoard's own changes, to another of its tabs say, leave our keys as they are or out.
    if (same(view, readAddress(written)) || Object.keys(view).length === 0) return;
    showView(store, view, signal);
  }, signal);
  signal.addEventListener("abort", () => clearTimeout(timer));
}

/** The address that shows the view as it is now. */
export function addressOf(store: Store): string {
  return outerAddress(writeAddress(readHash(), viewOf(store)));
}

function same(a: Address, b: Address): boolean {
  return KEYS.every((key) => a[key] === b[key]);
}

/** Looks at all that a view is made of, without the work of putting it into words at each move of the hand. */
function changes(store: Store): unknown[] {
  const { runName, layerName, step, steps, colorBy, dimensions, drawing, engine, turn } = store;
  const { settings, basisSteps, ontoRun, pinned, camera, samples, comparison, display } = store;
  const where = [runName, layerName, step, steps, colorBy, dimensions, drawing, engine, turn];
  const how = [settings, basisSteps, ontoRun, pinned, camera, comparison.secondPane];
  const colors = [store.saidLabel, store.treatments, store.colorOnly];
  const chosen = [...where, ...how, ...colors, samples.filters, samples.selection];
  return [...chosen.map(({ value }) => value), writeShown(display)];
}
