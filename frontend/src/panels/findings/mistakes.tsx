// The samples that are predicted wrong at the step that is shown, the largest loss first.
import { mostListed } from "../../model/measures/sample_lists";
import { labelAndPrediction, predicted } from "../../model/samples/prediction_columns";
import { hideMistakes, showMistakes } from "../../state/actions/show_mistakes";
import { namedStep } from "../../state/derived/titles";
import type { Store } from "../../state/store";
import { Glance } from "./glance";
import { manyInWords } from "./model";

export function Mistakes({ store, ids }: { store: Store; ids: readonly number[] }) {
  const { columns, count, mistakesShown } = store.samples;
  const loss = predicted(columns.value, "loss");
  const listed = mostListed(ids.length, count.value);
  const ranked = ids.slice(0, listed).map((sample) => ({
    sample,
    score: loss?.type === "number" ? (loss.values[sample] ?? Number.NaN) : Number.NaN,
  }));
  const shown = mistakesShown.value;
  const step = store.shownStep.value;
  return (
    <Glance
      store={store}
      id="mistakes"
      title="Mistakes"
      count={ids.length}
      meaning={`Predicted as another class than the label${step === null ? "" : ` at ${namedStep(store, step)}`}.`}
      note={manyInWords(ids.length, listed, count.value)}
      ranked={ranked}
      score="loss"
      write={(value) => value.toFixed(2)}
      legend={ids.length > 0 ? "Label → prediction, its confidence." : null}
      says={(id) => labelAndPrediction(columns.value, store.label.value, id)}
    >
      <button
        type="button"
        aria-pressed={shown}
        title="In red, all others gray; go through them with [ and ], largest loss first"
        disabled={ids.length === 0 && !shown}
        onClick={() => (shown ? hideMistakes(store) : showMistakes(store, ids))}
      >
        {shown ? "Hide mistakes" : "Show mistakes"}
      </button>
    </Glance>
  );
}
