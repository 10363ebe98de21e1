// Keeps the address in step with the store: read at the start and when somebody changes it, written a moment after each
// change of the view.
import { effect } from "@preact/signals";
import { read_hash, replace_hash, watch_hash } from "../host";
import { type Address, KEYS, read_address, write_address } from "./address";
import { write_shown } from "./shown";
import type { Store } from "./store";
import { show_view, view_of } from "./view_state";

const PATIENCE = 300;

/** Takes over what the address names; the first answer of the server decides whether it exists. */
export function open_address(store: Store, signal: AbortSignal): void {
  show_view(store, read_address(read_hash()), signal);
}

export function keep_address(store: Store, signal: AbortSignal): void {
  let timer = 0;
  /** What is ours and already on the page. */
  let written = "";
  const write = () => {
    const before = read_hash();
    const after = write_address(before, view_of(store));
    written = after;
    if (after !== before) replace_hash(after);
  };
  effect(() => {
    changes(store);
    clearTimeout(timer);
    if (store.run.value === null || !store.first_picture.value) return;
    // A tour and a hidden tab's layout are under way, not a view to keep.
    if (store.playing.value || store.touring.value || !store.visible.value) return;
    timer = window.setTimeout(write, PATIENCE);
  });
  watch_hash(() => {
    const view = read_address(read_hash());
    // TensorBoard's own changes, to another of its tabs say, leave our keys as they are or out.
    if (same(view, read_address(written)) || Object.keys(view).length === 0) return;
    show_view(store, view, signal);
  }, signal);
  signal.addEventListener("abort", () => clearTimeout(timer));
}

function same(a: Address, b: Address): boolean {
  return KEYS.every((key) => a[key] === b[key]);
}

/** Looks at all that a view is made of, without the work of putting it into words at each move of the hand. */
function changes(store: Store): unknown[] {
  const { run_name, layer_name, step, steps, color_by, dimensions, drawing, engine, turn } = store;
  const { settings, basis_steps, onto_run, pinned, camera, choosing, comparing, showing } = store;
  const where = [run_name, layer_name, step, steps, color_by, dimensions, drawing, engine, turn];
  const how = [settings, basis_steps, onto_run, pinned, camera, comparing.beside];
  const colors = [store.said_label, store.treatments, store.color_only];
  const chosen = [...where, ...how, ...colors, choosing.filters, choosing.selection];
  return [...chosen.map(({ value }) => value), write_shown(showing)];
}
