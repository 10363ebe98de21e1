// Time below the stage: play, the slider with a tick for each snapshot, and above it what each step's frame is worth.
import { Curve } from "../charts/curve";
import { Marks } from "../charts/marks";
import { StepCurve, short } from "../charts/step_curve";
import { Ticks } from "../charts/ticks";
import type { StepMetric } from "../measures";
import {
  choose_run,
  choose_speed,
  go_to_place,
  place_of_step,
  toggle_playing,
} from "../state/intents";
import { go_to_step } from "../state/measure";
import { marks_of } from "../state/phases";
import { SPEEDS } from "../state/playback";
import { follow_training, toggle_loop } from "../state/show";
import { along, nearest_place, spaced } from "../state/spacing";
import type { Store } from "../state/store";
import { superseded_choice } from "../state/superseded";
import { time_axis } from "../state/time_axis";
import { shown_step, step_title } from "../state/titles";
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
  const place = place_of_step(store);
  const even = store.showing.even.value;
  const spacing = spaced(steps.value, even);
  const shown = quality.value?.frames ?? [];
  const iterative = store.view.value?.iterative ?? false;
  const worth = (frame: FrameQuality) =>
    (iterative ? frame.trustworthiness : frame.variance_shown) ?? null;
  const by_step = new Map(shown.map((frame) => [frame.step, worth(frame)]));
  const here = step.value === null ? null : (by_step.get(step.value) ?? null);
  const metrics = store.measuring.metrics.value;
  const above = store.measuring.curve_above.value;
  return (
    <section
      class="timeline"
      aria-label="Timeline"
      onKeyDown={(event) => {
        // On a button or in a field the space bar means something else.
        if (event.key !== " " || !(event.target as Element).matches("input[type=range]")) return;
        event.preventDefault();
        toggle_playing(store);
      }}
    >
      <div class="play">
        <button
          type="button"
          class="icon"
          aria-label={playing.value ? "Pause" : "Play"}
          title={count < 2 ? ONE_STEP : playing.value ? "Pause" : "Play (Space)"}
          disabled={count < 2}
          onClick={() => toggle_playing(store)}
        >
          <svg viewBox="0 0 24 24" aria-hidden="true">
            <path d={playing.value ? "M6 5h4v14H6zm8 0h4v14h-4z" : "M8 5v14l11-7z"} />
          </svg>
        </button>
        <select
          aria-label="Speed"
          title="How fast it plays"
          value={store.speed.value}
          onChange={(event) => choose_speed(store, Number(event.currentTarget.value))}
        >
          {SPEEDS.map((speed) => (
            <option key={speed} value={speed} selected={speed === store.speed.value}>
              {speed}×
            </option>
          ))}
        </select>
        <button
          type="button"
          class={store.showing.loop.value ? "icon on" : "icon"}
          aria-label="Loop"
          title="Play again and again"
          aria-pressed={store.showing.loop.value}
          onClick={() => toggle_loop(store)}
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
            {...time_axis(store, metrics.steps)}
            go={(one) => go_to_step(store, one)}
            shown={(one) => shown_step(store, one)}
          />
        ) : (
          <Curve
            name={iterative ? "Trustworthiness of each step" : "Variance shown at each step"}
            values={steps.value.map((one) => by_step.get(one) ?? null)}
            spacing={spacing}
            at={along(spacing, store.at.value)}
          />
        )}
        <input
          type="range"
          aria-label="Step"
          title={count < 2 ? ONE_STEP : "Step: arrow keys, or , and . anywhere"}
          aria-valuetext={step.value === null ? "" : step_title(store, step.value)}
          min={0}
          max={even ? Math.max(0, count - 1) : FINE}
          step={1}
          value={even ? place : Math.round(FINE * (spacing[place] ?? 0))}
          disabled={count < 2}
          onKeyDown={(event) => {
            const places = ARROWS[event.key];
            if (even || places === undefined) return;
            event.preventDefault();
            go_to_place(store, place + places);
          }}
          onInput={(event) => {
            const value = Number(event.currentTarget.value);
            go_to_place(store, even ? value : nearest_place(spacing, value / FINE));
          }}
        />
        <Ticks spacing={spacing} />
        <Marks marks={marks_of(store.run.value, steps.value, spacing)} />
      </div>
      <div class="step">
        <span>{step.value === null ? "" : step_title(store, step.value)}</span>
        <small>
          {above !== null
            ? above_in_words(above, metrics?.steps.indexOf(step.value ?? Number.NaN) ?? -1)
            : count === 1
              ? ONE_STEP
              : here === null
                ? ""
                : worth_in_words(here, iterative)}
        </small>
        {store.run.value?.recording && <Follow store={store} />}
        <Superseded store={store} />
      </div>
    </section>
  );
}

/** Shows the steps that a training has left behind, by the run of the same directory that has them too. */
function Superseded({ store }: { store: Store }) {
  const choice = superseded_choice(store.runs.value ?? [], store.run.value);
  if (choice === null) return null;
  const { count, is_shown, other } = choice;
  return (
    <label class="live" title="The training went back to an earlier step and on from there">
      <input type="checkbox" checked={is_shown} onChange={() => choose_run(store, other)} />
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
        checked={store.showing.follow.value}
        onChange={(event) => follow_training(store, event.currentTarget.checked)}
      />
      Follow the training
    </label>
  );
}

function worth_in_words(worth: number, iterative: boolean): string {
  return iterative
    ? `trustworthiness ${worth.toFixed(3)}`
    : `${Math.round(100 * worth)} % of variance shown`;
}

function above_in_words(metric: StepMetric, place: number): string {
  const value = metric.values[place] ?? null;
  return value === null ? metric.title : `${metric.title} ${short(value)}`;
}
