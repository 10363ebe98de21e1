// How the layer is projected: the view, and under "More" what its engine can be told. The form is made from the
// server's own description of each engine.
import { CheckField, Field, NumberField } from "../controls/field";

import { driftInWords, tooFew } from "../model/projection/engines";
import { lacksGroups } from "../model/projection/groups";
import { readIds, writeIds } from "../model/samples/selection";
import { type Axes, COMPONENTS, FIRST_AXES } from "../model/scene/components";
import {
  chooseAxes,
  chooseBasisSteps,
  chooseEngine,
  chooseOntoRun,
  chooseSetting,
  togglePin,
  toggleTour,
} from "../state/actions/choose_view";
import { shownStep } from "../state/derived/titles";
import type { Store } from "../state/store";
import type { Parameter } from "../types";

export function ViewPanel({ store }: { store: Store }) {
  const { engines, engine, settings, pinned, step, steps } = store;
  const facts = engines.value.find(({ name }) => name === engine.value);
  if (facts === undefined) return null;
  const drift = driftInWords(facts, settings.value[engine.value] ?? {});
  // Groups of samples are asked for where the axes run between them.
  const inGroups = Object.values(settings.value[engine.value] ?? {}).includes("groups");
  return (
    <>
      <Field
        name="View"
        title="How the layer's units are brought down to two or three dimensions"
        options={engines.value.map(({ name, title }) => [name, title])}
        barred={tooFew(engines.value, store.layer.value?.samples ?? Number.POSITIVE_INFINITY)}
        chosen={engine.value}
        choose={(name) => chooseEngine(store, name)}
        {...(drift === "" ? {} : { note: drift })}
      />
      {facts.unavailable != null && <p class="problems">{facts.unavailable}</p>}
      {lacksGroups(settings.value[engine.value] ?? {}) && (
        <p class="note">
          Select samples and set them as left and right, below; where up is set, down too.
        </p>
      )}
      <details class="more">
        <summary title="Its axes, its parameters, and holding positions still">
          More of this view
        </summary>
        {!facts.iterative && <AxesFields store={store} />}
        {facts.parameters
          .filter(({ name, type }) => name !== "basis_steps" && (type !== "samples" || inGroups))
          .map((parameter) => (
            <ParameterField key={parameter.name} store={store} parameter={parameter} />
          ))}
        {steps.value.length > 1 && (
          <CheckField
            name={
              pinned.value === null
                ? "Pin positions"
                : `Positions pinned at step ${shownStep(store, pinned.value)}`
            }
            title={`All steps at the positions of step ${shownStep(store, pinned.value ?? step.value ?? 0)}: what moves then is colour alone`}
            checked={pinned.value !== null}
            choose={() => togglePin(store)}
          />
        )}
      </details>
    </>
  );
}

/** Which steps a linear view's axes are made from, and which of its components are seen. */
function AxesFields({ store }: { store: Store }) {
  const { basisSteps, steps, step, touring, dimensions, runs, run, view } = store;
  const others = (runs.value ?? []).filter(
    (one) => one.run !== run.value?.run && one.layers.length > 0,
  );
  const last = steps.value.at(-1);
  const chosen = basisSteps.value;
  const named = [...new Set([last, step.value, chosen === null ? null : Number(chosen)])].filter(
    (one) => one != null,
  );
  const axes = seenAxes(store);
  const components = Array.from({ length: COMPONENTS }, (_, i) => i);
  return (
    <>
      <Field
        name="Axes from"
        title="The steps whose samples the axes are fitted to"
        options={[
          ["", "All steps"],
          ...named.map(
            (one) =>
              [
                `${one}`,
                `${one === last ? "Last step," : "Step"} ${shownStep(store, one)}`,
              ] as const,
          ),
        ]}
        chosen={chosen ?? ""}
        choose={(value) => chooseBasisSteps(store, value === "" ? null : value)}
      />
      <div class="axes">
        {["Across", "Up", "Towards"].slice(0, dimensions.value).map((name, i) => (
          <Field
            key={name}
            name={name}
            title="Which component is on this axis"
            options={[
              ...(axes === null ? [["", "turned"] as const] : []),
              ...components.map((one) => [`${one + 1}`, `${one + 1}`] as const),
            ]}
            chosen={axes === null ? "" : `${(axes[i] ?? 0) + 1}`}
            choose={(value) => {
              if (value === "") return;
              chooseAxes(store, withAxis(axes ?? FIRST_AXES, i, Number(value) - 1));
            }}
          />
        ))}
      </div>
      {others.length > 0 && (
        <Field
          name="In the axes of"
          title="Turns this run's activations onto those of another run, so that both can be compared"
          options={[["", "this run"], ...others.map(({ run }) => [run, run] as const)]}
          chosen={view.value?.onto?.run ?? ""}
          choose={(run) => chooseOntoRun(store, run === "" ? null : run)}
        />
      )}
      <button
        type="button"
        class="wide"
        title="Turns slowly through all ten components"
        aria-pressed={touring.value}
        onClick={() => toggleTour(store)}
      >
        {touring.value ? "Stop the tour" : "Tour all components"}
      </button>
    </>
  );
}

