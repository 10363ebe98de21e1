// Whether two panes can be seen along the same axes, and whether they are.
import type { Onto, Run, View } from "../types";
import type { Beside } from "./comparing";
import { same_view } from "./frames";
import { carry_samples } from "./linking";
import { read_ids, write_ids } from "./selection";
import type { Store } from "./store";

type Settings = Readonly<Record<string, View["settings"]>>;

/** The parameters of views that name samples. */
const GROUPS = ["left", "right", "down", "up"];

/** The run in whose axes the companion is shown; null for its own. */
export function axes_beside(first: Store, beside: Beside): string | null {
  if (first.onto_run.value !== null) return first.onto_run.value;
  return can_share_axes(first, beside) && !beside.own_axes ? first.run_name.value : null;
}

/** Another run's layer of that name can be carried into these axes: linear, of the same samples, with an epoch in common. */
export function can_share_axes(first: Store, { run, layer, engine }: Beside): boolean {
  const here = first.run.value;
  const there = first.runs.value?.find((one) => one.run === run);
  if (here === null || there === undefined || here.run === run) return false;
  if (layer !== first.layer_name.value || first.view.value?.iterative !== false) return false;
  if (engine !== null && engine !== first.engine.value) return false;
  if (first.comparing.linking.value.link === null) return false;
  const epochs = new Set(epochs_of(here));
  return epochs_of(there).some((epoch) => epochs.has(epoch));
}

/** Whether both pictures lie in one coordinate system. */
export function share_axes(first: Store, second: Store): boolean {
  const [here, there] = [first.view.value, second.view.value];
  if (here === null || there === null) return false;
  const alike = same_view({ ...here, onto: null }, { ...there, onto: null });
  const [axes, others] = [axes_of(first, here), axes_of(second, there)];
  if (!alike || axes.run !== others.run || axes.layer !== others.layer) return false;
  // Carried runs are shown in the axes of all steps.
  return here.onto === there.onto || first.basis_steps.value === null;
}

/** Groups are the same samples on both sides; where they are not known, there are none. */
export function settings_beside(first: Store, onto: string | null): Settings {
  const { settings, comparing, choosing } = first;
  const { link } = comparing.linking.value;
  // In the first pane's axes they are its samples.
  const same = (link !== null && link.there === null) || onto === first.run_name.value;
  if (same) return settings.value;
  const carried = (value: string) => {
    const ids = read_ids(value, choosing.samples.value) ?? [];
    return link === null ? "" : write_ids(carry_samples(link.there, ids).sort((a, b) => a - b));
  };
  const each = Object.entries(settings.value).map(([engine, one]) => {
    const pairs = Object.entries(one).map(([name, value]) =>
      GROUPS.includes(name) ? [name, carried(value)] : [name, value],
    );
    return [engine, Object.fromEntries(pairs)] as const;
  });
  return Object.fromEntries(each);
}

function axes_of(store: Store, view: View): Pick<Onto, "run" | "layer"> {
  return view.onto ?? { run: store.run_name.value ?? "", layer: store.layer_name.value ?? "" };
}

function epochs_of(run: Run): number[] {
  return run.steps.flatMap(({ epoch, batch }) => (epoch === null || batch !== null ? [] : [epoch]));
}
