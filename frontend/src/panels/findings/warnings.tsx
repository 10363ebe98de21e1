// Warnings, each with its rule, the step at which it held first, and the samples responsible.
import { RankedSamples } from "../../controls/ranked_samples";
import type { Findings, Warning } from "../../measures";
import { labelAndPrediction } from "../../model/samples/prediction_columns";
import { goToStep } from "../../state/actions/measures";
import { sampleListProps } from "../../state/actions/sample_list_props";
import { namedStep } from "../../state/derived/titles";
import type { Store } from "../../state/store";
import { noWarnings, warningId } from "./model";

export function Warnings({ store, findings }: { store: Store; findings: Findings }) {
  const { opened } = store.measures;
  const { warnings } = findings;
  if (warnings.length === 0)
    return <p>{noWarnings(findings, store.run.value?.problems.length ?? 0)}</p>;
  return (
    <ul>
      {warnings.map((warning) => {
        const id = warningId(warning);
        const open = id === opened.value;
        return (
          <li key={id} class="warning">
            <button
              type="button"
              class="finding"
              title="Show the rule and the samples"
              aria-expanded={open}
              onClick={() => store.measures.toggleFinding(id)}
            >
              <span class="name">{warning.sentence}</span>
              <span class="count">{warning.samples.length.toLocaleString("en-US")}</span>
            </button>
            {open && <About store={store} warning={warning} />}
            {open && <Samples store={store} warning={warning} />}
          </li>
        );
      })}
    </ul>
  );
}

function About({ store, warning }: { store: Store; warning: Warning }) {
  const { meaning, step, units } = warning;
  return (
    <p class="rule">
      Rule: {meaning}.{" "}
      {units.length > 0 && `${units.length} ${units.length === 1 ? "unit" : "units"}. `}
      {store.steps.value.includes(step) && (
        <button
          type="button"
          class="link"
          title="Where the rule was first met"
          onClick={() => goToStep(store, step)}
        >
          Go to {namedStep(store, step)}
        </button>
      )}
    </p>
  );
}

function Samples({ store, warning }: { store: Store; warning: Warning }) {
  const { samples, title } = warning;
  if (samples.length === 0) return <p>This rule lists no samples.</p>;
  const table = store.samples.columns.value;
  return (
    <RankedSamples
      {...sampleListProps(store)}
      sampleValue={(id) => ({
        color: undefined,
        word: labelAndPrediction(table, store.label.value, id),
      })}
      name={`Samples: ${title}`}
      ranked={samples.map((sample) => ({ sample, score: Number.NaN }))}
      total={samples.length}
      score=""
      write={() => ""}
      select={(ids) => store.samples.select(ids, "list")}
    />
  );
}
