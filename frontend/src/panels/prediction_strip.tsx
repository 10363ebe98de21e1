// What the model made of the chosen sample, step by step: a bar a step in the colour of the predicted class, as high as the
// model was confident, underlined where it was wrong.

import { useId, useState } from "preact/hooks";
import type { SampleHistory } from "../measures";
import { predictedAt, predictionText } from "../model/samples/sample_history";
import { capitalized } from "../model/text/words";
import { goToStep } from "../state/actions/measures";
import { colorOfClass } from "../state/derived/colors";
import { namedStep, stepNoun } from "../state/derived/titles";
import type { Store } from "../state/store";

export function PredictionStrip({ store }: { store: Store }) {
  const { sampleHistory, hasOutputs } = store.measures;
  const sample = store.samples.sample.value;
  if (sample === null || !hasOutputs.value) return null;
  const history = sampleHistory.value?.sample === sample ? sampleHistory.value : null;
  return (
    <section class="predictions" aria-label="Predictions">
      <h2>Predictions per {stepNoun(store)}</h2>
      <p class="quiet">bar = confidence, color = predicted class, red line = wrong</p>
      {history === null ? (
        <p role="status">Loading the predictions…</p>
      ) : (
        <Strip key={sample} store={store} history={history} />
      )}
    </section>
  );
}

function Strip({ store, history }: { store: Store; history: SampleHistory }) {
  const id = useId();
  /** The place that is pointed at or moved to by keys; null for the step that is shown. */
  const [active, setActive] = useState<number | null>(null);
  const { steps } = history;
  const here = steps.indexOf(store.step.value ?? Number.NaN);
  const at = Math.min(active ?? Math.max(0, here), steps.length - 1);
  const shown = (step: number) => capitalized(namedStep(store, step));
  const go = (place: number) => goToStep(store, steps[place] ?? 0);
  return (
    <>
      <div
        class="strip"
        role="listbox"
        aria-label={`Prediction at each ${stepNoun(store)}`}
        aria-orientation="horizontal"
        aria-activedescendant={`${id}-${at}`}
        tabIndex={0}
        onKeyDown={(event) => {
          const place = placeAfter(event.key, at, steps.length);
          if (place !== null) setActive(place);
          else if (event.key === "Enter" || event.key === " ") go(at);
          else return;
          event.preventDefault();
        }}
        onBlur={() => setActive(null)}
        onPointerLeave={() => setActive(null)}
      >
        {steps.map((step, place) => {
          const { name, code, confidence, correct } = predictedAt(history, place);
          return (
            // biome-ignore lint/a11y/useKeyWithClickEvents: the strip takes the keys for all of its options
            // biome-ignore lint/a11y/useFocusableInteractive: the strip keeps the focus and names the active option
            <div
              key={step}
              id={`${id}-${place}`}
              class={`cell ${correct === 0 ? "wrong" : ""} ${place === at ? "active" : ""}`}
              role="option"
              aria-selected={place === here}
              aria-label={predictionText(history, place, shown)}
              title={predictionText(history, place, shown)}
              onPointerEnter={() => setActive(place)}
              onClick={() => go(place)}
            >
              <div
                class="bar"
                style={{
                  height: `${100 * (confidence ?? 0)}%`,
                  background: colorOfClass(store, name, code),
                }}
              />
            </div>
          );
        })}
      </div>
      <p class="told">{predictionText(history, at, shown)}</p>
      <Key store={store} history={history} />
    </>
  );
}

/** Which color is which class, of those that the sample was ever predicted as. */
function Key({ store, history }: { store: Store; history: SampleHistory }) {
  const codes = [...new Set(history.prediction)].filter((code) => code !== null);
  return (
    <ul class="class-key" aria-label="Predicted classes">
      {codes.map((code) => (
        <li key={code}>
          <span
            class="swatch"
            style={{ background: colorOfClass(store, history.classes[code] ?? "", code) }}
          />
          {history.classes[code]}
        </li>
      ))}
    </ul>
  );
}

function placeAfter(key: string, at: number, count: number): number | null {
  const places: Readonly<Record<string, number>> = {
    ArrowLeft: at - 1,
    ArrowRight: at + 1,
    Home: 0,
    End: count - 1,
  };
  const place = places[key];
  return place === undefined ? null : Math.min(count - 1, Math.max(0, place));
}
