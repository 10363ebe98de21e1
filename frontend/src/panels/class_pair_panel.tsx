// Two classes along the axis between their means, step by step: how they part, and which samples change sides and when.
import { useMemo } from "preact/hooks";
import { Ridges } from "../charts/ridges";
import { Field } from "../controls/field";
import { RankedSamples } from "../controls/ranked_samples";
import type { ClassPair } from "../measures";
import { click_sample, point_at, select } from "../state/choose";
import { type Crossing, crossings, densities, wrong_at } from "../state/crossings";
import { choose_pair, go_to_step } from "../state/measure";
import type { Store } from "../state/store";

export function ClassPairPanel({ store }: { store: Store }) {
  const { metrics, pair, class_pair } = store.measuring;
  const classes = metrics.value?.classes;
  if (classes === undefined) return <p role="status">The layer is being measured…</p>;
  if (classes.length < 2) return <p>There are no two labels to tell apart.</p>;
  const [first, second] = pair.value ?? ["", ""];
  const options = [["", "–"] as const, ...classes.map((name) => [name, name] as const)];
  return (
    <div class="class-pair">
      <div class="two-fields">
        <Field
          name="Class"
          options={options}
          chosen={first}
          choose={(name) => choose_pair(store, [name, second])}
        />
        <Field
          name="Other class"
          options={options}
          chosen={second}
          choose={(name) => choose_pair(store, [first, name])}
        />
      </div>
      {first === "" || second === "" || first === second ? (
        <p>Choose two classes to see how they part over the steps.</p>
      ) : class_pair.value === null ? (
        <p role="status">The classes are being looked at…</p>
      ) : (
        <Pair store={store} pair={class_pair.value} />
      )}
    </div>
  );
}

function Pair({ store, pair }: { store: Store; pair: ClassPair }) {
  const [first, second] = pair.classes;
  const ridges = useMemo(
    () => pair.steps.map((step, place) => ({ step, ...densities(pair, place) })),
    [pair],
  );
  const crossed = useMemo(() => crossings(pair), [pair]);
  const step = store.step.value ?? Number.NaN;
  const wrong = pair.steps.includes(step) ? wrong_at(pair, step) : [];
  const colors = [
    legend_color(store, first, "var(--text-quiet)"),
    legend_color(store, second, "var(--accent)"),
  ] as const;
  const ids = crossed.map(({ sample }) => sample);
  return (
    <>
      <Ridges
        name={`Classes ${first} and ${second} along the axis between their means, a row a step from ${pair.steps[0]} to ${pair.steps.at(-1)}; at step ${step} ${wrong.length} samples lie on the other class's side`}
        ridges={ridges}
        colors={colors}
        here={step}
        go={(one) => go_to_step(store, one)}
      />
      <div class="headings of-axis" aria-hidden="true">
        <span>← {first}</span>
        <span>
          steps {pair.steps[0]} to {pair.steps.at(-1)} ↓
        </span>
        <span>{second} →</span>
      </div>
      <div class="actions">
        <button
          type="button"
          disabled={wrong.length === 0}
          onClick={() => select(store, wrong, "chart")}
        >
          Select {wrong.length} on the wrong side
        </button>
        <button
          type="button"
          disabled={crossed.length === 0}
          onClick={() => select(store, ids, "chart")}
        >
          Select {crossed.length} that cross
        </button>
      </div>
      {crossed.length > 0 && (
        <RankedSamples
          name={`Samples that cross between ${first} and ${second}`}
          ids={ids}
          sprites={store.sprites.value}
          chosen={store.choosing.sample.value}
          choose={(one) => click_sample(store, one, "replace")}
          point={(one) => point_at(store, one)}
          about={(place) => ({ name: crossing_in_words(crossed[place]) })}
        />
      )}
    </>
  );
}

function crossing_in_words(crossing: Crossing | undefined): string {
  if (crossing === undefined) return "";
  return `crosses at ${crossing.steps.join(", ")}${crossing.wrong_at_last ? ", ends wrong" : ""}`;
}

/** The class's own colour where the samples are coloured by it. */
function legend_color(store: Store, name: string, otherwise: string): string {
  const legend = store.coloring.value?.legend;
  if (legend?.kind !== "categories") return otherwise;
  return legend.entries.find((entry) => entry.name === name)?.color ?? otherwise;
}
