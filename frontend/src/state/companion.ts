// The second pane: a store of its own, which fetches and shows a picture as the first one does, and in all that it has no
// choice of its own follows the first one.
import {
  batch,
  computed,
  createModel,
  effect,
  type ReadonlySignal,
  type Signal,
  untracked,
} from "@preact/signals";
import { axes_beside, settings_beside, share_axes } from "./axes_beside";
import { step_beside } from "./compare";
import { join_homes, link_cameras, link_pointing, part_homes } from "./joint";
import { carry_mask, carry_sample, carry_samples, link_samples, UNKNOWN } from "./linking";
import { load_curves } from "./measured";
import { kind_of } from "./painting";
import { load_picture } from "./picture";
import { create_store, last_step, type Store } from "./store";
import { first_color } from "./table";

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
    second.run_name.value = wanted.run;
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

function follow_step(first: Store, second: Store): void {
  const step = computed(() => {
    const here = first.step.value;
    return here === null ? null : step_beside(first, here);
  });
  effect(() => {
    const kept = second.steps.value.includes(second.step.peek() ?? Number.NaN);
    if (step.value !== null) second.step.value = step.value;
    else if (!kept) second.step.value = last_step(second.steps.value);
  });
  effect(() => {
    const pinned = first.pinned.value;
    second.pinned.value = pinned === null ? null : step_beside(first, pinned);
  });
}

function follow_looks(first: Store, second: Store): void {
  follow(["dimensions", "turn", "touring", "drawing", "theme", "visible"], first, second);
  const lines = ["trails", "class_names", "label_by", "sequence"] as const;
  const dots = [
    "overlay_wanted",
    "ghost_step",
    "other_step",
    "dot_size",
    "opacity",
    "size_by",
  ] as const;
  follow([...lines, ...dots, "refit_wanted"], first.showing, second.showing);
  follow(["tool"], first.choosing, second.choosing);
}

/** Selection, chosen sample, marks and tags go along with the samples, where the two panes have the same ones. */
function follow_samples(first: Store, second: Store): void {
  const { linking } = first.comparing;
  effect(() => {
    const { link } = linking.value;
    const { selection, sample, near, isolated, tags } = first.choosing;
    const to = second.choosing;
    batch(() => {
      if (link === null) {
        to.selection.value = null;
        to.sample.value = null;
        to.near.value = new Set();
        to.isolated.value = null;
        to.tags.value = new Map();
        return;
      }
      const { there, back } = link;
      const chosen = selection.value;
      const mask = chosen && carry_mask(back, chosen.mask, 0);
      const count = mask?.reduce((sum, one) => sum + one, 0) ?? 0;
      to.selection.value =
        chosen && mask && count > 0 ? { ...chosen, mask, count, rule: null } : null;
      to.sample.value = carry_sample(there, sample.value);
      to.near.value = new Set(carry_samples(there, near.value));
      const shown = first.choosing.visible.value;
      // Samples that the first pane knows nothing of are not among those isolated there; filters say nothing of them.
      to.isolated.value = shown && carry_mask(back, shown, isolated.value === null ? 1 : 0);
      to.tags.value = new Map(
        [...tags.value].flatMap(([id, tag]) => {
          const row = carry_sample(there, id);
          return row === null ? [] : [[row, tag] as const];
        }),
      );
    });
  });
  effect(() => {
    const held = first.showing.held.value;
    const { link } = linking.value;
    const step = held && step_beside(first, held.step);
    const ids = held && link ? carry_samples(link.there, held.ids) : [];
    second.showing.held.value = step === null || ids.length === 0 ? null : { ids, step };
  });
}

/** The same column where the companion has it too, and the same colours for the same words. */
function follow_color(first: Store, second: Store): void {
  effect(() => {
    const color = first.color_by.value;
    const table = second.table.value;
    if (color === null) return;
    const measured = kind_of(color) !== null;
    const known = color === "" || measured || (table?.some(({ name }) => name === color) ?? false);
    if (known) second.color_by.value = color;
    else if (table !== null) second.color_by.value = first_color(table) ?? "";
  });
  const words = computed(() => {
    const legend = first.coloring.value?.legend;
    if (legend?.kind !== "categories" || first.color_by.value !== second.color_by.value)
      return "[]";
    const named = legend.entries.filter(
      ({ codes: [code = -1, more] }) => code >= 0 && more === undefined,
    );
    return JSON.stringify(named.map(({ name }) => name));
  });
  effect(() => {
    second.words_before.value = JSON.parse(words.value) as string[];
  });
}

/** Two panes and both panels have room beside one another in a wide window alone. */
function fold_panels({ comparing, panel_open, choosing }: Store): () => void {
  if (comparing.room.value) return () => {};
  const before = { panel: panel_open.value, inspector: choosing.inspector_wanted.value };
  panel_open.value = false;
  choosing.inspector_wanted.value = false;
  return () => {
    panel_open.value ||= before.panel;
    if (choosing.inspector_wanted.value === false)
      choosing.inspector_wanted.value = before.inspector;
  };
}

function paired_by_metric(first: Store): boolean {
  const { beside } = first.comparing;
  return beside.value?.pairing.kind === "metric";
}

/** These values go from one to the other whenever they change. */
function follow<Name extends string>(
  names: readonly Name[],
  from: Readonly<Record<Name, ReadonlySignal<unknown>>>,
  to: Readonly<Record<Name, Signal<unknown>>>,
): void {
  for (const name of names) {
    effect(() => {
      to[name].value = from[name].value;
    });
  }
}
