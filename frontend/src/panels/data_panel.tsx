// Which data are shown: run, layer, and the column that colours the samples; between them the view.

import type { ComponentChildren } from "preact";
import { Field } from "../controls/field";
import { labelChoices } from "../model/samples/label_column";
import { kindOf } from "../model/samples/measured_columns";
import { colorable } from "../model/samples/table";
import { counted, readingOthers } from "../model/text/words";
import { listedRuns } from "../model/time/superseded";
import { chooseColor, chooseLabel, chooseLayer, chooseRun } from "../state/actions/choose_view";
import { measuredColors } from "../state/derived/colors";
import { stepNoun } from "../state/derived/titles";
import type { Store } from "../state/store";

export function DataPanel({ store, children }: { store: Store; children: ComponentChildren }) {
  const { runs, run, layer, colorBy } = store;
  if (runs.value === null) return null;
  const columns = colorable(store.samples.columns.value)
    .filter(({ predicted }) => predicted === undefined)
    .filter(({ name }) => kindOf(name) === null)
    .map(({ name, byStep }) => [name, byStep ? `${name} (per ${stepNoun(store)})` : name] as const);
  const listed = listedRuns(runs.value, run.value);
  const unread = store.unreadRuns.value;
  const problems = run.value?.problems ?? [];
  const notes = layer.value?.notes ?? [];
  return (
    <form class="fields" onSubmit={(event) => event.preventDefault()}>
      <Field
        name="Run"
        title={`Directory in the log directory: ${run.value?.run ?? "none"}`}
        options={listed.map((one) => [one.run, runTitle(one.run)])}
        chosen={run.value?.run ?? ""}
        choose={(name) => chooseRun(store, name)}
        {...(unread > 0 && { note: readingOthers(listed.length, unread) })}
      />
      {store.logdirProblems.value.length > 0 && (
        <ul class="problems" aria-label="Problems of the log directory">
          {store.logdirProblems.value.map((problem) => (
            <li key={problem}>{problem}</li>
          ))}
        </ul>
      )}
      {problems.length > 0 && (
        <ul class="problems" aria-label="Problems of this run">
          {problems.map((problem) => (
            <li key={problem}>{problem}</li>
          ))}
        </ul>
      )}
      {layer.value !== null && (
        <Field
          name="Layer"
          title={`The layer whose activations are shown: ${layer.value.name}`}
          options={(run.value?.layers ?? []).map(({ name }) => [name, name])}
          chosen={layer.value.name}
          choose={(name) => chooseLayer(store, name)}
          note={`${counted(layer.value.samples, "sample")} × ${counted(layer.value.units, "unit")}`}
        />
      )}
      {notes.length > 0 && (
        <ul class="notes" aria-label="Notes on this layer">
          {notes.map((note) => (
            <li key={note}>{note}</li>
          ))}
        </ul>
      )}
      {layer.value !== null && children}
      {layer.value !== null && (
        <Field
          name="Color by"
          title="A metadata column, your tags, or a measure of each sample"
          options={[["", "None"], ...columns]}
          more={{ title: "Measured", options: measuredColors(store) }}
          chosen={colorBy.value ?? ""}
          choose={(name) => chooseColor(store, name)}
        />
      )}
      {layer.value !== null && store.table.value !== null && (
        <Field
          name="Label column"
          title={`The true class, for accuracy and findings. ${layer.value.label_reason}`}
          options={[
            ["", "None"],
            ...labelChoices(store.table.value).map((name) => [name, name] as const),
          ]}
          chosen={store.label.value ?? ""}
          choose={(name) => chooseLabel(store, name)}
        />
      )}
    </form>
  );
}

function runTitle(run: string): string {
  return run === "." ? ". (the log directory)" : run;
}
