// Time below the stage: play, the slider with a tick for each snapshot, and above it what each step's frame is worth.
import { Curve } from "../charts/curve";
import { Ticks } from "../charts/ticks";
import { choose_speed, go_to_place, place_of_step, toggle_playing } from "../state/intents";
import { SPEEDS } from "../state/playback";
import { type Store, step_title } from "../state/store";
import type { FrameQuality } from "../types";

const ONE_STEP = "One step so far: more steps make a timeline";

export function Timeline({ store }: { store: Store }) {
  const { steps, step, playing, quality, motion } = store;
  const count = steps.value.length;
  const place = place_of_step(store);
  const shown = quality.value?.frames ?? [];
  const iterative = store.view.value?.iterative ?? false;
  const worth = (frame: FrameQuality) =>
    (iterative ? frame.trustworthiness : frame.variance_shown) ?? null;
  const by_step = new Map(shown.map((frame) => [frame.step, worth(frame)]));
  const here = step.value === null ? null : (by_step.get(step.value) ?? null);
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
      </div>
      <div class="track">
        <Curve
          name={iterative ? "Trustworthiness of each step" : "Variance shown at each step"}
          values={steps.value.map((one) => by_step.get(one) ?? null)}
          at={motion.shown.value?.at ?? place}
        />
        <input
          type="range"
          aria-label="Step"
          title={count < 2 ? ONE_STEP : "Step: arrow keys, or , and . anywhere"}
          aria-valuetext={step.value === null ? "" : step_title(store, step.value)}
          min={0}
          max={Math.max(0, count - 1)}
          step={1}
          value={place}
          disabled={count < 2}
          onInput={(event) => go_to_place(store, Number(event.currentTarget.value))}
        />
        <Ticks count={count} />
      </div>
      <p class="step">
        <span>{step.value === null ? "" : step_title(store, step.value)}</span>
        <small>
          {count === 1 ? ONE_STEP : here === null ? "" : worth_in_words(here, iterative)}
        </small>
      </p>
    </section>
  );
}

function worth_in_words(worth: number, iterative: boolean): string {
  return iterative
    ? `trustworthiness ${worth.toFixed(3)}`
    : `${Math.round(100 * worth)} % of variance shown`;
}
