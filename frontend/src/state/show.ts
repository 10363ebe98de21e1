// What the user can want shown besides the samples, and of how time goes.
import type { Dimensions, Overlay, Pose } from "../types";
import { last_step, type Store } from "./store";

export function show_trails(store: Store, shown: boolean): void {
  store.showing.trails.value = shown;
}

export function show_class_names(store: Store, shown: boolean): void {
  store.showing.class_names.value = shown;
}

export function show_sequence(store: Store, shown: boolean): void {
  store.showing.sequence.value = shown;
}

export function label_by(store: Store, column: string): void {
  store.showing.label_by.value = column;
}

export function size_by(store: Store, column: string): void {
  store.showing.size_by.value = column;
}

export function choose_overlay(store: Store, overlay: Overlay): void {
  store.showing.overlay_wanted.value = overlay;
}

export function choose_ghost(store: Store, which: "ghost_step" | "other_step", step: number): void {
  store.showing[which].value = step;
}

export function tune(store: Store, what: "dot_size" | "opacity", factor: number): void {
  store.showing[what].value = factor;
}

export function toggle_loop(store: Store): void {
  store.showing.loop.value = !store.showing.loop.value;
}

export function space_evenly(store: Store, even: boolean): void {
  store.showing.even.value = even;
}

export function follow_training(store: Store, follow: boolean): void {
  store.showing.follow.value = follow;
  if (follow) store.step.value = last_step(store.steps.value);
}

/** Shows the selected samples as large as they fit. */
export function fit_to_selection(store: Store): void {
  store.showing.fit_wanted.value += 1;
}

/** Holds the selected samples where they are now, or lets go of those that are held. */
export function toggle_holding(store: Store, ids: readonly number[]): void {
  const { held } = store.showing;
  const step = store.step.value;
  held.value = held.value !== null || step === null || ids.length === 0 ? null : { ids, step };
}

/** Makes the axes from all steps that there are by now. */
export function refit_axes(store: Store): void {
  store.showing.refit_wanted.value += 1;
}

/** The steps whose dots are shown as ghosts, as far as they are still there. */
export function ghost_steps(store: Store): readonly number[] {
  const { overlay, ghost_step, other_step } = store.showing;
  const steps = store.steps.value;
  const kept = (step: number | null, otherwise: number | null | undefined) =>
    step !== null && steps.includes(step) ? step : otherwise;
  const first = kept(ghost_step.value, steps[0]);
  const other = kept(other_step.value, last_step(steps));
  const named =
    overlay.value === "ghost" ? [first] : overlay.value === "onion" ? [first, other] : [];
  return named.filter((step) => step != null);
}

/** Where the samples were at those steps; none of a step whose frame has not come. */
export function ghost_poses(store: Store, dimensions: Dimensions): readonly Pose[] {
  const frames = store.frames.value;
  if (frames === null) return [];
  const held = frames.frames.value;
  // Poses are seen along the turn and moved with what is held still.
  store.turn.value;
  store.showing.held.value;
  return ghost_steps(store).flatMap((step) =>
    held.has(step) ? (frames.pose(step, dimensions) ?? []) : [],
  );
}
