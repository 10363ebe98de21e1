// Two classes along the axis between their means, step by step: how they part, and which samples change sides and when.
import { useMemo } from "preact/hooks";
import { Ridges } from "../charts/ridges";
import { Field } from "../controls/field";
import { SampleList } from "../controls/sample_list";
import type { ClassPair } from "../measures";
import { select } from "../state/choose";
import { color_of_class } from "../state/colors";
import { crossings, densities, wrong_at } from "../state/crossings";
import { listed } from "../state/listed";
import { choose_pair, go_to_step } from "../state/measure";
import type { Store } from "../state/store";
import { shown_step } from "../state/titles";

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
          title="The class at the left end of the axis"
          options={options}
          chosen={first}
          choose={(name) => choose_pair(store, [name, second])}
        />
        <Field
          name="Other class"
          title="The class at the right end of the axis"
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
  const [from, to] = [pair.steps[0], pair.steps.at(-1)].map((one) =>
    one === undefined ? "" : shown_step(store, one),
  );
  const wrong = pair.steps.includes(step) ? wrong_at(pair, step) : [];
  const classes = store.measuring.metrics.value?.classes ?? [];
  const colors = [
    color_of_class(store, first, classes.indexOf(first)),
    color_of_class(store, second, classes.indexOf(second)),
  ] as const;
  const ids = crossed.map(({ sample }) => sample);
  return (
    <>
      <Ridges
        name={`Classes ${first} and ${second} along the axis between their means, a row a step from ${from} to ${to}; at step ${shown_step(store, step)} ${wrong.length} samples lie on the other class's side`}
        ridges={ridges}
        colors={colors}
        here={step}
        go={(one) => go_to_step(store, one)}
      />
      <div class="headings of-axis" aria-hidden="true">
        <span>← {first}</span>
        <span>
          steps {from} to {to} ↓
        </span>
        <span>{second} →</span>
      </div>
      <div class="actions">
        <button
          type="button"
          title="Samples that lie nearer to the other class at the step that is shown"
          disabled={wrong.length === 0}
          onClick={() => select(store, wrong, "chart")}
        >
          Select {wrong.length} on the wrong side
        </button>
        <button
          type="button"
          title="Samples that change sides at any step"
          disabled={crossed.length === 0}
          onClick={() => select(store, ids, "chart")}
        >
          Select {crossed.length} that cross
        </button>
      </div>
      {crossed.length > 0 && (
        <SampleList
          {...listed(store)}
          name={`Samples that cross between ${first} and ${second}`}
          ids={ids}
          value_of={null}
        >
          {(place) => (
            <span class="name">
              crosses at {crossed[place]?.steps.map((one) => shown_step(store, one)).join(", ")}
              {crossed[place]?.wrong_at_last && ", ends wrong"}
            </span>
          )}
        </SampleList>
      )}
    </>
  );
}
