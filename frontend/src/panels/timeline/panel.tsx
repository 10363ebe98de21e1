// Time below the stage: a curve, play, and the slider with a tick for each snapshot and what happened to the training.

import { Marks } from "../../charts/marks";
import { Stretches } from "../../charts/stretches";
import { Ticks } from "../../charts/ticks";
import { capitalized } from "../../model/text/words";
import { nearestPlace, spaced } from "../../model/time/axis";
import { marksOf, stretchesOf } from "../../model/time/phases";
import { SPEEDS } from "../../model/time/playback";
import { supersededChoice } from "../../model/time/superseded";
import {
  chooseRun,
  chooseSpeed,
  goToPlace,
  placeOfStep,
  togglePlaying,
} from "../../state/actions/choose_view";
import { followTraining } from "../../state/actions/display";
import {
  countedSteps,
  namedStep,
  shownStep,
  stepNoun,
  stepTitle,
} from "../../state/derived/titles";
import type { Store } from "../../state/store";
import { CurveAbove } from "./curve_above";

/** The slider's resolution where the steps do not lie evenly. */
const FINE = 10_000;
const ARROWS: Readonly<Record<string, number>> = {
  ArrowLeft: -1,
  ArrowDown: -1,
  ArrowRight: 1,
  ArrowUp: 1,
};

export function Timeline({ store }: { store: Store }) {
  const { steps, step, playing } = store;
  const count = steps.value.length;
  const noun = stepNoun(store);
  const oneStep = `Only one ${noun} so far`;
  const place = placeOfStep(store);
  const even = store.display.even.value;
  const spacing = spaced(steps.value, even);
  const named = (one: number) => namedStep(store, one);
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
      <CurveAbove store={store} />
      <div class="play">
        <button
          type="button"
          class="icon"
          aria-label={playing.value ? "Pause" : "Play"}
          title={count < 2 ? oneStep : playing.value ? "Pause (Space)" : "Play (Space)"}
          disabled={count < 2}
          onClick={() => togglePlaying(store)}
        >
          <svg viewBox="0 0 24 24" aria-hidden="true">
            <path d={playing.value ? "M6 5h4v14H6zm8 0h4v14h-4z" : "M8 5v14l11-7z"} />
          </svg>
        </button>
        <select
          aria-label="Speed"
          title="Playback speed"
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
          title="Repeat when the end is reached"
          aria-pressed={store.display.loop.value}
          onClick={() => store.display.toggleLoop()}
        >
          <svg viewBox="0 0 24 24" aria-hidden="true">
            <path d="M7 7h10v3l4-4-4-4v3H5v6h2zm10 10H7v-3l-4 4 4 4v-3h12v-6h-2z" />
          </svg>
        </button>
      </div>
      <div class="track">
        <input
          type="range"
          aria-label={capitalized(noun)}
          title={count < 2 ? oneStep : `${capitalized(noun)}: arrow keys, or , and . anywhere`}
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
        <Stretches stretches={stretchesOf(store.run.value, steps.value, spacing, named)} />
        <Ticks spacing={spacing} names={steps.value.map((one) => shownStep(store, one))} />
        <Marks marks={marksOf(store.run.value, steps.value, spacing, named)} />
      </div>
      <div class="step">
        <span>{step.value === null ? "" : stepTitle(store, step.value)}</span>
        {count === 1 && <small>{oneStep}</small>}
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
    <label class="live" title="The training went back and recorded these again">
      <input type="checkbox" checked={isShown} onChange={() => chooseRun(store, other)} />
      Show {countedSteps(store, count).replace(" ", " superseded ")}
    </label>
  );
}

function Follow({ store }: { store: Store }) {
  return (
    <label class="live" title="Go to each new snapshot as it is recorded">
      <input
        type="checkbox"
        checked={store.display.follow.value}
        onChange={(event) => followTraining(store, event.currentTarget.checked)}
      />
      Follow training
    </label>
  );
}
