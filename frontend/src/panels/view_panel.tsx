// How the layer is projected: the view, and under "More" what its engine can be told. The form is made from the
// server's own description of each engine.

import { CheckField, Field, NumberField } from "../controls/field";
import { driftInWords, tooFew } from "../model/projection/engines";
import { isIdle, lacksGroups } from "../model/projection/groups";
import { choiceName, settingName } from "../model/projection/setting_names";
import { readIds, writeIds } from "../model/samples/selection";
import { type Axes, COMPONENTS, FIRST_AXES } from "../model/scene/components";
import { capitalized } from "../model/text/words";
import {
  chooseAxes,
  chooseBasisSteps,
  chooseEngine,
  chooseOntoRun,
  chooseSetting,
  togglePin,
  toggleTour,
} from "../state/actions/choose_view";
import { namedStep, shownStep, stepNoun } from "../state/derived/titles";
import type { Store } from "../state/store";
import type { Parameter } from "../types";

export function ViewPanel({ store }: { store: Store }) {
  const { engines, engine, settings, pinned, step, steps } = store;
  const facts = engines.value.find(({ name }) => name === engine.value);
  if (facts === undefined) return null;
  const chosen = settings.value[engine.value] ?? {};
  const drift = driftInWords(facts, chosen, stepNoun(store));
  // Groups of samples are asked for where the axes run between them.
  const inGroups = Object.values(chosen).includes("groups");
  return (
    <>
      <Field
        name="View"
        title="How the layer is projected to two or three dimensions"
        options={engines.value.map(({ name, title }) => [name, title])}
        barred={tooFew(engines.value, store.layer.value?.samples ?? Number.POSITIVE_INFINITY)}
        chosen={engine.value}
        choose={(name) => chooseEngine(store, name)}
        {...(drift === "" ? {} : { note: drift })}
      />
      {facts.unavailable != null && <p class="problems">{facts.unavailable}</p>}
      {lacksGroups(chosen) && (
        <p class="note">
          Select samples, then set the left and right group below; up and down are optional.
        </p>
      )}
      <details class="more">
        <summary title="Axes, parameters, and freezing the layout">View settings</summary>
        {!facts.iterative && <AxesFields store={store} />}
        {facts.parameters
          .filter(({ name, type }) => name !== "basis_steps" && (type !== "samples" || inGroups))
          .filter(({ name }) => !isIdle(name, chosen))
          .map((parameter) => (
            <ParameterField key={parameter.name} store={store} parameter={parameter} />
          ))}
        {steps.value.length > 1 && (
          <CheckField
            name={
              pinned.value === null
                ? "Freeze layout"
                : `Layout frozen at ${namedStep(store, pinned.value)}`
            }
            title={`Shows every ${stepNoun(store)} at the positions of ${namedStep(store, pinned.value ?? step.value ?? 0)}; only colors change`}
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
  const noun = stepNoun(store);
  const components = Array.from({ length: COMPONENTS }, (_, i) => i);
  return (
    <>
      <Field
        name="Fit axes on"
        title={`The ${noun}s that the axes are fitted to`}
        options={[
          ["", `All ${noun}s`],
          ...named.map(
            (one) =>
              [
                `${one}`,
                one === last
                  ? `Last ${noun} (${shownStep(store, one)})`
                  : capitalized(namedStep(store, one)),
              ] as const,
          ),
        ]}
        chosen={chosen ?? ""}
        choose={(value) => chooseBasisSteps(store, value === "" ? null : value)}
      />
      <div class="axes">
        {["X axis", "Y axis", "Z axis"].slice(0, dimensions.value).map((name, i) => (
          <Field
            key={name}
            name={name}
            title="Component shown on this axis"
            options={[
              ...(axes === null ? [["", "rotated"] as const] : []),
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
          name="Axes of run"
          title="Rotates this run onto another run's axes, so that positions can be compared"
          options={[["", "This run"], ...others.map(({ run }) => [run, run] as const)]}
          chosen={view.value?.onto?.run ?? ""}
          choose={(run) => chooseOntoRun(store, run === "" ? null : run)}
        />
      )}
      <button
        type="button"
        class="wide"
        title="Rotates slowly through all ten components"
        aria-pressed={touring.value}
        onClick={() => toggleTour(store)}
      >
        {touring.value ? "Stop tour" : "Tour all components"}
      </button>
    </>
  );
}

function ParameterField({ store, parameter }: { store: Store; parameter: Parameter }) {
  const { settings, engine, table } = store;
  const value = settings.value[engine.value]?.[parameter.name] ?? String(parameter.default);
  const name = settingName(parameter.name, stepNoun(store));
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
          options={parameter.choices.map((one) => [one, choiceName(one)] as const)}
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
            ["", parameter.name === "column" ? "Label" : "None"],
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
        title="Uses the selected samples"
        disabled={selected === 0}
        onClick={() => chooseSetting(store, parameter, writeIds(store.samples.selectedIds()))}
      >
        Set from selection ({selected.toLocaleString("en-US")})
      </button>
      <button
        type="button"
        title="Clear this group"
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
