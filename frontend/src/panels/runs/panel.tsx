// This run held against another one of the same samples: what is measured of both, how alike the layer is in them, and the
// samples in which they differ.

import { StepCurve } from "../../charts/step_curve";
import { Field } from "../../controls/field";
import { RankedSamples } from "../../controls/ranked_samples";
import type { OtherLayer } from "../../measures";
import { inOrder } from "../../model/measures/metric_order";
import { writeNumber } from "../../model/samples/table";
import { short, withUnit } from "../../model/text/measured_value";
import { percent, sentence } from "../../model/text/words";
import { goToStep } from "../../state/actions/measures";
import { sampleListProps } from "../../state/actions/sample_list_props";
import {
  comparableRunsOf,
  comparedRunOf,
  incompatibleRunsOf,
  leftOutInWords,
} from "../../state/derived/other_layers";
import { timeAxis } from "../../state/derived/time_axis";
import { namedStep, namedStepOf, stepNoun } from "../../state/derived/titles";
import type { Store } from "../../state/store";
import type { SectionProps } from "../layer_section";
import { Apart } from "./apart";
import { InBothSets } from "./in_both_sets";
import type { Comparison, Difference, Leaks, MetricOfBoth, RunChoice } from "./model";

/** So many runs are named. */
const FEW = 3;

export function RunsPanel(
  props: SectionProps<{ comparison: Comparison; leaks: Leaks }, RunChoice>,
) {
  const { store, answers, choice, choose } = props;
  const { comparison, leaks } = answers;
  const chosen = choice ?? { other: null, list: null, leaks: null };
  const comparableRuns = comparableRunsOf(store);
  const comparedRun = comparedRunOf(store, choice?.other ?? null);
  const incompatibleRuns = incompatibleRunsOf(store);
  const title = (one: OtherLayer) =>
    one.layer === store.layer.value?.name ? one.run : `${one.layer} of ${one.run}`;
  return (
    <div class="runs">
      {comparedRun === null ? (
        <p>No other run recorded the same samples.</p>
      ) : (
        <>
          <Field
            name="Compare with"
            title="The run and layer to compare this one with"
            options={comparableRuns.map((one, i) => [String(i), title(one)] as const)}
            chosen={String(
              comparableRuns.findIndex(
                ({ run, layer }) => run === comparedRun.run && layer === comparedRun.layer,
              ),
            )}
            choose={(place) => {
              const other = comparableRuns[Number(place)];
              if (other !== undefined) choose({ ...chosen, other });
            }}
          />
          {comparison === null ? (
            <p role="status">Comparing the runs…</p>
          ) : (
            <Both
              store={store}
              comparison={comparison}
              there={title(comparedRun)}
              run={comparedRun.run}
              list={chosen.list}
              openList={(list) => choose({ ...chosen, list })}
            />
          )}
        </>
      )}
      {incompatibleRuns.length > 0 && (
        <p>
          {incompatibleRuns.length > FEW
            ? `${incompatibleRuns.length} other runs`
            : incompatibleRuns.join(", ")}{" "}
          {incompatibleRuns.length === 1 ? "holds" : "hold"} other samples and cannot be compared.
          Record all runs with the same x and metadata.
        </p>
      )}
      <InBothSets
        store={store}
        leaks={leaks}
        run={chosen.leaks}
        choose={(run) => choose({ ...chosen, leaks: run })}
      />
    </div>
  );
}

interface BothProps {
  readonly store: Store;
  readonly comparison: Comparison;
  readonly there: string;
  /** The run that the other layer is in. */
  readonly run: string;
  /** The list of samples that is open. */
  readonly list: string | null;
  readonly openList: (list: string | null) => void;
}

