// What is worth knowing of the layer, at most six findings: warnings with their rule, and lists of samples. Each opens its
// samples, the most striking first.
import { RankedSamples, sentence } from "../../controls/ranked_samples";
import type { Ranked } from "../../measures";
import { labelNote } from "../../model/samples/label_column";
import { writeNumber } from "../../model/samples/table";
import { goToStep } from "../../state/actions/measures";
import { sampleListProps } from "../../state/actions/sample_list_props";
import { shownStep } from "../../state/derived/titles";
import type { Store } from "../../state/store";
import { type Finding, listFindings, noWarnings } from "./model";

export function FindingsPanel({ store }: { store: Store }) {
  const { findings, opened } = store.measures;
  if (findings.value === null || findings.value.state === "running") {
    return (
      <p role="status">
        {findings.value === null
          ? "Findings come after the picture."
          : "The layer is being measured…"}
      </p>
    );
  }
  const listed = listFindings(findings.value);
  const note = labelNote(store.layer.value, store.requestedLabel.value);
  const open = listed.find(({ id }) => id === opened.value);
  return (
    <section class="findings" aria-label="Findings">
      {note !== null && <p class="note">{note}</p>}
      {findings.value.warnings.length === 0 && <p>{noWarnings(findings.value)}</p>}
      <ul>
        {listed.map((finding) => (
          <li key={finding.id} class={finding.kind}>
            <button
              type="button"
              class="finding"
              title="Its rule and its samples"
              aria-expanded={finding === open}
              onClick={() => store.measures.toggleFinding(finding.id)}
            >
              <span class="name">{titleOf(finding)}</span>
              <span class="count">{finding.count.toLocaleString("en-US")}</span>
            </button>
            {finding === open && <About store={store} finding={finding} />}
          </li>
        ))}
      </ul>
      {open !== undefined && <Samples store={store} finding={open} />}
    </section>
  );
}

function titleOf(finding: Finding): string {
  return finding.kind === "warning" ? finding.warning.sentence : finding.rule.title;
}

/** The stated rule, and the step at which it held first. */
function About({ store, finding }: { store: Store; finding: Finding }) {
  if (finding.kind === "rule") return <p class="rule">{sentence(finding.rule.meaning)}</p>;
  const { meaning, step, units } = finding.warning;
  return (
    <p class="rule">
      Rule: {meaning}.{" "}
      {units.length > 0 && `${units.length} ${units.length === 1 ? "unit" : "units"}. `}
      {store.steps.value.includes(step) && (
        <button
          type="button"
          class="link"
          title="The step at which the rule held first"
          onClick={() => goToStep(store, step)}
        >
          Go to step {shownStep(store, step)}
        </button>
      )}
    </p>
  );
}

function Samples({ store, finding }: { store: Store; finding: Finding }) {
  const { ranking } = store.measures;
  const ranked: readonly Ranked[] | null =
    finding.kind === "warning"
      ? finding.warning.samples.map((one) => ({ sample: one, score: Number.NaN, steps: [] }))
      : ranking.value?.rule === finding.id && ranking.value.state !== "running"
        ? ranking.value.samples
        : null;
  if (ranked === null) return <p role="status">The list is on its way…</p>;
  if (ranked.length === 0) return <p>The rule names no samples.</p>;
  return (
    <RankedSamples
      {...sampleListProps(store)}
      name={`Samples: ${finding.kind === "rule" ? finding.rule.title : finding.warning.title}`}
      ranked={ranked}
      total={finding.count}
      score={finding.kind === "rule" ? finding.rule.score : ""}
      write={writeNumber}
      select={(ids) => store.samples.select(ids, "list")}
    />
  );
}
