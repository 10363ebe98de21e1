// Which data are shown: run, layer, view, and the column that colours the samples.
import { useId } from "preact/hooks";
import { choose_color, choose_engine, choose_layer, choose_run } from "../state/intents";
import type { Store } from "../state/store";
import { colorable } from "../state/table";

export function DataPanel({ store }: { store: Store }) {
  const { runs, run, layer, engines, engine, table, color_by } = store;
  if (runs.value === null) return null;
  const columns = colorable(table.value ?? []).map(({ name }) => name);
  const problems = run.value?.problems ?? [];
  return (
    <form class="fields" onSubmit={(event) => event.preventDefault()}>
      <Field
        name="Run"
        options={runs.value.map((one) => [one.run, run_title(one.run)])}
        chosen={run.value?.run ?? ""}
        choose={(name) => choose_run(store, name)}
      />
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
          options={(run.value?.layers ?? []).map(({ name }) => [name, name])}
          chosen={layer.value.name}
          choose={(name) => choose_layer(store, name)}
          note={`${count(layer.value.samples, "sample")} × ${count(layer.value.units, "unit")}`}
        />
      )}
      {engines.value.length > 1 && (
        <Field
          name="View"
          options={engines.value.map(({ name, title }) => [name, title])}
          chosen={engine.value}
          choose={(name) => choose_engine(store, name)}
        />
      )}
      {columns.length > 0 && (
        <Field
          name="Color by"
          options={[["", "Nothing"], ...columns.map((name) => [name, name] as const)]}
          chosen={color_by.value ?? ""}
          choose={(name) => choose_color(store, name)}
        />
      )}
    </form>
  );
}

interface FieldProps {
  readonly name: string;
  readonly options: readonly (readonly [string, string])[];
  readonly chosen: string;
  readonly choose: (value: string) => void;
  readonly note?: string;
}

function Field({ name, options, chosen, choose, note }: FieldProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{name}</label>
      <select
        id={id}
        title={chosen}
        aria-describedby={note === undefined ? undefined : `${id}-note`}
        value={chosen}
        onChange={(event) => choose(event.currentTarget.value)}
      >
        {options.map(([value, title]) => (
          <option key={value} value={value} selected={value === chosen}>
            {title}
          </option>
        ))}
      </select>
      {note !== undefined && (
        <span class="note" id={`${id}-note`}>
          {note}
        </span>
      )}
    </div>
  );
}

function run_title(run: string): string {
  return run === "." ? ". (the log directory)" : run;
}

function count(number: number, noun: string): string {
  return `${number.toLocaleString("en-US")} ${noun}${number === 1 ? "" : "s"}`;
}
