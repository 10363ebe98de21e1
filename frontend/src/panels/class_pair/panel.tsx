// Two classes along the axis between their means, step by step: how they part, and which samples change sides and when.

import { useMemo } from "preact/hooks";
import { Ridges } from "../../charts/ridges";
import { Field } from "../../controls/field";
import { SampleList } from "../../controls/sample_list";
import { capitalized } from "../../model/text/words";
import { goToStep } from "../../state/actions/measures";
import { sampleListProps } from "../../state/actions/sample_list_props";
import { colorOfClass } from "../../state/derived/colors";
import { namedStep, shownStep, stepNoun } from "../../state/derived/titles";
import type { Store } from "../../state/store";
import type { SectionProps } from "../layer_section";
import { type ClassPair, crossings, densities, type TwoClasses, wrongAt } from "./model";

/** What is chosen are the names of the two; one may come before the other. */
export function ClassPairPanel(props: SectionProps<{ pair: ClassPair }, TwoClasses>) {
  const { store, answers, choice, choose } = props;
  const classes = store.measures.metrics.value?.classes;
  if (classes === undefined) return <p role="status">Measuring the layer…</p>;
  if (classes.length < 2) return <p>Needs a label column with at least two classes.</p>;
  const [first, second] = choice ?? ["", ""];
  const options = [["", "–"] as const, ...classes.map((name) => [name, name] as const)];
  return (
    <div class="class-pair">
      <div class="two-fields">
        <Field
          name="Class"
          title="Shown at the left end of the axis"
          options={options}
          chosen={first}
          choose={(name) => choose([name, second])}
        />
        <Field
          name="Other class"
          title="Shown at the right end of the axis"
          options={options}
          chosen={second}
          choose={(name) => choose([first, name])}
        />
      </div>
      {first === "" || second === "" || first === second ? (
        <p>Choose two classes to see how they separate.</p>
      ) : answers.pair === null ? (
        <p role="status">Comparing the classes…</p>
      ) : (
        <Pair store={store} pair={answers.pair} />
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
  const wrong = pair.steps.includes(step) ? wrongAt(pair, step) : [];
  const classes = store.measures.metrics.value?.classes ?? [];
  const colors = [
    colorOfClass(store, first, classes.indexOf(first)),
    colorOfClass(store, second, classes.indexOf(second)),
  ] as const;
  const ids = crossed.map(({ sample }) => sample);
  return (
    <>
      <Ridges
        name={`Classes ${first} and ${second} along the line between their means; ${wrong.length} on the wrong side at ${namedStep(store, step)}`}
        ridges={ridges}
        colors={colors}
        here={step}
        named={(one) => namedStep(store, one)}
        say={(one) => {
          const count = pair.steps.includes(one) ? wrongAt(pair, one).length : 0;
          return `${capitalized(namedStep(store, one))}: ${count} samples on the wrong side`;
        }}
        go={(one) => goToStep(store, one)}
      />
      <div class="headings of-axis" aria-hidden="true">
        <span>← class {first}</span>
        <span>share of samples</span>
        <span>class {second} →</span>
      </div>
      <div class="actions">
        <button
          type="button"
          title={`Samples closer to the other class at this ${stepNoun(store)}`}
          disabled={wrong.length === 0}
          onClick={() => store.samples.select(wrong, "chart")}
        >
          Select {wrong.length} on the wrong side
        </button>
        <button
          type="button"
          title={`Samples that change sides at any ${stepNoun(store)}`}
          disabled={crossed.length === 0}
          onClick={() => store.samples.select(ids, "chart")}
        >
          Select {crossed.length} that change sides
        </button>
      </div>
      {crossed.length > 0 && (
        <SampleList
          {...sampleListProps(store)}
          name={`Samples that change sides between ${first} and ${second}`}
          ids={ids}
          sampleValue={null}
        >
          {(place) => (
            <span class="name">
              {stepNoun(store)}s{" "}
              {crossed[place]?.steps.map((one) => shownStep(store, one)).join(", ")}
              {crossed[place]?.wrongAtLast && "; ends on the wrong side"}
            </span>
          )}
        </SampleList>
      )}
    </>
  );
}
