// What the user can want shown besides the samples, and of how time goes.
import type { Dimensions, Pose } from "../../types";
import { lastStep, type Store } from "../store";

export function followTraining(store: Store, follow: boolean): void {
  store.display.follow.value = follow;
  if (follow) store.step.value = lastStep(store.steps.value);
}

/** Holds the selected samples where they are now, or lets go of those that are held. */
export function toggleHolding(store: Store, ids: readonly number[]): void {
  const { held } = store.display;
  const step = store.step.value;
  held.value = held.value !== null || step === null || ids.length === 0 ? null : { ids, step };
}

/** The steps whose dots are shown as ghosts, as far as they are still there. */
export function ghostSteps(store: Store): readonly number[] {
  const { mode: overlay, ghostStep, otherStep } = store.display;
  const steps = store.steps.value;
  const kept = (step: number | null, otherwise: number | null | undefined) =>
    step !== null && steps.includes(step) ? step : otherwise;
  const first = kept(ghostStep.value, steps[0]);
  const other = kept(otherStep.value, lastStep(steps));
  const named =
    overlay.value === "ghost" ? [first] : overlay.value === "onion" ? [first, other] : [];
  return named.filter((step) => step != null);
}

/** Where the samples were at those steps; none of a step whose frame has not come. */
export function ghostPoses(store: Store, dimensions: Dimensions): readonly Pose[] {
  const frames = store.frames.value;
  if (frames === null || store.picture.stale.value) return [];
  const held = frames.frames.value;
  // Poses are seen along the turn and moved with what is held still.
  store.turn.value;
  store.display.held.value;
  return ghostSteps(store).flatMap((step) =>
    held.has(step) ? (frames.pose(step, dimensions) ?? []) : [],
  );
}
