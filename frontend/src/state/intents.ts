// What the user can want. Each function changes the store; what follows from that (fetching, moving) is not its matter.
import { batch } from "@preact/signals";
import type { Dimensions, Drawing, Parameter } from "../types";
import { last_step, type Store } from "./store";
import { type Axes, FIRST_AXES, turn_to, UNTURNED_AXES } from "./turn";

export function choose_run(store: Store, name: string): void {
  batch(() => {
    const layer = store.runs.value?.find(({ run }) => run === name)?.layers;
    const kept = layer?.find((one) => one.name === store.layer_name.value) ?? layer?.[0];
    store.playing.value = false;
    const other = name !== store.run_name.value || kept?.name !== store.layer_name.value;
    store.run_name.value = name;
    store.layer_name.value = kept?.name ?? null;
    // What an address says of this run holds.
    if (other) unpin(store);
    keep_step(store);
  });
}

export function choose_layer(store: Store, name: string): void {
  batch(() => {
    store.layer_name.value = name;
    unpin(store);
    keep_step(store);
  });
}

export function choose_engine(store: Store, name: string): void {
  batch(() => {
    store.engine.value = name;
    stop_touring(store);
    const flat = !store.engines.value.find((one) => one.name === name)?.components.includes(3);
    if (flat && store.engines.value.length > 0) store.dimensions.value = 2;
  });
}

/** Sets one parameter of the chosen engine; its default is as good as none. */
export function choose_setting(store: Store, parameter: Parameter, value: string): void {
  const engine = store.engine.value;
  const { [parameter.name]: _, ...others } = store.settings.value[engine] ?? {};
  const chosen =
    value === String(parameter.default) ? others : { ...others, [parameter.name]: value };
  store.settings.value = { ...store.settings.value, [engine]: chosen };
}

export function choose_basis_steps(store: Store, steps: string | null): void {
  store.basis_steps.value = steps;
}

export function choose_onto_run(store: Store, run: string | null): void {
  store.onto_run.value = run;
}

export function choose_axes(store: Store, axes: Axes): void {
  batch(() => {
    store.touring.value = false;
    store.turn.value = axes.every((axis, i) => axis === FIRST_AXES[i]) ? null : turn_to(axes);
  });
}

export function toggle_tour(store: Store): void {
  batch(() => {
    store.playing.value = false;
    store.turn.value ??= UNTURNED_AXES;
    store.touring.value = !store.touring.value;
  });
}

function stop_touring(store: Store): void {
  store.touring.value = false;
  store.turn.value = null;
}

/** Has the server lay out what is missing of the chosen view. */
export function start_layout(store: Store): void {
  store.frames.value?.start();
}

export function cancel_layout(store: Store): void {
  const frames = store.frames.value;
  if (frames === null) return;
  store.activity.attempt_quietly("the end of a layout", frames.stopped, () => frames.cancel());
}

/** Shows all steps at the positions of the present one, or at their own again. */
export function toggle_pin(store: Store): void {
  store.pinned.value = store.pinned.value === null ? store.step.value : null;
}

export function choose_color(store: Store, column: string): void {
  store.color_by.value = column;
  store.color_only.value = "";
}

/** The colours go along where they are those of the label. */
export function choose_label(store: Store, column: string): void {
  batch(() => {
    const before = store.label.value;
    store.label_wanted.value = column === (store.layer.value?.label ?? "") ? null : column;
    const after = store.label.value;
    if (after !== null && store.color_by.value === (before ?? "")) store.color_by.value = after;
  });
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

export function show_quality(store: Store, open: boolean): void {
  store.quality_open.value = open;
}

export function show_help(store: Store, open: boolean): void {
  store.help_open.value = open;
}

export function place_of_step(store: Store): number {
  return Math.max(0, store.steps.value.indexOf(store.step.value ?? Number.NaN));
}

/** Another layer has other positions: what was pinned there says nothing here. */
function unpin(store: Store): void {
  store.pinned.value = null;
  store.basis_steps.value = null;
  store.showing.held.value = null;
}

/** The same step where the new layer has it, else its last. */
function keep_step(store: Store): void {
  const steps = store.steps.value;
  const kept = store.step.value !== null && steps.includes(store.step.value);
  if (!kept) store.step.value = last_step(steps);
}
