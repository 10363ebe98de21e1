// Where steps lie on a curve that shares the slider's cursor: where they lie on the slider.

import { along, spaced } from "../../model/time/axis";
import { placeIn } from "../../model/time/nearest_steps";
import type { Store } from "../store";

export interface TimeAxis {
  /** Where each of the steps lies, from 0 to 1. */
  readonly spacing: readonly number[];
  /** Where the present moment lies. */
  readonly at: number;
}

/** `some` are steps of the layer that is shown, ascending. */
export function timeAxis(store: Store, some: readonly number[]): TimeAxis {
  const all = store.steps.value;
  const spacing = spaced(all, store.display.even.value);
  return {
    spacing: some.map((step) => along(spacing, placeIn(all, [step], 0))),
    at: along(spacing, store.at.value),
  };
}
