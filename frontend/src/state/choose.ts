// What the user can want of samples: to find, select, look at, hide, tag and keep them.
import { batch } from "@preact/signals";
import type { Legend, LegendEntry } from "../color";
import type { Combining, Path, Tool } from "../types";
import type { InspectorTab } from "./choosing";
import { type Filter, only_classes, toggle_classes } from "./filters";
import type { NamedSelection } from "./kept";
import type { Rule } from "./rules";
import { combine, ids_in, neighbor_in, type Reason } from "./selection";
import type { Store } from "./store";
import { type Tag, tagged } from "./tags";
import type { Treatment } from "./treated";
import { until } from "./until";

export function choose_tool(store: Store, tool: Tool): void {
  store.choosing.tool.value = tool;
}

export function click_sample(store: Store, sample: number, how: Combining): void {
  const { choosing } = store;
  batch(() => {
    select(store, [sample], "click", how);
    if (how !== "subtract") look_at(store, sample);
    else if (choosing.sample.value === sample) choosing.sample.value = null;
  });
}

/** Selects a set of samples; with more than one there is no single one to look at any more. */
export function select(
  store: Store,
  ids: readonly number[],
  reason: Reason,
  how: Combining = "replace",
  rule: Rule | null = null,
): void {
  const { selection, sample, samples, tab, inspector_due, let_through, unseen } = store.choosing;
  const hidden = new Set(unseen.value);
  const drawn = hidden.size === 0 ? ids : ids.filter((id) => !hidden.has(id));
  batch(() => {
    dismiss_not_searched(store);
    // A rule does not know what was hidden then.
    const lasting = let_through.value === null ? rule : null;
    selection.value = combine(selection.value, drawn, samples.value, reason, how, lasting);
    inspector_due.value = true;
    if (reason === "click") return;
    sample.value = null;
    tab.value = "Selection";
  });
}

/** Selects what an outline encloses; one with places in the scene can be laid around the same samples again. */
export function enclose(
  store: Store,
  ids: readonly number[],
  how: Combining,
  outline: Path | null,
): void {
  const step = store.pinned.value ?? store.step.value;
  const shown = store.motion.shown.value;
  const lies_still = shown !== null && shown.from === shown.to;
  const lasting = outline !== null && step !== null && lies_still;
  const rule: Rule | null = lasting ? { kind: "outline", outline, step } : null;
  select(store, ids, store.choosing.tool.value === "box" ? "box" : "lasso", how, rule);
}

export function clear_selection(store: Store): void {
  batch(() => {
    store.choosing.selection.value = null;
    store.choosing.sample.value = null;
  });
}

/** Shows a sample's card; the selection stays. */
export function look_at(store: Store, sample: number): void {
  batch(() => {
    store.choosing.sample.value = sample;
    store.choosing.tab.value = "Sample";
    store.choosing.inspector_due.value = true;
  });
}

/** Shows where a sample of a list lies on the stage. */
export function point_at(store: Store, sample: number | null): void {
  store.choosing.pointed.value = sample;
}

/** To the next or previous one of those selected, or of all that are shown. */
export function look_further(store: Store, places: 1 | -1): void {
  const { selection, visible, sample, samples } = store.choosing;
  const several = selection.value !== null && selection.value.count > 1;
  const among = several ? selection.value?.mask : visible.value;
  const ids = among ? ids_in(among) : Array.from({ length: samples.value }, (_, i) => i);
  if (ids.length === 0) return;
  const next = neighbor_in(ids, sample.value, places);
  if (several || selection.value === null) look_at(store, next);
  else click_sample(store, next, "replace");
}

export function choose_tab(store: Store, tab: InspectorTab): void {
  store.choosing.tab.value = tab;
}

export function toggle_inspector(store: Store): void {
  const { inspector_wanted, inspector_open } = store.choosing;
  inspector_wanted.value = !inspector_open.value;
}

export function isolate(store: Store): void {
  const { selection, isolated } = store.choosing;
  if (selection.value !== null) isolated.value = selection.value.mask;
}

