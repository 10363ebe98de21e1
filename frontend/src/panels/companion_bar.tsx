// Over two panes: what the first one shows, what the second one is to show, and which samples and steps they share.
import { CheckField } from "../controls/field";
import { IconButton } from "../controls/icon_button";
import { can_share_axes } from "../state/axes_beside";
import { choose_beside, pairings_offered, toggle_companion } from "../state/compare";
import { type Pairing, read_pairing, write_pairing } from "../state/pairing";
import type { Store } from "../state/store";
import { engine_title, shown_step, step_title } from "../state/titles";

type Options = readonly (readonly [string, string])[];

const BY: Readonly<Record<"epoch" | "time" | "step", string>> = {
  epoch: "Same epoch",
  time: "After as long a training",
  step: "Same step",
};
/** Those that grow while something is learnt. */
const METRICS = ["accuracy", "knn_accuracy", "probe_accuracy", "silhouette", "effective_rank"];
const OFFSETS = [-5, -2, -1, 1, 2, 5];
/** More steps than these would be no list to choose from. */
const MOST_STEPS = 100;

export function PaneTitle({ store }: { store: Store }) {
  const { run_name, layer_name, step } = store;
  return (
    <header class="pane-bar">
      <p class="pane-title">
        {run_name.value} · {layer_name.value} · {engine_title(store)}
      </p>
      <p class="pane-note">{step.value === null ? "" : step_title(store, step.value)}</p>
    </header>
  );
}

export function CompanionBar({ store, companion }: { store: Store; companion: Store }) {
  const beside = store.comparing.beside.value;
  if (beside === null) return null;
  const runs = (store.runs.value ?? []).filter(({ layers }) => layers.length > 0);
  const layers = runs.find(({ run }) => run === beside.run)?.layers ?? [];
  const views = store.engines.value.map(({ name, title }) => [name, title] as const);
  const step = companion.step.value;
  const linking = store.comparing.linking.value;
  return (
    <header class="pane-bar">
      <div class="pane-fields">
        <Select
          name="Run beside"
          title="The run in the second pane"
          groups={[["", runs.map(({ run }) => [run, run])]]}
          chosen={beside.run}
          choose={(run) => choose_beside(store, { run })}
        />
        <Select
          name="Layer beside"
          title="The layer in the second pane"
          groups={[["", layers.map(({ name }) => [name, name])]]}
          chosen={beside.layer}
          choose={(layer) => choose_beside(store, { layer })}
        />
        <Select
          name="View beside"
          title="How the layer in the second pane is projected"
          groups={[["", [["", "Same view"], ...views]]]}
          chosen={beside.engine ?? ""}
          choose={(engine) => choose_beside(store, { engine: engine === "" ? null : engine })}
        />
        <Select
          name="Steps beside"
          title="Which step of the second pane goes with the one of the first"
          groups={steps_offered(store, companion, beside.pairing)}
          chosen={write_pairing(beside.pairing)}
          choose={(text) => {
            const pairing = read_pairing(text);
            if (pairing !== null) choose_beside(store, { pairing });
          }}
        />
      </div>
      <IconButton name="Close the second pane" press={() => toggle_companion(store)}>
        <path d="M6.400 5 5 6.400 10.600 12 5 17.600 6.400 19 12 13.400 17.600 19 19 17.600 13.400 12 19 6.400 17.600 5 12 10.600z" />
      </IconButton>
      <div class="pane-row">
        <p class="pane-note" role="status">
          {[step === null ? "" : step_title(companion, step), linking.sentence]
            .filter((part) => part !== "")
            .join(" · ")}
        </p>
        {can_share_axes(store, beside) && (
          <CheckField
            name="Same axes"
            title="Turns this run's activations onto those of the first pane, so that places can be compared"
            checked={!beside.own_axes}
            choose={(shared) => choose_beside(store, { own_axes: !shared })}
          />
        )}
      </div>
    </header>
  );
}

/** By the title of the group. */
function steps_offered(
  store: Store,
  companion: Store,
  chosen: Pairing,
): readonly (readonly [string, Options])[] {
  const recorded = companion.steps.value;
  const metrics = (store.measuring.metrics.value?.metrics ?? []).filter(
    ({ name, values }) => METRICS.includes(name) && values.some((value) => value !== null),
  );
  const offsets = recorded.length > 1 ? OFFSETS : [];
  const fixed = recorded.slice(0, MOST_STEPS);
  const all: (readonly [string, Options])[] = [
    ["Together", pairings_offered(store).map((kind) => [kind, BY[kind]])],
    ["At the same", metrics.map(({ name, title }) => [`metric ${name}`, title])],
    ["Apart", offsets.map((places) => [`offset ${places}`, apart(places)])],
    ["Always", fixed.map((step) => [`fixed ${step}`, `Step ${shown_step(companion, step)}`])],
  ];
  // What an address names, or a metric whose curve has not come yet, stands in the list all the same.
  const own = write_pairing(chosen);
  const listed = all.some(([, options]) => options.some(([text]) => text === own));
  return listed ? all : [...all, ["Else", [[own, in_words(companion, chosen)]]]];
}

function in_words(companion: Store, pairing: Pairing): string {
  if (pairing.kind === "offset") return apart(pairing.places);
  if (pairing.kind === "fixed") return `Step ${shown_step(companion, pairing.step)}`;
  return pairing.kind === "metric" ? pairing.metric : BY[pairing.kind];
}

function apart(places: number): string {
  const count = Math.abs(places);
  return `${count} snapshot${count === 1 ? "" : "s"} ${places < 0 ? "earlier" : "later"}`;
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
