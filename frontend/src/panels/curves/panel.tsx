// What is measured of each step, as curves that share the slider's cursor.
import { StepCurve } from "../../charts/step_curve";
import type { StepMetric, StepMetrics } from "../../measures";
import { inOrder } from "../../model/measures/metric_order";
import { short, withUnit } from "../../model/text/measured_value";
import { placeIn } from "../../model/time/nearest_steps";
import { goToStep } from "../../state/actions/measures";
import { timeAxis } from "../../state/derived/time_axis";
import { namedStep } from "../../state/derived/titles";
import type { Store } from "../../state/store";

export function CurvesPanel({ store }: { store: Store }) {
  const metrics = store.measures.metrics.value;
  if (metrics === null) return <p role="status">Measuring the layer…</p>;
  const { first, others } = inOrder(metrics.metrics);
  const part = metrics.samples_measured < metrics.samples;
  return (
    <div class="curves">
      {part && (
        <p>
          Measured on {metrics.samples_measured.toLocaleString("en-US")} samples, drawn in
          proportion to the labels.
        </p>
      )}
      {first.map((metric) => (
        <Row key={metric.name} store={store} metrics={metrics} metric={metric} />
      ))}
      {others.length > 0 && (
        <details>
          <summary title="Everything else that is measured">{others.length} more curves</summary>
          {others.map((metric) => (
            <Row key={metric.name} store={store} metrics={metrics} metric={metric} />
          ))}
        </details>
      )}
    </div>
  );
}

interface RowProps {
  readonly store: Store;
  readonly metrics: StepMetrics;
  readonly metric: StepMetric;
}

function Row({ store, metrics, metric }: RowProps) {
  const { name, title, unit, meaning, values } = metric;
  const { steps } = metrics;
  const at = placeIn(steps, store.steps.value, store.at.value);
  // Before all is measured, the last value there is would be taken for that of a later step.
  const there = metrics.state !== "running" || steps.includes(store.step.value ?? Number.NaN);
  const here = there ? (values[Math.round(at)] ?? null) : null;
  const biased = metrics.cka_biased[name]?.[Math.round(at)] ?? null;
  const above = store.measures.above.value === name;
  return (
    <div class="curve-row">
      <div class="row-of-fields">
        <span class="name" title={meaning}>
          {title}
        </span>
        <span
          class="count"
          title={biased === null ? undefined : `Debiased estimate; biased: ${short(biased)}`}
        >
          {withUnit(here, unit)}
        </span>
        <button
          type="button"
          class="icon"
          aria-pressed={above}
          aria-label={`${title} above the slider`}
          title="Show above the slider"
          onClick={() => store.measures.toggleAbove(name)}
        >
          <svg viewBox="0 0 24 24" aria-hidden="true">
            <path d="M4 18h16v2H4zm0-4 5-6 4 4 5-7 1.600 1.200-6.400 9-4.100-4-3.600 4.200z" />
          </svg>
        </button>
      </div>
      <StepCurve
        name={title}
        unit={unit}
        steps={steps}
        values={values}
        {...timeAxis(store, steps)}
        go={(step) => goToStep(store, step)}
        named={(step) => namedStep(store, step)}
        axis
      />
    </div>
  );
}