export function show_all(store: Store): void {
  batch(() => {
    store.choosing.isolated.value = null;
    store.choosing.filters.value = new Map();
  });
}

export function search_for(store: Store, query: string): void {
  store.choosing.query.value = query;
}

/** Waits for a search that is under way, unless something else is asked meanwhile. */
export async function select_found(store: Store, how: Combining): Promise<void> {
  const { found, query } = store.choosing;
  const asked = query.value;
  const over = () => found.value?.kind !== "searching" || query.value !== asked;
  if (!over()) await until(over, new AbortController().signal);
  const rule: Rule = { kind: "query", query: asked };
  if (found.value?.kind === "samples" && query.value === asked) {
    select(store, found.value.ids, "search", how, rule);
  }
}

export function dismiss_not_searched(store: Store): void {
  store.choosing.not_searched.value = null;
}

export function toggle_entry(store: Store, column: string, entry: LegendEntry): void {
  const filter = store.choosing.filters.value.get(column);
  set_filter(store, column, toggle_classes(filter, entry.codes));
}

export function isolate_entry(
  store: Store,
  column: string,
  entry: LegendEntry,
  legend: Legend,
): void {
  const all = legend.kind === "categories" ? legend.entries.flatMap(({ codes }) => codes) : [];
  const filter = store.choosing.filters.value.get(column);
  set_filter(store, column, only_classes(filter, entry.codes, all));
}

/** Selects all shown samples of a legend entry. */
export function select_entry(store: Store, name: string, entry: LegendEntry, how: Combining): void {
  const column = store.choosing.columns.value.find((one) => one.name === name);
  const shown = store.choosing.visible.value;
  if (column?.type !== "category") return;
  const codes = new Set(entry.codes);
  const ids: number[] = [];
  for (const [i, code] of column.codes.entries()) {
    if (codes.has(code) && shown?.[i] !== 0) ids.push(i);
  }
  const [word, ...others] = entry.codes.map((code) => column.words[code]);
  // One class is a query, several would be many.
  const asks = word !== undefined && others.length === 0 && !/"/.test(name + word);
  const rule: Rule | null = asks ? { kind: "query", query: `"${name}":"${word}"` } : null;
  select(store, ids, "legend", how, rule);
}

/** Shows a column of whole numbers as numbers or as classes; a filter of the other kind says nothing any more. */
export function treat_as(store: Store, column: string, treatment: Treatment): void {
  batch(() => {
    store.treatments.value = new Map([...store.treatments.value, [column, treatment]]);
    set_filter(store, column, null);
  });
}

/** Colours the classes whose names hold a text; "" colours all. */
export function color_only(store: Store, text: string): void {
  store.color_only.value = text.trim();
}

/** Null lifts the filter. */
export function set_filter(store: Store, column: string, filter: Filter | null): void {
  const filters = new Map(store.choosing.filters.value);
  if (filter === null) filters.delete(column);
  else filters.set(column, filter);
  store.choosing.filters.value = filters;
}

export function tag_samples(store: Store, ids: readonly number[], tag: Tag): void {
  store.choosing.tags.value = tagged(store.choosing.tags.value, ids, tag);
}

/** The samples that keys tag: the one that is looked at, else those selected. */
export function samples_to_tag(store: Store): readonly number[] {
  const { sample, tab } = store.choosing;
  return sample.value !== null && tab.value === "Sample" ? [sample.value] : selected_ids(store);
}

export function selected_ids(store: Store): readonly number[] {
  const selection = store.choosing.selection.value;
  return selection === null ? [] : ids_in(selection.mask);
}

/** A name that is there already gets the new samples. */
export function name_selection(store: Store, name: string): void {
  const { selection, named } = store.choosing;
  if (selection.value === null || name.trim() === "") return;
  const one: NamedSelection = { name: name.trim(), ids: ids_in(selection.value.mask) };
  named.value = [...named.value.filter((other) => other.name !== one.name), one];
}

export function forget_selection(store: Store, name: string): void {
  store.choosing.named.value = store.choosing.named.value.filter((one) => one.name !== name);
}
