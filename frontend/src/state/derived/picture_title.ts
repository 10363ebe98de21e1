// What the stage shows, in words, also where that is not what was chosen last.
import { capitalized } from "../../model/text/words";
import type { Store } from "../store";
import { engineTitle, namedStep, stageTitle } from "./titles";

export function pictureTitle(store: Store): string {
  const instead = shownInstead(store);
  if (store.picture.stale.value) {
    return `${engineTitle(store)} of ${store.layerName.value} is not ready; the previous view is dimmed`;
  }
  if (showsNothing(store))
    return `${engineTitle(store)} of ${store.layerName.value} is not computed yet`;
  return instead === null ? stageTitle(store) : `${engineTitle(store)}: ${instead}`;
}

/** No step of the view that is asked for has been computed, and none of another view is there instead. */
export function showsNothing({ frames, picture, view }: Store): boolean {
  if (frames.value === null || picture.stale.value) return false;
  return view.value?.iterative === true && frames.value.frames.value.size === 0;
}

/** Why another step is drawn than the one that is wanted; null where it is not. */
export function shownInstead(store: Store): string | null {
  const { frames, picture, pinned, shownStep, step, view } = store;
  const wanted = pinned.value ?? step.value;
  if (frames.value === null || wanted === null || shownStep.value === null) return null;
  if (picture.stale.value || view.value?.iterative !== true || showsNothing(store)) return null;
  if (frames.value.frames.value.has(wanted)) return null;
  const shown = namedStep(store, shownStep.value);
  return `${capitalized(namedStep(store, wanted))} is not computed yet; ${shown} is shown`;
}
