// The second pane: a store of its own, which fetches and shows a picture as the first one does, and in all that it has no
// choice of its own follows the first one.
import { batch, computed, createModel, effect, untracked } from "@preact/signals";
import { axes_beside, settings_beside, share_axes } from "./axes_beside";
import { follow_color, follow_looks, follow_samples, follow_step } from "./following";
import { join_homes, link_cameras, link_pointing, part_homes } from "./joint";
import { link_samples, UNKNOWN } from "./linking";
import { load_curves } from "./measured";
import { create_store } from "./new_store";
import { load_picture } from "./picture";
import type { Store } from "./store";

/** What has been set up ends with it. */
const Scope = createModel<Record<string, never>, [set_up: () => void]>((set_up) => {
  set_up();
  return {};
});

export function keep_companion(store: Store): void {
  const open = computed(() => {
    const { beside } = store.comparing;
    const run = store.runs.value?.find((one) => one.run === beside.value?.run);
    return run?.layers.some(({ name }) => name === beside.value?.layer) ?? false;
  });
  effect(() => (open.value ? untracked(() => open_companion(store)) : undefined));
  effect(() => {
    // What an address names may not exist, or no longer.
    if (store.runs.value !== null && !open.value) store.comparing.beside.value = null;
  });
}

/** Returns what closes it. */
function open_companion(first: Store): () => void {
  const leaving = new AbortController();
  const second = create_store(first.motion.reduced, false, true);
  first.comparing.companion.value = second;
  // Which samples are shared decides along which axes they are seen: one after the other, before anything is asked for.
  take_choice(first, second);
  link_both(first, second);
  const scope = new Scope(() => {
    effect(() => take_choice(first, second));
    effect(() => link_both(first, second));
    follow_step(first, second);
    follow_looks(first, second);
    load_picture(second, leaving.signal);
    load_curves(second, () => paired_by_metric(first), leaving.signal);
    follow_samples(first, second);
    follow_color(first, second);
    link_pointing(first, second);
    link_cameras(first, second, () => share_axes(first, second));
    join_homes(first, second, () => share_axes(first, second));
  });
  const unfold = fold_panels(first);
  return () => {
    leaving.abort();
    scope[Symbol.dispose]();
    second.motion.clear();
    part_homes(first);
    first.comparing.companion.value = null;
    first.comparing.linking.value = UNKNOWN;
    unfold();
  };
}

/** Run, layer and view. */
function take_choice(first: Store, second: Store): void {
  const wanted = first.comparing.beside.value;
  if (wanted === null) return;
  const onto = axes_beside(first, wanted);
  batch(() => {
    second.runs.value = first.runs.value;
    second.engines.value = first.engines.value;
    second.measuring.catalog.value = first.measuring.catalog.value;
    second.run_name.value = wanted.run;
    second.label_wanted.value = first.label_wanted.value;
    second.layer_name.value = wanted.layer;
    second.engine.value = wanted.engine ?? first.engine.value;
    second.onto_run.value = onto;
    second.settings.value = settings_beside(first, onto);
    second.basis_steps.value = first.basis_steps.value;
  });
}

function link_both(first: Store, second: Store): void {
  const [here, there] = [first, second].map(
    ({ run, layer, table }) =>
      run.value && layer.value && { run: run.value.run, layer: layer.value, table: table.value },
  );
  first.comparing.linking.value = here && there ? link_samples(here, there) : UNKNOWN;
}

/** Two panes and both panels have room beside one another in a wide window alone. */
function fold_panels({ comparing, panel_open, choosing }: Store): () => void {
  if (comparing.room.value) return () => {};
  const before = { panel: panel_open.value, inspector: choosing.inspector_wanted.value };
  panel_open.value = false;
  choosing.inspector_wanted.value = false;
  return () => {
    panel_open.value ||= before.panel;
    if (choosing.inspector_wanted.value !== false) return;
    choosing.inspector_wanted.value = before.inspector;
  };
}

function paired_by_metric(first: Store): boolean {
  const { beside } = first.comparing;
  return beside.value?.pairing.kind === "metric";
}
