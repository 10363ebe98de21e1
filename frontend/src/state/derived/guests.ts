// The samples that were not recorded, as far as the picture shows them.
import { type GuestMarks, type GuestsAnswer, NO_GUESTS } from "../../model/scene/guests";
import { scenePositions } from "../../model/scene/pose";
import type { Shown } from "../parts/motion";
import type { Store } from "../store";
import { engineTitle, namedStep } from "./titles";

/** Those of the frames that are drawn; null where there are none. */
export function guestsOf(store: Store): GuestsAnswer | null {
  const found = store.guests.found.value;
  if (found === null || found.of !== store.frames.value || store.picture.stale.value) return null;
  return found.answer.names.length === 0 ? null : found.answer;
}

/** Where they lie once the samples have arrived; none at a step where they were not placed. */
export function guestsAtEnd(store: Store, { toAt }: Shown): GuestMarks {
  const answer = guestsOf(store);
  const step = store.pinned.value ?? store.steps.value[Math.round(toAt)];
  const frame = step === undefined ? undefined : answer?.frames.get(step);
  if (answer === null || frame === undefined) return NO_GUESTS;
  const pose = store.frames.value?.poseOfGuests(frame, store.dimensions.value) ?? null;
  return pose === null ? NO_GUESTS : { names: answer.names, places: scenePositions(pose) };
}

/** The step at which the picture has them: that of the frozen layout, where there is one. */
export function guestStep({ pinned, shownStep }: Store): number | null {
  return pinned.value ?? shownStep.value;
}

/** Why none of them is on the stage although somebody has placed them; null where they are. */
export function guestsObstacle(store: Store): string | null {
  const answer = guestsOf(store);
  const step = guestStep(store);
  if (answer === null || step === null) return null;
  if (!answer.placeable) {
    return `New samples cannot be placed in ${engineTitle(store)}: choose PCA or class axes`;
  }
  if (answer.frames.has(step)) return null;
  return `No new samples at ${namedStep(store, step)}: place them again if its model was kept`;
}
