// Whether two panes can be seen along the same axes, and whether they are.

import { carrySamples } from "../../model/comparison/same_samples";
import { sameView } from "../../model/projection/views";
import { readIds, writeIds } from "../../model/samples/selection";
import type { AlignedTo, Run, View } from "../../types";
import type { SecondPane } from "../parts/comparison";
import type { Store } from "../store";

type Settings = Readonly<Record<string, View["settings"]>>;

/** The parameters of views that name samples. */
const GROUPS = ["left", "right", "down", "up"];

/** The run in whose axes the companion is shown; null for its own. */
export function axesBeside(first: Store, beside: SecondPane): string | null {
  if (first.ontoRun.value !== null) return first.ontoRun.value;
  return canShareAxes(first, beside) && !beside.ownAxes ? first.runName.value : null;
}

/** Another run's layer of that name can be carried into these axes: linear, of the same samples, with an epoch in common. */
export function canShareAxes(first: Store, { run, layer, engine }: SecondPane): boolean {
  const here = first.run.value;
  const there = first.runs.value?.find((one) => one.run === run);
  if (here === null || there === undefined || here.run === run) return false;
  if (layer !== first.layerName.value || first.view.value?.iterative !== false) return false;
  if (engine !== null && engine !== first.engine.value) return false;
  if (first.comparison.linking.value.link === null) return false;
  const epochs = new Set(epochsOf(here));
  return epochsOf(there).some((epoch) => epochs.has(epoch));
}

/** Whether both pictures lie in one coordinate system. */
export function shareAxes(first: Store, second: Store): boolean {
  const [here, there] = [first.view.value, second.view.value];
  if (here === null || there === null) return false;
  const alike = sameView({ ...here, onto: null }, { ...there, onto: null });
  const [axes, others] = [axesOf(first, here), axesOf(second, there)];
  if (!alike || axes.run !== others.run || axes.layer !== others.layer) return false;
  // Carried runs are shown in the axes of all steps.
  return here.onto === there.onto || first.basisSteps.value === null;
}

/** Groups are the same samples on both sides; where they are not known, there are none. */
export function settingsBeside(first: Store, onto: string | null): Settings {
  const { settings, comparison, samples } = first;
  const { link } = comparison.linking.value;
  // In the first pane's axes they are its samples.
  const same = (link !== null && link.there === null) || onto === first.runName.value;
  if (same) return settings.value;
  const carried = (value: string) => {
    const ids = readIds(value, samples.count.value) ?? [];
    return link === null ? "" : writeIds(carrySamples(link.there, ids).sort((a, b) => a - b));
  };
  const each = Object.entries(settings.value).map(([engine, one]) => {
    const pairs = Object.entries(one).map(([name, value]) =>
      GROUPS.includes(name) ? [name, carried(value)] : [name, value],
    );
    return [engine, Object.fromEntries(pairs)] as const;
  });
  return Object.fromEntries(each);
}

function axesOf(store: Store, view: View): Pick<AlignedTo, "run" | "layer"> {
  return view.onto ?? { run: store.runName.value ?? "", layer: store.layerName.value ?? "" };
}

function epochsOf(run: Run): number[] {
  return run.steps.flatMap(({ epoch, batch }) => (epoch === null || batch !== null ? [] : [epoch]));
}
