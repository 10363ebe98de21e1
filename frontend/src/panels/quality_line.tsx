// One quiet line: what this view is worth, and what its axes were made from; on a click the numbers of the step shown.

import { labelNote } from "../model/samples/label_column";
import { basisSentence, isOutdated } from "../model/time/basis";
import { showQuality } from "../state/actions/choose_view";
import { shownStep } from "../state/derived/titles";
import { hasOwnBasis } from "../state/parts/frame_cache";
import type { Store } from "../state/store";
import type { FrameQuality } from "../types";

/** Name, meaning, and which number; all between 0 and 1. */
const NUMBERS: readonly (readonly [string, string, keyof FrameQuality])[] = [
  ["Variance shown", "share of the layer's variance that these axes show", "variance_shown"],
  [
    "Trustworthiness",
    "whether neighbors on the screen are neighbors in the layer; 0.5 is chance",
    "trustworthiness",
  ],
  ["Continuity", "whether neighbors in the layer are neighbors on the screen", "continuity"],
  [
    "Neighbors kept",
    "share of the 15 nearest in the layer among the 15 nearest on the screen",
    "neighbors_kept",
  ],
  [
    "Label accuracy",
    "share of samples that their neighbors on the screen label right",
    "label_accuracy",
  ],
  [
    "Motion fidelity",
    "rank correlation of motion on the screen with motion in the layer since the step before",
    "motion_fidelity",
  ],
];

export function QualityLine({ store }: { store: Store }) {
  const { frames, quality, qualityOpen, steps, view, turn } = store;
  if (frames.value === null || quality.value === null) return null;
  if (turn.value !== null) {
    // What was measured holds for the first components alone.
    return (
      <p class="quality quality-line">Other axes than the first, whose quality is not measured.</p>
    );
  }
  const own = view.value !== null && hasOwnBasis(view.value);
  const axes = own
    ? ` ${basisSentence(frames.value.basis, steps.value, (one) => shownStep(store, one))}.`
    : "";
  const onto = frames.value.progress.value?.onto?.sentence ?? null;
  const outdated =
    own &&
    store.run.value?.recording === true &&
    store.layer.value !== null &&
    isOutdated(frames.value.basis, store.layer.value);
  const warning = quality.value.warning ?? null;
  return (
    <div class="quality">
      {qualityOpen.value && <Numbers store={store} />}
      <button
        type="button"
        class="quality-line"
        aria-expanded={qualityOpen.value}
        title="What this view is worth, in numbers"
        onClick={() => showQuality(store, !qualityOpen.value)}
      >
        {quality.value.sentence}
        {axes}
        {onto !== null && ` ${onto}`}
        {warning !== null && <strong> {warning}</strong>}
      </button>
      {outdated && (
        <button
          type="button"
          class="refit"
          title="Make the axes from all steps recorded so far"
          onClick={() => store.display.refitAxes()}
        >
          Refit axes
        </button>
      )}
    </div>
  );
}

function Numbers({ store }: { store: Store }) {
  const { quality, step, view } = store;
  const frame = quality.value?.frames.find((one) => one.step === step.value);
  // Axes that iterate have no variance of their own.
  const label = quality.value?.label ?? null;
  const numbers = NUMBERS.filter(
    ([, , key]) =>
      (key !== "variance_shown" || !view.value?.iterative) &&
      (key !== "label_accuracy" || label !== null),
  );
  const note = labelNote(store.layer.value, store.requestedLabel.value);
  const floor = quality.value?.noise_floor ?? null;
  const named = step.value === null ? "" : shownStep(store, step.value);
  const waiting = quality.value?.state === "running" || quality.value?.state === "waiting";
  return (
    <section
      class="quality-numbers"
      aria-label={`Quality of step ${named}${store.second ? ", second pane" : ""}`}
    >
      <h2>Step {named}</h2>
      <dl>
        {numbers.map(([name, meaning, key]) => (
          <div key={key} title={meaning}>
            <dt>{key === "label_accuracy" && label !== "label" ? `${name} (${label})` : name}</dt>
            <dd>{written(frame?.[key] ?? null, waiting)}</dd>
          </div>
        ))}
        {floor !== null && (
          <div title="how far samples move where nothing has changed, as a share of the layout's radius">
            <dt>Noise floor</dt>
            <dd>{floor === 0 ? "0" : floor.toFixed(4)}</dd>
          </div>
        )}
      </dl>
      {label === null && note !== null && <p class="note">{note}</p>}
    </section>
  );
}

function written(value: number | null, waiting: boolean): string {
  if (value === null) return waiting ? "…" : "–";
  return value.toFixed(3);
}
