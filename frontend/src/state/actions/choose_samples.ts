// What the user can want of samples: to find, select, look at, hide, tag and keep them.
import { batch } from "@preact/signals";
import { idsIn, neighborIn } from "../../model/samples/selection";
import type { Treatment } from "../../model/samples/treatment";
import type { SelectionRecipe } from "../../model/text/selection_recipe";
import type { Combining, Path } from "../../types";
import type { Store } from "../store";

export function clickSample(store: Store, sample: number, how: Combining): void {
  const { samples } = store;
  batch(() => {
    store.samples.select([sample], "click", how);
    if (how !== "subtract") store.samples.lookAt(sample);
    else if (samples.sample.value === sample) samples.sample.value = null;
  });
}

/** Selects what an outline encloses; one with places in the scene can be laid around the same samples again. */
export function enclose(
  store: Store,
  ids: readonly number[],
  how: Combining,
  outline: Path | null,
): void {
  const step = store.pinned.value ?? store.step.value;
  const shown = store.motion.shown.value;
  const liesStill = shown !== null && shown.from === shown.to && !store.picture.stale.value;
  const lasting = outline !== null && step !== null && liesStill;
  const rule: SelectionRecipe | null = lasting ? { kind: "outline", outline, step } : null;
  store.samples.select(ids, store.samples.tool.value === "box" ? "box" : "lasso", how, rule);
}

/** To the next or previous one of those selected, or of all that are shown. */
export function lookFurther(store: Store, places: 1 | -1): void {
  const { selection, visible, sample, count } = store.samples;
  const several = selection.value !== null && selection.value.count > 1;
  const among = several ? selection.value?.mask : visible.value;
  const order = several ? selection.value?.order : undefined;
  const ids = order ?? (among ? idsIn(among) : Array.from({ length: count.value }, (_, i) => i));
  if (ids.length === 0) return;
  const next = neighborIn(ids, sample.value, places);
  if (several || selection.value === null) store.samples.lookAt(next);
  else clickSample(store, next, "replace");
}

/** Shows a column of whole numbers as numbers or as classes; a filter of the other kind says nothing any more. */
export function treatAs(store: Store, column: string, treatment: Treatment): void {
  batch(() => {
    store.treatments.value = new Map([...store.treatments.value, [column, treatment]]);
    store.samples.setFilter(column, null);
  });
}

/** Colours the classes whose names hold a text; "" colours all. */
export function colorOnly(store: Store, text: string): void {
  store.colorOnly.value = text.trim();
}
