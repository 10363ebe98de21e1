// The samples that are predicted wrong, in red on top of the others.
import { batch } from "@preact/signals";
import { CORRECTNESS } from "../../model/samples/prediction_columns";
import type { Store } from "../store";
import { chooseColor } from "./choose_view";

export function showMistakes(store: Store, ids: readonly number[]): void {
  batch(() => {
    chooseColor(store, CORRECTNESS);
    store.samples.mistakesShown.value = true;
    store.samples.selectMistakes(ids);
  });
}

/** The colors are those of the labels again. */
export function hideMistakes(store: Store): void {
  batch(() => {
    chooseColor(store, store.label.value ?? "");
    store.samples.clearSelection();
  });
}