function ParameterField({ store, parameter }: { store: Store; parameter: Parameter }) {
  const { settings, engine, table } = store;
  const value = settings.value[engine.value]?.[parameter.name] ?? String(parameter.default);
  const name = words(parameter.name);
  const choose = (chosen: string) => chooseSetting(store, parameter, chosen);
  switch (parameter.type) {
    case "flag":
      return (
        <CheckField
          name={name}
          title={parameter.meaning}
          checked={value === "true"}
          choose={(checked) => choose(String(checked))}
        />
      );
    case "integer":
    case "number":
      return (
        <NumberField
          name={name}
          title={parameter.meaning}
          value={Number(value)}
          low={parameter.low}
          high={parameter.high}
          whole={parameter.type === "integer"}
          choose={(number) => choose(String(number))}
        />
      );
    case "choice":
      return (
        <Field
          name={name}
          options={parameter.choices.map((one) => [one, words(one)] as const)}
          chosen={value}
          choose={choose}
          title={parameter.meaning}
        />
      );
    case "column": {
      const columns = (table.value ?? []).filter(
        ({ type, byStep }) => type === "category" && byStep !== true,
      );
      return (
        <Field
          name={name}
          options={[
            ["", parameter.name === "column" ? "The label" : "None"],
            ...columns.map((column) => [column.name, column.name] as const),
          ]}
          chosen={value}
          choose={choose}
          title={parameter.meaning}
        />
      );
    }
    case "samples":
      return <SamplesField store={store} parameter={parameter} name={name} />;
    default:
      return null;
  }
}

/** A group of samples, which is what was selected when somebody said so. */
function SamplesField({
  store,
  parameter,
  name,
}: {
  store: Store;
  parameter: Parameter;
  name: string;
}) {
  const { settings, engine, samples } = store;
  const written = settings.value[engine.value]?.[parameter.name] ?? "";
  const kept = written === "" ? 0 : (readIds(written, samples.count.value)?.length ?? 0);
  const selected = samples.selection.value?.count ?? 0;
  return (
    <fieldset class="group" title={parameter.meaning}>
      <legend>
        {name}: {kept === 0 ? "no samples" : countSamples(kept)}
      </legend>
      <button
        type="button"
        title="Takes the samples that are selected now"
        disabled={selected === 0}
        onClick={() => chooseSetting(store, parameter, writeIds(store.samples.selectedIds()))}
      >
        Set from selection ({selected.toLocaleString("en-US")})
      </button>
      <button
        type="button"
        title="Leaves the group empty"
        disabled={written === ""}
        onClick={() => chooseSetting(store, parameter, String(parameter.default))}
      >
        Clear
      </button>
    </fieldset>
  );
}

function countSamples(count: number): string {
  return `${count.toLocaleString("en-US")} ${count === 1 ? "sample" : "samples"}`;
}

/** The components on the axes, null where the view is turned between them. */
function seenAxes(store: Store): Axes | null {
  const turn = store.turn.value;
  if (turn === null) return FIRST_AXES;
  const axes = turn.map((row) => row.indexOf(1));
  const [across = -1, up = -1, towards = -1] = axes;
  return Math.min(across, up, towards) < 0 ? null : [across, up, towards];
}

/** A component that another axis has changes places with what was there. */
function withAxis(axes: Axes, place: number, component: number): Axes {
  const other = axes.indexOf(component);
  const changed = axes.map((axis, i) => {
    if (i === place) return component;
    return i === other ? (axes[place] ?? axis) : axis;
  });
  return [changed[0] ?? 0, changed[1] ?? 1, changed[2] ?? 2];
}

function words(name: string): string {
  const spaced = name.replaceAll("_", " ");
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}
