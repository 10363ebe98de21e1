// One quiet line: how reliable the view is; on a click the verdict, what it is made from, and the numbers of the step shown.

import { VerdictIcon } from "../controls/verdict_icon";
import { placedInWords } from "../model/projection/landmarks";
import {
  preservedInWords,
  type Reliability,
  reliability,
  type Verdict,
} from "../model/projection/reliability";
import { hasOwnBasis } from "../model/projection/views";
import { labelNote } from "../model/samples/label_column";
import { capitalized, percent } from "../model/text/words";
import { basisInWords, isOutdated } from "../model/time/basis";
import { measureAgain, showQuality } from "../state/actions/choose_view";
import { engineTitle, namedStep, shownStep, stepNoun } from "../state/derived/titles";
import type { Store } from "../state/store";
import type { FrameQuality } from "../types";

const IN_WORDS: Readonly<Record<Verdict, string>> = {
  good: "Good",
  care: "Read with care",
  motion: "Don't read the movement",
  unknown: "Not measured",
};

/** Name, meaning, and which number; all between 0 and 1. */
const NUMBERS: readonly (readonly [string, string, keyof FrameQuality])[] = [
  [
    "Trustworthiness",
    "Whether neighbors on screen are neighbors in the layer; 0.5 is chance",
    "trustworthiness",
  ],
  ["Continuity", "Whether neighbors in the layer are neighbors on screen", "continuity"],
  [
    "Neighbors preserved",
    "Share of the 15 nearest in the layer among the 15 nearest on screen",
    "neighbors_kept",
  ],
  [
    "Trustworthiness, placed samples",
    "Trustworthiness of only the samples that were placed among landmarks",
    "placed_trustworthiness",
  ],
  [
    "Neighbors preserved, placed samples",
    "Neighbors preserved of only the samples that were placed among landmarks",
    "placed_neighbors_kept",
  ],
  [
    "Label accuracy",
    "Share of samples whose label most of their neighbors on screen have",
    "label_accuracy",
  ],
  [
    "Motion fidelity",
    "Rank correlation of movement on screen with movement in the layer",
    "motion_fidelity",
  ],
];

export function QualityLine({ store }: { store: Store }) {
  const { quality, qualityOpen, picture } = store;
  if (quality.value === null || picture.stale.value) return null;
  const found = verdictOf(store);
  const number = oneNumber(store);
  return (
    <div class="quality">
      {qualityOpen.value && <Details store={store} found={found} />}
      <div class="quality-row">
        <button
          type="button"
          class="quality-line"
          aria-expanded={qualityOpen.value}
          title="Projection quality"
          onClick={() => showQuality(store, !qualityOpen.value)}
        >
          <VerdictIcon verdict={found.verdict} />
          How reliable is this view?
          <span class="unseen"> {IN_WORDS[found.verdict]}</span>
          {number !== null && <span class="number">{number}</span>}
        </button>
        <PlacedNote store={store} />
        <Refit store={store} />
      </div>
    </div>
  );
}

/** What was measured holds for the first components alone. */
function verdictOf(store: Store): Reliability {
  const { quality, turn } = store;
  const step = drawnStep(store);
  if (turn.value !== null) {
    const sentence = "Projection quality is measured for the first axes only.";
    return { verdict: "unknown", sentence, findings: [] };
  }
  if (quality.value === null || step === null) {
    return { verdict: "unknown", sentence: "Not measured yet.", findings: [] };
  }
  return reliability(quality.value, step, { engine: engineTitle(store), noun: stepNoun(store) });
}

function drawnStep({ frames, step, shownStep }: Store): number | null {
  const there = step.value !== null && frames.value?.frames.value.has(step.value);
  return there ? step.value : shownStep.value;
}

function drawnFrame(store: Store): FrameQuality | undefined {
  const step = drawnStep(store);
  return store.quality.value?.frames.find((one) => one.step === step);
}

/** Of linear axes the variance at the step shown, of others the neighbors. */
function oneNumber(store: Store): string | null {
  const frame = drawnFrame(store);
  if (frame === undefined || store.turn.value !== null) return null;
  const { variance_shown: variance, neighbors_kept: kept = null } = frame;
  if (variance !== null) return `${percent(variance)} of variance`;
  return kept === null ? null : preservedInWords(kept);
}

