// What the model made of the chosen sample, step by step: a bar a step in the colour of the predicted class, as high as the
// model was confident, underlined where it was wrong.
import { useId, useState } from "preact/hooks";
import type { SampleHistory } from "../measures";
import { color_of_class } from "../state/colors";
import { go_to_step } from "../state/measure";
import { predicted_at, told_at } from "../state/sample_history";
import type { Store } from "../state/store";
import { shown_step } from "../state/titles";

export function PredictionStrip({ store }: { store: Store }) {
  const { sample_history, has_outputs } = store.measuring;
  const sample = store.choosing.sample.value;
  if (sample === null || !has_outputs.value) return null;
  const history = sample_history.value?.sample === sample ? sample_history.value : null;
  return (
    <section class="predictions" aria-label="Predictions">
      <h2>
        Predictions{" "}
        <small title="Bars as high as the model was confident, underlined where it was wrong">
          height: confidence, underlined: wrong
        </small>
      </h2>
      {history === null ? (
        <p role="status">The predictions are being looked up…</p>
      ) : (
        <Strip key={sample} store={store} history={history} />
      )}
    </section>
  );
}

function Strip({ store, history }: { store: Store; history: SampleHistory }) {
  const id = useId();
  /** The place that is pointed at or moved to by keys; null for the step that is shown. */
  const [active, set_active] = useState<number | null>(null);
  const { steps } = history;
  const here = steps.indexOf(store.step.value ?? Number.NaN);
  const at = Math.min(active ?? Math.max(0, here), steps.length - 1);
  const shown = (step: number) => shown_step(store, step);
  const go = (place: number) => go_to_step(store, steps[place] ?? 0);
  return (
    <>
      <div
        class="strip"
        role="listbox"
        aria-label="Prediction at each step"
        aria-orientation="horizontal"
        aria-activedescendant={`${id}-${at}`}
        tabIndex={0}
        onKeyDown={(event) => {
          const place = place_after(event.key, at, steps.length);
          if (place !== null) set_active(place);
          else if (event.key === "Enter" || event.key === " ") go(at);
          else return;
          event.preventDefault();
        }}
        onBlur={() => set_active(null)}
        onPointerLeave={() => set_active(null)}
      >
        {steps.map((step, place) => {
          const { name, code, confidence, correct } = predicted_at(history, place);
          return (
            // biome-ignore lint/a11y/useKeyWithClickEvents: the strip takes the keys for all of its options
            // biome-ignore lint/a11y/useFocusableInteractive: the strip keeps the focus and names the active option
            <div
              key={step}
              id={`${id}-${place}`}
              class={`cell ${correct === 0 ? "wrong" : ""} ${place === at ? "active" : ""}`}
              role="option"
              aria-selected={place === here}
              aria-label={told_at(history, place, shown)}
              title={told_at(history, place, shown)}
              onPointerEnter={() => set_active(place)}
              onClick={() => go(place)}
            >
              <div
                class="bar"
                style={{
                  height: `${100 * (confidence ?? 0)}%`,
                  background: color_of_class(store, name, code),
                }}
              />
            </div>
          );
        })}
      </div>
      <p class="told">{told_at(history, at, shown)}</p>
    </>
  );
}

function place_after(key: string, at: number, count: number): number | null {
  const places: Readonly<Record<string, number>> = {
    ArrowLeft: at - 1,
    ArrowRight: at + 1,
    Home: 0,
    End: count - 1,
  };
  const place = places[key];
  return place === undefined ? null : Math.min(count - 1, Math.max(0, place));
}
