// What the user can want. Each function changes the store; what follows from that (fetching, moving) is not its matter.
import { batch } from "@preact/signals";
import type { Dimensions, Drawing } from "../types";
import { last_step, type Store } from "./store";

export function choose_run(store: Store, name: string): void {
  batch(() => {
    const layer = store.runs.value?.find(({ run }) => run === name)?.layers;
    const kept = layer?.find((one) => one.name === store.layer_name.value) ?? layer?.[0];
    store.playing.value = false;
    store.run_name.value = name;
    store.layer_name.value = kept?.name ?? null;
    keep_step(store);
  });
}

export function choose_layer(store: Store, name: string): void {
  batch(() => {
    store.layer_name.value = name;
    keep_step(store);
  });
}

export function choose_engine(store: Store, name: string): void {
  store.engine.value = name;
}

export function choose_color(store: Store, column: string): void {
  store.color_by.value = column;
}

export function choose_dimensions(store: Store, dimensions: Dimensions): void {
  store.dimensions.value = dimensions;
}

export function choose_drawing(store: Store, drawing: Drawing): void {
  store.drawing.value = drawing;
}

export function choose_speed(store: Store, speed: number): void {
  store.speed.value = speed;
}

export function go_to_place(store: Store, place: number): void {
  const steps = store.steps.value;
  const step = steps[Math.min(steps.length - 1, Math.max(0, place))];
  if (step === undefined) return;
  batch(() => {
    store.playing.value = false;
    store.step.value = step;
  });
}

export function step_by(store: Store, places: number): void {
  go_to_place(store, place_of_step(store) + places);
}

export function toggle_playing(store: Store): void {
  store.playing.value = !store.playing.value && store.steps.value.length > 1;
}

export function toggle_panel(store: Store): void {
  store.panel_open.value = !store.panel_open.value;
}

export function go_home(store: Store): void {
  store.home_wanted.value += 1;
}

export function show_help(store: Store, open: boolean): void {
  store.help_open.value = open;
}

export function place_of_step(store: Store): number {
  return Math.max(0, store.steps.value.indexOf(store.step.value ?? Number.NaN));
}

/** The same step where the new layer has it, else its last. */
function keep_step(store: Store): void {
  const steps = store.steps.value;
  const kept = store.step.value !== null && steps.includes(store.step.value);
  if (!kept) store.step.value = last_step(steps);
}