/** A view of which only some samples were laid out says so, and how well the others were placed. */
function PlacedNote({ store }: { store: Store }) {
  const landmarks = store.quality.value?.landmarks ?? null;
  if (landmarks === null) return null;
  const trustworthiness = drawnFrame(store)?.placed_trustworthiness ?? null;
  return <span class="quality-note">{placedInWords(landmarks, trustworthiness)}</span>;
}

/** While a run is recorded the axes may know nothing of its last steps. */
function Refit({ store }: { store: Store }) {
  const { frames, layer, run } = store;
  if (frames.value === null || layer.value === null || run.value?.recording !== true) return null;
  if (!hasOwnBasis(frames.value.view) || !isOutdated(frames.value.basis, layer.value)) return null;
  return (
    <>
      <span class="quality-note">{fittedOn(store)}</span>
      <button
        type="button"
        class="refit"
        title={`Fit the axes to all ${stepNoun(store)}s recorded so far`}
        onClick={() => store.display.refitAxes()}
      >
        Refit axes
      </button>
    </>
  );
}

/** "PCA fitted on all 11 epochs". */
function fittedOn(store: Store): string {
  const { frames, steps } = store;
  if (frames.value === null) return "";
  const shown = (step: number) => shownStep(store, step);
  const basis = basisInWords(frames.value.basis, steps.value, stepNoun(store), shown);
  return `${engineTitle(store)} fitted on ${basis}`;
}

function Details({ store, found }: { store: Store; found: Reliability }) {
  const { frames, quality, view } = store;
  const step = drawnStep(store);
  const variance = drawnFrame(store)?.variance_shown ?? null;
  const own = view.value !== null && hasOwnBasis(view.value);
  const onto = frames.value?.progress.value?.onto?.sentence ?? null;
  const explains =
    variance === null || step === null
      ? ""
      : `; explains ${percent(variance)} of variance at ${namedStep(store, step)}`;
  const state = quality.value?.state;
  return (
    <section
      class="quality-numbers"
      aria-label={`Projection quality${store.second ? ", second pane" : ""}`}
    >
      <h2>{step === null ? "" : capitalized(namedStep(store, step))}</h2>
      <p>{found.sentence}</p>
      {found.findings.map((finding) => (
        <p key={finding}>{finding}</p>
      ))}
      {own && (
        <p>
          {fittedOn(store)}
          {explains}
        </p>
      )}
      {onto !== null && <p>{onto}</p>}
      {(state === "running" || state === "waiting") && <p role="status">Measuring…</p>}
      {state === "failed" && (
        <p role="alert">
          Could not be measured: {quality.value?.message}
          <button type="button" title="Measures again" onClick={() => measureAgain(store)}>
            Try again
          </button>
        </p>
      )}
      <Numbers store={store} />
    </section>
  );
}

function Numbers({ store }: { store: Store }) {
  const { quality } = store;
  const frame = drawnFrame(store);
  const label = quality.value?.label ?? null;
  const isPlaced = (quality.value?.landmarks ?? null) !== null;
  const numbers = NUMBERS.filter(
    ([, , key]) =>
      (key !== "label_accuracy" || label !== null) && (isPlaced || !key.startsWith("placed_")),
  );
  const note = labelNote(store.layer.value, store.requestedLabel.value);
  const floor = quality.value?.noise_floor ?? null;
  const waiting = quality.value?.state === "running" || quality.value?.state === "waiting";
  return (
    <>
      <dl>
        {numbers.map(([name, meaning, key]) => (
          <div key={key} title={meaning}>
            <dt>{key === "label_accuracy" && label !== "label" ? `${name} (${label})` : name}</dt>
            <dd>{written(frame?.[key] ?? null, waiting)}</dd>
          </div>
        ))}
        {floor !== null && (
          <div title="How far samples move where nothing has changed (share of layout radius)">
            <dt>Noise floor</dt>
            <dd>{floor === 0 ? "0" : floor.toFixed(4)}</dd>
          </div>
        )}
      </dl>
      {label === null && note !== null && <p class="note">{note}</p>}
    </>
  );
}

function written(value: FrameQuality[keyof FrameQuality], waiting: boolean): string {
  return typeof value === "number" ? value.toFixed(3) : waiting ? "…" : "–";
}
