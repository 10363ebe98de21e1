// The chosen sample's nearest neighbours in the layer's own space, and which of them it has won and lost since a step.
import { useState } from "preact/hooks";
import { Choice, type Option } from "../controls/choice";
import { Field, NumberField } from "../controls/field";
import { SampleList } from "../controls/sample_list";
import { writeNumber } from "../model/samples/table";
import { sampleListProps } from "../state/actions/sample_list_props";
import { shownStep, stepNoun } from "../state/derived/titles";
import { MOST_NEIGHBORS, missingFrom } from "../state/parts/neighbors";
import type { Store } from "../state/store";
import type { DistanceMetric } from "../types";

const METRICS: readonly (readonly [DistanceMetric, string])[] = [
  ["euclidean", "Euclidean"],
  ["cosine", "Cosine"],
];
type Part = "all" | "gained" | "lost";

export function NeighborsPanel({ store }: { store: Store }) {
  const [part, setPart] = useState<Part>("all");
  const { metric, k, since, answer } = store.neighbors;
  const { sample } = store.samples;
  if (sample.value === null) return null;
  const current = answer.value?.sample === sample.value ? answer.value : null;
  const gained = current?.then ? missingFrom(current.then, current.now) : [];
  const lost = current?.then ? missingFrom(current.now, current.then) : [];
  const shown = { all: current?.now ?? [], gained, lost }[current?.then ? part : "all"];
  const parts: Option<Part>[] = [
    { value: "all", name: "All", title: "All neighbors now" },
    { value: "gained", name: `Gained ${gained.length}`, title: "Neighbors now but not then" },
    { value: "lost", name: `Lost ${lost.length}`, title: "Neighbors then but not now" },
  ];
  return (
    <section class="neighbors" aria-label="Neighbors">
      <div class="row-of-fields">
        <h2>Neighbors in {store.layer.value?.name}</h2>
        <div class="spring" />
        <button
          type="button"
          title="Select the listed neighbors"
          disabled={shown.length === 0}
          onClick={() =>
            store.samples.select(
              shown.map((one) => one.sample),
              "list",
            )
          }
        >
          Select
        </button>
      </div>
      <div class="titled-fields">
        <Field
          name="Distance"
          title="Distance between activations, or the angle between them"
          options={METRICS}
          chosen={metric.value}
          choose={(chosen) => store.neighbors.chooseMetric(chosen as DistanceMetric)}
        />
        <NumberField
          name="Count"
          title={`Number of neighbors, at most ${MOST_NEIGHBORS.toLocaleString("en-US")}`}
          low={1}
          high={MOST_NEIGHBORS}
          whole
          value={k.value}
          choose={(number) => store.neighbors.chooseK(number)}
        />
        <Field
          name={`Compare with ${stepNoun(store)}`}
          title="Show neighbors gained and lost since then"
          options={[
            ["", "–"],
            ...store.steps.value.map((step) => [`${step}`, shownStep(store, step)] as const),
          ]}
          chosen={since.value === null ? "" : `${since.value}`}
          choose={(step) => store.neighbors.compareSince(step === "" ? null : Number(step))}
        />
      </div>
      {current?.then && (
        <Choice name="Which neighbors" options={parts} chosen={part} choose={setPart} />
      )}
      <SampleList
        {...sampleListProps(store)}
        name={part === "all" ? "Nearest neighbors" : `Neighbors ${part}`}
        ids={shown.map((one) => one.sample)}
        chosen={null}
        choose={(one) => store.samples.lookAt(one)}
      >
        {(place) => (
          <span class="count">
            <span class="unseen">, distance </span>
            {writeNumber(shown[place]?.distance ?? Number.NaN)}
          </span>
        )}
      </SampleList>
    </section>
  );
}
