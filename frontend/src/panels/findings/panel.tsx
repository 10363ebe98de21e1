// What is worth knowing of the layer: its warnings, the samples that are predicted wrong, and the lists of samples that
// rules name.
import { useMemo } from "preact/hooks";
import type { Findings } from "../../measures";
import { sampleLists } from "../../model/measures/sample_lists";
import { labelNote } from "../../model/samples/label_column";
import { mistakes, predicted } from "../../model/samples/prediction_columns";
import { showsNothing } from "../../state/derived/picture_title";
import { engineTitle } from "../../state/derived/titles";
import type { Store } from "../../state/store";
import { ListOfSamples } from "./list_of_samples";
import { Mistakes } from "./mistakes";
import { Warnings } from "./warnings";

export function FindingsPanel({ store }: { store: Store }) {
  const findings = store.measures.findings.value;
  if (findings === null) return <p role="status">{whenTheyCome(store)}</p>;
  if (findings.state === "running") return <p role="status">Measuring the layer…</p>;
  const note = labelNote(store.layer.value, store.requestedLabel.value);
  return (
    <section class="findings" aria-label="Findings">
      {note !== null && <p class="note">{note}</p>}
      <Warnings store={store} findings={findings} />
      <Lists store={store} findings={findings} />
    </section>
  );
}

/** The picture comes first; that of a layout takes a while, and may wait for a click. */
function whenTheyCome(store: Store): string {
  const frames = store.frames.value;
  const underWay = frames !== null && !frames.complete && !frames.idle;
  const layout = store.view.value?.iterative === true && (underWay || showsNothing(store));
  return layout
    ? `Findings appear once ${engineTitle(store)} is computed.`
    : "Measuring the layer…";
}

function Lists({ store, findings }: { store: Store; findings: Findings }) {
  const { columns, unseen } = store.samples;
  const { moreLists } = store.measures;
  const correct = predicted(columns.value, "correct");
  const wrong = useMemo(() => {
    const hidden = new Set(unseen.value);
    return mistakes(columns.value).filter((id) => !hidden.has(id));
  }, [correct, unseen.value]);
  const { first, others } = sampleLists(findings.rules);
  const ranked = store.measures.rankings.value?.byRule ?? {};
  const listed = (list: (typeof first)[number]) => (
    <ListOfSamples key={list.id} store={store} list={list} ranked={ranked[list.id] ?? null} />
  );
  return (
    <>
      {correct !== undefined && <Mistakes store={store} ids={wrong} />}
      {first.map(listed)}
      {others.length > 0 && (
        <details
          class="more"
          open={moreLists.value}
          onToggle={({ currentTarget }) => {
            moreLists.value = currentTarget.open;
          }}
        >
          <summary title="More lists of samples">
            {others.length === 1 ? "1 more list" : `${others.length} more lists`}
          </summary>
          {others.map(listed)}
        </details>
      )}
    </>
  );
}
