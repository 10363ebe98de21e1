// The curve above the slider: which one it is, how it runs, and its value at the step that is shown.
import { StepCurve } from "../../charts/step_curve";
import type { StepMetric } from "../../measures";
import { inOrder } from "../../model/measures/metric_order";
import { withUnit } from "../../model/text/measured_value";
import { goToStep } from "../../state/actions/measures";
import { timeAxis } from "../../state/derived/time_axis";
import { namedStep, stepNoun } from "../../state/derived/titles";
import type { Store } from "../../state/store";

export function CurveAbove({ store }: { store: Store }) {
  const { title, unit, meaning, steps, values } = shownCurve(store);
  const metrics = inOrder(store.measures.metrics.value?.metrics ?? []);
  const here = values[steps.indexOf(store.step.value ?? Number.NaN)] ?? null;
  const option = ({ name, title }: StepMetric) => (
    <option key={name} value={name} selected={name === store.measures.above.value}>
      {title}
    </option>
  );
  return (
    <>
      <select
        class="curve-chooser"
        aria-label="Curve above the slider"
        title={meaning}
        onChange={({ currentTarget: { value } }) =>
          store.measures.chooseAbove(value === "" ? null : value)
        }
      >
        <option value="" selected={store.measures.curveAbove.value === null}>
          {qualityTitle(store)}
        </option>
        {[...metrics.first, ...metrics.others].map(option)}
      </select>
      <div class="curve-above">
        <StepCurve
          name={title}
          unit={unit}
          steps={steps}
          values={values}
          {...timeAxis(store, steps)}
          go={(one) => goToStep(store, one)}
          named={(one) => namedStep(store, one)}
        />
      </div>
      <output class="value-above" title={`${title} at this ${stepNoun(store)}`}>
        {here === null ? "" : withUnit(here, unit)}
      </output>
    </>
  );
}

/** The metric that is chosen, else what each step's frame is worth. */
function shownCurve(store: Store) {
  const metrics = store.measures.metrics.value;
  const above = store.measures.curveAbove.value;
  if (above !== null && metrics !== null) return { ...above, steps: metrics.steps };
  const steps = store.steps.value;
  const iterative = store.view.value?.iterative ?? false;
  const frames = new Map(store.quality.value?.frames.map((frame) => [frame.step, frame]));
  const worth = (step: number) => {
    const frame = frames.get(step);
    return (iterative ? frame?.trustworthiness : frame?.variance_shown) ?? null;
  };
  return {
    title: qualityTitle(store),
    unit: iterative ? "" : "share",
    meaning: iterative
      ? "Whether neighbors on screen are neighbors in the layer; 1 is all"
      : `Share of the variance at each ${stepNoun(store)} that the view shows`,
    steps,
    values: steps.map(worth),
  };
}

function qualityTitle(store: Store): string {
  return store.view.value?.iterative ? "Trustworthiness" : "Variance explained";
}