function Both({ store, comparison, there, run, list, openList }: BothProps) {
  const {
    step,
    with_step: withStep,
    metrics,
    lists,
    k,
    neighbors_kept: neighborsKept,
    steps,
    cka,
  } = comparison;
  const biased = comparison.cka_biased[steps.indexOf(step)] ?? null;
  const leftOut = leftOutInWords(comparison.left_out);
  const here = store.run.value?.run ?? "";
  const { first, others } = inOrder(metrics);
  const runs = store.runs.value ?? [];
  const named = namedStep(store, step);
  const namedThere = namedStepOf(runs.find((one) => one.run === run) ?? null, withStep);
  const at = named === namedThere ? named : `${named} and ${namedThere}`;
  const open = lists.find((one) => one.list === list);
  return (
    <>
      {step !== store.step.value && (
        <p>
          {step === withStep
            ? `${there} has no ${namedStep(store, store.step.value ?? step)}; compared at ${named}, the last of both.`
            : `The runs share no ${stepNoun(store)}; each is compared at its last.`}
        </p>
      )}
      {leftOut !== null && <p class="note">{leftOut}</p>}
      {metrics.length === 0 ? (
        <p role="status">Measuring the layers…</p>
      ) : (
        <>
          <MetricTable name={`At ${at}`} runs={[here, there]} metrics={first} />
          {others.length > 0 && (
            <details>
              <summary title="Everything else that is measured">
                {others.length} more numbers
              </summary>
              <MetricTable name={`More numbers at ${at}`} runs={[here, there]} metrics={others} />
            </details>
          )}
        </>
      )}
      <h3 class="row-of-fields">
        CKA between the runs
        <span class="spring" />
        <span class="count" title={`Debiased estimate; biased: ${inShort(biased)}`}>
          {inShort(cka[steps.indexOf(step)] ?? null)}
        </span>
      </h3>
      <StepCurve
        name={`CKA of ${here} and ${there}`}
        unit=""
        steps={steps}
        values={cka}
        {...timeAxis(store, steps)}
        go={(one) => goToStep(store, one)}
        named={(one) => namedStep(store, one)}
        axis
      />
      {comparison.parted !== null && (
        <Apart store={store} runs={[here, run]} steps={steps} parted={comparison.parted} />
      )}
      {lists.length > 0 && (
        <>
          <h3>Samples at {at}</h3>
          {neighborsKept !== null && (
            <p>
              {percent(neighborsKept)} of a sample's {k} nearest neighbors are the same in both.
            </p>
          )}
          <ul>
            {lists.map((one) => (
              <li key={one.list}>
                <button
                  type="button"
                  class="finding"
                  title="List these samples, strongest first"
                  aria-expanded={one === open}
                  onClick={() => openList(one === open ? null : one.list)}
                >
                  <span class="name">{one.meaning.replace(/\.$/, "")}</span>
                  <span class="count">
                    {one.unavailable === null ? one.count.toLocaleString("en-US") : "–"}
                  </span>
                </button>
                {one === open && one.unavailable !== null && (
                  <p class="rule">{sentence(one.unavailable)}</p>
                )}
              </li>
            ))}
          </ul>
          {open !== undefined && open.count > 0 && <Samples store={store} difference={open} />}
        </>
      )}
    </>
  );
}

interface MetricTableProps {
  readonly name: string;
  readonly runs: readonly [string, string];
  readonly metrics: readonly MetricOfBoth[];
}

function MetricTable({ name, runs, metrics }: MetricTableProps) {
  return (
    <table class="of-both">
      <caption>{name}</caption>
      <thead>
        <tr>
          <td />
          {runs.map((run) => (
            <th key={run} scope="col" title={run}>
              {run}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {metrics.map(({ name, title, unit, meaning, values }) => (
          <tr key={name} title={meaning}>
            <th scope="row">
              {title}
              {unit !== "" && unit !== "share" && <small> {unit}</small>}
            </th>
            {values.map((value, i) => (
              <td key={runs[i]}>{withUnit(value, unit === "share" ? unit : "")}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function inShort(value: number | null): string {
  return value === null ? "–" : short(value);
}

function Samples({ store, difference }: { store: Store; difference: Difference }) {
  const { meaning, samples, count, score } = difference;
  return (
    <RankedSamples
      {...sampleListProps(store)}
      name={`Samples: ${meaning}`}
      ranked={samples}
      total={count}
      score={score}
      write={writeNumber}
      select={(ids) => store.samples.select(ids, "list")}
    />
  );
}
