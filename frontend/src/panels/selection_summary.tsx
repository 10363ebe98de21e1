// What is selected: how many samples, how they came to be, which labels they have, and what can be done with them.

import { CopyButton } from "../controls/copy_button";
import { download } from "../controls/download";
import { rowsCsv, shares } from "../model/samples/csv";
import { withoutRepeats } from "../model/samples/prediction_columns";
import { idsIn, type Reason } from "../model/samples/selection";
import { titleOf } from "../model/samples/table";
import { toggleHolding } from "../state/actions/display";
import { stepNoun } from "../state/derived/titles";
import type { Store } from "../state/store";

const REASONS: Readonly<Record<Reason, string>> = {
  click: "by clicking",
  lasso: "with the lasso",
  box: "with the box",
  search: "by searching",
  legend: "from the legend",
  list: "from a list",
  chart: "in a chart",
  mistakes: "as mistakes",
};
const MOST_SHARES = 12;

export function SelectionSummary({ store }: { store: Store }) {
  const { selection, columns } = store.samples;
  if (selection.value === null) return <NothingSelected />;
  const { held } = store.display;
  const { mask, count, reason } = selection.value;
  const ids = () => idsIn(mask);
  const save = () =>
    download("selection.csv", rowsCsv(ids(), withoutRepeats(columns.value)), "text/csv");
  return (
    <section class="summary" aria-label="Selection">
      <h2>
        {count.toLocaleString("en-US")} {count === 1 ? "sample" : "samples"} selected
        <small> {REASONS[reason]}</small>
      </h2>
      <div class="actions">
        <button
          type="button"
          title="Hide all other samples"
          onClick={() => store.samples.isolate()}
        >
          Isolate
        </button>
        <button
          type="button"
          title="Zoom to the selected samples"
          onClick={() => store.display.fitToSelection()}
        >
          Zoom to selection
        </button>
        <button
          type="button"
          aria-pressed={held.value !== null}
          title={`Rotate and shift each ${stepNoun(store)} so that these samples stay in place`}
          onClick={() => toggleHolding(store, ids())}
        >
          Align on selection
        </button>
        <CopyButton
          name="Copy indices"
          title="The indices of the selected samples, for scripts"
          text={() => ids().join(", ")}
        />
        <button type="button" title="The rows of the selected samples as a CSV file" onClick={save}>
          Save CSV
        </button>
        <button
          type="button"
          title="Clear the selection (Esc)"
          onClick={() => store.samples.clearSelection()}
        >
          Clear
        </button>
      </div>
      <Shares store={store} ids={ids()} />
    </section>
  );
}

function NothingSelected() {
  return (
    <section class="summary" aria-label="Selection">
      <h2>Nothing is selected</h2>
      <p>Click a sample, draw a lasso or a box, search, or Shift-click a class in the legend.</p>
      <p>Shift adds to the selection, Ctrl removes from it.</p>
    </section>
  );
}

/** Counts by the category that colours, else by the label. */
function Shares({ store, ids }: { store: Store; ids: readonly number[] }) {
  const { columns } = store.samples;
  const named = (name: string | null) =>
    columns.value.find((one) => one.name === name && one.type === "category");
  const column = named(store.colorBy.value) ?? named(store.label.value);
  if (column === undefined) return null;
  const counted = shares(ids, column);
  const left = counted.length - MOST_SHARES;
  const legend = store.coloring.value?.legend;
  const entries =
    legend?.kind === "categories" && column.name === store.colorBy.value ? legend.entries : [];
  return (
    <ul class="shares" aria-label={`Selected by ${titleOf(column)}`}>
      {counted.slice(0, MOST_SHARES).map(({ code, word, count }) => (
        <li key={code}>
          <span
            class="swatch"
            style={{ background: entries.find(({ codes }) => codes.includes(code))?.color }}
          />
          <span class="name">{word}</span>{" "}
          <span class="count">{count.toLocaleString("en-US")}</span>
        </li>
      ))}
      {left > 0 && <li>and {left} more</li>}
    </ul>
  );
}
