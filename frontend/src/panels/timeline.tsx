// Time below the stage: play, the slider with a tick for each snapshot, and above it what each step's frame is worth.
import { Curve } from "../charts/curve";
import { Marks } from "../charts/marks";
import { StepCurve, short } from "../charts/step_curve";
import { Ticks } from "../charts/ticks";
import type { StepMetric } from "../measures";
import { along, nearestPlace, spaced } from "../model/time/axis";
import { marksOf } from "../model/time/phases";
import { SPEEDS } from "../model/time/playback";
import { supersededChoice } from "../model/time/superseded";
import {
  chooseRun,
  chooseSpeed,
  goToPlace,
  placeOfStep,
  togglePlaying,
} from "../state/actions/choose_view";
import { followTraining } from "../state/actions/display";
import { goToStep } from "../state/actions/measures";
import { timeAxis } from "../state/derived/time_axis";
import { shownStep, stepTitle } from "../state/derived/titles";
import type { Store } from "../state/store";
import type { FrameQuality } from "../types";

/** The slider's resolution where the steps do not lie evenly. */
const FINE = 10_000;
const ARROWS: Readonly<Record<string, number>> = {
  ArrowLeft: -1,
  ArrowDown: -1,
  ArrowRight: 1,
  ArrowUp: 1,
};
const ONE_STEP = "Only one step so far";

export function Timeline({ store }: { store: Store }) {
  const { steps, step, playing, quality } = store;
  const count = steps.value.length;
  const place = placeOfStep(store);
  const even = store.display.even.value;
  const spacing = spaced(steps.value, even);
  const shown = quality.value?.frames ?? [];
  const iterative = store.view.value?.iterative ?? false;
  const worth = (frame: FrameQuality) =>
    (iterative ? frame.trustworthiness : frame.variance_shown) ?? null;
  const byStep = new Map(shown.map((frame) => [frame.step, worth(frame)]));
  const here = step.value === null ? null : (byStep.get(step.value) ?? null);
  const metrics = store.measures.metrics.value;
  const above = store.measures.curveAbove.value;
  return (
    <section
      class="timeline"
      aria-label="Timeline"
      onKeyDown={(event) => {
        // On a button or in a field the space bar means something else.
        if (event.key !== " " || !(event.target as Element).matches("input[type=range]")) return;
        event.preventDefault();
        togglePlaying(store);
      }}
    >
      <div class="play">
        <button
          type="button"
          class="icon"
          aria-label={playing.value ? "Pause" : "Play"}
          title={count < 2 ? ONE_STEP : playing.value ? "Pause" : "Play (Space)"}
          disabled={count < 2}
          onClick={() => togglePlaying(store)}
        >
          <svg viewBox="0 0 24 24" aria-hidden="true">
            <path d={playing.value ? "M6 5h4v14H6zm8 0h4v14h-4z" : "M8 5v14l11-7z"} />
          </svg>
        </button>
        <select
          aria-label="Speed"
          title="How fast it plays"
          value={store.speed.value}
          onChange={(event) => chooseSpeed(store, Number(event.currentTarget.value))}
        >
          {SPEEDS.map((speed) => (
            <option key={speed} value={speed} selected={speed === store.speed.value}>
              {speed}×
            </option>
          ))}
        </select>
        <button
          type="button"
          class={store.display.loop.value ? "icon on" : "icon"}
          aria-label="Loop"
          title="Play again and again"
          aria-pressed={store.display.loop.value}
          onClick={() => store.display.toggleLoop()}
        >
          <svg viewBox="0 0 24 24" aria-hidden="true">
            <path d="M7 7h10v3l4-4-4-4v3H5v6h2zm10 10H7v-3l-4 4 4 4v-3h12v-6h-2z" />
          </svg>
        </button>
      </div>
      <div class="track">
        {above !== null && metrics !== null ? (
          <StepCurve
            name={above.title}
            steps={metrics.steps}
            values={above.values}
            {...timeAxis(store, metrics.steps)}
            go={(one) => goToStep(store, one)}
            shown={(one) => shownStep(store, one)}
          />
        ) : (
          <Curve
            name={iterative ? "Trustworthiness of each step" : "Variance shown at each step"}
            values={steps.value.map((one) => byStep.get(one) ?? null)}
            spacing={spacing}
            at={along(spacing, store.at.value)}
          />
        )}
        <input
          type="range"
          aria-label="Step"
          title={count < 2 ? ONE_STEP : "Step: arrow keys, or , and . anywhere"}
          aria-valuetext={step.value === null ? "" : stepTitle(store, step.value)}
          min={0}
          max={even ? Math.max(0, count - 1) : FINE}
          step={1}
          value={even ? place : Math.round(FINE * (spacing[place] ?? 0))}
          disabled={count < 2}
          onKeyDown={(event) => {
            const places = ARROWS[event.key];
            if (even || places === undefined) return;
            event.preventDefault();
            goToPlace(store, place + places);
          }}
          onInput={(event) => {
            const value = Number(event.currentTarget.value);
            goToPlace(store, even ? value : nearestPlace(spacing, value / FINE));
          }}
        />
        <Ticks spacing={spacing} />
        <Marks marks={marksOf(store.run.value, steps.value, spacing)} />
      </div>
      <div class="step">
        <span>{step.value === null ? "" : stepTitle(store, step.value)}</span>
        <small>
          {above !== null
            ? aboveInWords(above, metrics?.steps.indexOf(step.value ?? Number.NaN) ?? -1)
            : count === 1
              ? ONE_STEP
              : here === null
                ? ""
                : worthInWords(here, iterative)}
        </small>
        {store.run.value?.recording && <Follow store={store} />}
        <Superseded store={store} />
      </div>
    </section>
  );
}

/** Shows the steps that a training has left behind, by the run of the same directory that has them too. */
function Superseded({ store }: { store: Store }) {
  const choice = supersededChoice(store.runs.value ?? [], store.run.value);
  if (choice === null) return null;
  const { count, isShown, other } = choice;
  return (
    <label class="live" title="The training went back to an earlier step and on from there">
      <input type="checkbox" checked={isShown} onChange={() => chooseRun(store, other)} />
      Show {count} superseded {count === 1 ? "step" : "steps"}
    </label>
  );
}

function Follow({ store }: { store: Store }) {
  return (
    <label
      class="live"
      title="Go along to each new step as it is recorded; else stay where you are"
    >
      <input
        type="checkbox"
        checked={store.display.follow.value}
        onChange={(event) => followTraining(store, event.currentTarget.checked)}
      />
      Follow the training
    </label>
  );
}

function worthInWords(worth: number, iterative: boolean): string {
  return iterative
    ? `trustworthiness ${worth.toFixed(3)}`
    : `${Math.round(100 * worth)} % of variance shown`;
}

function aboveInWords(metric: StepMetric, place: number): string {
  const value = metric.values[place] ?? null;
  return value === null ? metric.title : `${metric.title} ${short(value)}`;
}
