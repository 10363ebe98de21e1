// Over two panes: what the first one shows, what the second one is to show, and which samples and steps they share.

import { CheckField } from "../controls/field";
import { IconButton } from "../controls/icon_button";
import { type Pairing, readPairing, writePairing } from "../model/comparison/matching_steps";
import { capitalized } from "../model/text/words";
import { chooseBeside, pairingsOffered, toggleCompanion } from "../state/actions/compare";
import { canShareAxes } from "../state/derived/shared_axes";
import { countedSteps, engineTitle, namedStep, stepNoun, stepTitle } from "../state/derived/titles";
import type { Store } from "../state/store";

type Options = readonly (readonly [string, string])[];

const BY: Readonly<Record<"epoch" | "time" | "step", string>> = {
  epoch: "Same epoch",
  time: "Same training time",
  step: "Same step",
};
/** Those that grow while something is learnt. */
const METRICS = ["accuracy", "knn_accuracy", "probe_accuracy", "silhouette", "effective_rank"];
const OFFSETS = [-5, -2, -1, 1, 2, 5];
/** More steps than these would be no list to choose from. */
const MOST_STEPS = 100;

export function PaneTitle({ store }: { store: Store }) {
  const { runName, layerName, step } = store;
  return (
    <header class="pane-bar">
      <p class="pane-title">
        {runName.value} · {layerName.value} · {engineTitle(store)}
      </p>
      <p class="pane-note">{step.value === null ? "" : stepTitle(store, step.value)}</p>
    </header>
  );
}

export function CompanionBar({ store, companion }: { store: Store; companion: Store }) {
  const beside = store.comparison.secondPane.value;
  if (beside === null) return null;
  const runs = (store.runs.value ?? []).filter(({ layers }) => layers.length > 0);
  const layers = runs.find(({ run }) => run === beside.run)?.layers ?? [];
  const views = store.engines.value.map(({ name, title }) => [name, title] as const);
  const step = companion.step.value;
  const linking = store.comparison.linking.value;
  return (
    <header class="pane-bar">
      <div class="pane-fields">
        <Select
          name="Second run"
          title="Run in the second pane"
          groups={[["", runs.map(({ run }) => [run, run])]]}
          chosen={beside.run}
          choose={(run) => chooseBeside(store, { run })}
        />
        <Select
          name="Second layer"
          title="Layer in the second pane"
          groups={[["", layers.map(({ name }) => [name, name])]]}
          chosen={beside.layer}
          choose={(layer) => chooseBeside(store, { layer })}
        />
        <Select
          name="Second view"
          title="Projection in the second pane"
          groups={[["", [["", "Same view"], ...views]]]}
          chosen={beside.engine ?? ""}
          choose={(engine) => chooseBeside(store, { engine: engine === "" ? null : engine })}
        />
        <Select
          name="Pairing"
          title={`Which ${stepNoun(companion)} the second pane shows`}
          groups={stepsOffered(store, companion, beside.pairing)}
          chosen={writePairing(beside.pairing)}
          choose={(text) => {
            const pairing = readPairing(text);
            if (pairing !== null) chooseBeside(store, { pairing });
          }}
        />
      </div>
      <IconButton name="Close the second pane" press={() => toggleCompanion(store)}>
        <path d="M6.400 5 5 6.400 10.600 12 5 17.600 6.400 19 12 13.400 17.600 19 19 17.600 13.400 12 19 6.400 17.600 5 12 10.600z" />
      </IconButton>
      <div class="pane-row">
        <p class="pane-note" role="status">
          {[step === null ? "" : stepTitle(companion, step), linking.sentence]
            .filter((part) => part !== "")
            .join(" · ")}
        </p>
        {canShareAxes(store, beside) && (
          <CheckField
            name="Same axes"
            title="Rotates this run onto the first pane's axes, so that positions can be compared"
            checked={!beside.ownAxes}
            choose={(shared) => chooseBeside(store, { ownAxes: !shared })}
          />
        )}
      </div>
    </header>
  );
}

/** By the title of the group. */
function stepsOffered(
  store: Store,
  companion: Store,
  chosen: Pairing,
): readonly (readonly [string, Options])[] {
  const recorded = companion.steps.value;
  const metrics = (store.measures.metrics.value?.metrics ?? []).filter(
    ({ name, values }) => METRICS.includes(name) && values.some((value) => value !== null),
  );
  const offsets = recorded.length > 1 ? OFFSETS : [];
  const fixed = recorded.slice(0, MOST_STEPS);
  const all: (readonly [string, Options])[] = [
    ["Matched by", matchesOffered(store, companion)],
    ["Same value of", metrics.map(({ name, title }) => [`metric ${name}`, title])],
    ["Offset", offsets.map((places) => [`offset ${places}`, apart(companion, places)])],
    ["Fixed", fixed.map((step) => [`fixed ${step}`, capitalized(namedStep(companion, step))])],
  ];
  // What an address names, or a metric whose curve has not come yet, stands in the list all the same.
  const own = writePairing(chosen);
  const listed = all.some(([, options]) => options.some(([text]) => text === own));
  return listed ? all : [...all, ["Other", [[own, inWords(store, companion, chosen)]]]];
}

/** Where steps are epochs, their numbers and their epochs are one offer: of one run the number, which is exact. */
function matchesOffered(store: Store, companion: Store): Options {
  const twin = store.runName.value === companion.runName.value ? "epoch" : "step";
  const kinds = pairingsOffered(store);
  const offered = areEpochs(store, companion) ? kinds.filter((kind) => kind !== twin) : kinds;
  return offered.map((kind) => [kind, matchInWords(store, companion, kind)]);
}

function matchInWords(store: Store, companion: Store, kind: keyof typeof BY): string {
  return kind === "step" && areEpochs(store, companion) ? BY.epoch : BY[kind];
}

function areEpochs(...stores: readonly Store[]): boolean {
  return stores.every((store) => stepNoun(store) === "epoch");
}

function inWords(store: Store, companion: Store, pairing: Pairing): string {
  if (pairing.kind === "offset") return apart(companion, pairing.places);
  if (pairing.kind === "fixed") return capitalized(namedStep(companion, pairing.step));
  if (pairing.kind === "metric") return pairing.metric;
  return matchInWords(store, companion, pairing.kind);
}

function apart(companion: Store, places: number): string {
  return `${countedSteps(companion, Math.abs(places))} ${places < 0 ? "earlier" : "later"}`;
}

interface SelectProps {
  readonly name: string;
  readonly title: string;
  readonly groups: readonly (readonly [string, Options])[];
  readonly chosen: string;
  readonly choose: (value: string) => void;
}

/** Not shown where there is nothing to choose. */
function Select({ name, title, groups, chosen, choose }: SelectProps) {
  const filled = groups.filter(([, options]) => options.length > 0);
  if (filled.reduce((sum, [, options]) => sum + options.length, 0) < 2) return null;
  const options = (list: Options) =>
    list.map(([value, title]) => (
      <option key={value} value={value} selected={value === chosen}>
        {title}
      </option>
    ));
  return (
    <select
      aria-label={name}
      title={title}
      value={chosen}
      onChange={(event) => choose(event.currentTarget.value)}
    >
      {filled.map(([heading, list]) =>
        heading === "" ? (
          options(list)
        ) : (
          <optgroup key={heading} label={heading}>
            {options(list)}
          </optgroup>
        ),
      )}
    </select>
  );
}
