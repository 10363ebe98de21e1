// Which data are shown: run, layer, and the column that colours the samples; between them the view.
import type { ComponentChildren } from "preact";
import { Field } from "../controls/field";
import { measured_colors } from "../state/colors";
import { choose_color, choose_label, choose_layer, choose_run } from "../state/intents";
import { label_choices } from "../state/label";
import { kind_of } from "../state/painting";
import type { Store } from "../state/store";
import { listed_runs } from "../state/superseded";
import { colorable } from "../state/table";

export function DataPanel({ store, children }: { store: Store; children: ComponentChildren }) {
  const { runs, run, layer, color_by } = store;
  if (runs.value === null) return null;
  const columns = colorable(store.choosing.columns.value)
    .filter(({ name }) => kind_of(name) === null)
    .map(({ name, by_step }) => [name, by_step ? `${name} (by step)` : name] as const);
  const problems = run.value?.problems ?? [];
  const notes = layer.value?.notes ?? [];
  return (
    <form class="fields" onSubmit={(event) => event.preventDefault()}>
      <Field
        name="Run"
        title={`Directory below the log directory: ${run.value?.run ?? "none"}`}
        options={listed_runs(runs.value, run.value).map((one) => [one.run, run_title(one.run)])}
        chosen={run.value?.run ?? ""}
        choose={(name) => choose_run(store, name)}
      />
      {store.logdir_problems.value.length > 0 && (
        <ul class="problems" aria-label="Problems of the log directory">
          {store.logdir_problems.value.map((problem) => (
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
          title={`Whose activations are shown: ${layer.value.name}`}
          options={(run.value?.layers ?? []).map(({ name }) => [name, name])}
          chosen={layer.value.name}
          choose={(name) => choose_layer(store, name)}
          note={`${count(layer.value.samples, "sample")} × ${count(layer.value.units, "unit")}`}
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
          title="A column of the metadata, your tags, or what is measured of each sample"
          options={[["", "Nothing"], ...columns]}
          more={{ title: "Measured", options: measured_colors(store) }}
          chosen={color_by.value ?? ""}
          choose={(name) => choose_color(store, name)}
        />
      )}
      {layer.value !== null && store.table.value !== null && (
        <Field
          name="Label column"
          title={`What accuracy, findings and class axes hold samples against. ${layer.value.label_reason}`}
          options={[
            ["", "No label"],
            ...label_choices(store.table.value).map((name) => [name, name] as const),
          ]}
          chosen={store.label.value ?? ""}
          choose={(name) => choose_label(store, name)}
        />
      )}
    </form>
  );
}

function run_title(run: string): string {
  return run === "." ? ". (the log directory)" : run;
}

function count(number: number, noun: string): string {
  return `${number.toLocaleString("en-US")} ${noun}${number === 1 ? "" : "s"}`;
}
