// Keeps the address in step with the store: read once at the start, written a moment after each change.
import { effect } from "@preact/signals";
import { read_hash, replace_hash } from "../host";
import {
  type Address,
  read_address,
  read_settings,
  write_address,
  write_settings,
} from "./address";
import { last_step, type Store } from "./store";

const PATIENCE = 300;

/** Takes over what the address names; the first answer of the server decides whether it exists. */
export function open_address(store: Store): void {
  const address = read_address(read_hash());
  if (address.run !== undefined) store.run_name.value = address.run;
  if (address.layer !== undefined) store.layer_name.value = address.layer;
  if (address.step !== undefined && /^\d+$/.test(address.step)) {
    store.step.value = Number(address.step);
  }
  if (address.color !== undefined) store.color_by.value = address.color;
  if (address.engine !== undefined) {
    store.engine.value = address.engine;
    const settings = read_settings(address.settings ?? "");
    store.settings.value = { [address.engine]: settings };
  }
  if (address.view === "3d") store.dimensions.value = 3;
  if (address.drawing === "dots" || address.drawing === "images") {
    store.drawing.value = address.drawing;
  }
}

export function keep_address(store: Store, signal: AbortSignal): void {
  let timer = 0;
  effect(() => {
    const address = address_of(store);
    clearTimeout(timer);
    if (store.run.value === null || store.playing.value || !store.visible.value) return;
    timer = window.setTimeout(() => {
      const before = read_hash();
      const after = write_address(before, address);
      if (after !== before) replace_hash(after);
    }, PATIENCE);
  });
  signal.addEventListener("abort", () => clearTimeout(timer));
}

/** Only what differs from what a fresh page would show: the last step, for one, is followed, not named. */
function address_of(store: Store): Address {
  const { run_name, layer_name, step, steps, color_by, dimensions, drawing, engine } = store;
  const settings = write_settings(store.settings.value[engine.value] ?? {});
  const named = engine.value !== "pca" || settings !== "";
  return {
    ...(run_name.value === null ? {} : { run: run_name.value }),
    ...(layer_name.value === null ? {} : { layer: layer_name.value }),
    ...(step.value === null || step.value === last_step(steps.value)
      ? {}
      : { step: String(step.value) }),
    ...(color_by.value === null ? {} : { color: color_by.value }),
    ...(dimensions.value === 3 ? { view: "3d" } : {}),
    ...(named ? { engine: engine.value } : {}),
    ...(settings === "" ? {} : { settings }),
    ...(drawing.value === "auto" ? {} : { drawing: drawing.value }),
  };
}
