// While the mistakes are shown they are those of the step that is shown.
import { effect, untracked } from "@preact/signals";
import { CORRECTNESS, mistakes, predicted } from "../model/samples/prediction_columns";
import type { Store } from "../state/store";

export function followMistakes(store: Store): void {
  effect(() => {
    const { columns, mistakesShown } = store.samples;
    if (!mistakesShown.value) return;
    if (store.colorBy.value !== CORRECTNESS) {
      mistakesShown.value = false;
      return;
    }
    const correct = predicted(columns.value, "correct");
    // While they are on their way those of the step before stay.
    if (correct?.type !== "category" || correct.codes.every((code) => code === -1)) return;
    const wrong = mistakes(columns.value);
    untracked(() => store.samples.selectMistakes(wrong));
  });
}
