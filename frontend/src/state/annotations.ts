// What is drawn and written over the samples: trails, names of classes, labels, and lines along a sequence.
import type { Annotations, Label, Line, Pose } from "../types";
import type { Store } from "./store";
import { type Column, value_at } from "./table";
import {
  chains,
  class_medians,
  largest_classes,
  MOST_TRAILS,
  next_samples,
  place_between,
  places_passed,
} from "./trails";

const MOST_NAMES = 20;
const MOST_LABELS = 200;
const MOST_LINKS = 20_000;
const LONGEST_LABEL = 40;
const SEQUENCES = ["__next__", "__seq_next__"];
const NONE: Annotations = { lines: [], labels: [] };

/** Two poses and how far between them the samples are drawn. */
interface Shown {
  readonly from: Pose;
  readonly to: Pose;
  readonly mix: number;
  readonly at: number;
}

type Category = Extract<Column, { type: "category" }>;

export function annotations_of(store: Store): Annotations {
  const { trails, class_names, label_by, sequence } = store.showing;
  const shown = store.motion.shown.value;
  const wanted = trails.value || class_names.value || label_by.value !== "" || sequence.value;
  if (!wanted || shown === null) return NONE;
  const samples = shown.to.positions.length / 4;
  if (samples !== store.choosing.samples.value) return NONE;
  // What stands out: hovered, looked at, selected, in this order.
  const ids = trails.value || label_by.value !== "" ? standing_out(store, samples) : [];
  const names = class_names.value ? class_labels(store, shown) : [];
  return {
    lines: [
      ...(sequence.value ? sequence_lines(store, shown) : []),
      ...(trails.value ? trail_lines(store, shown, ids) : []),
    ],
    labels: [...sample_labels(store, shown, ids), ...names],
  };
}

/** The column that names the next sample of each, where there is one. */
export function sequence_column(store: Store): Column | undefined {
  return store.choosing.columns.value.find(({ name }) => SEQUENCES.includes(name));
}

function standing_out(store: Store, samples: number): readonly number[] {
  const { selection, sample, visible } = store.choosing;
  const ids = new Set<number>();
  for (const one of [store.hover.value?.sample, sample.value]) {
    if (one != null && one < samples) ids.add(one);
  }
  const mask = selection.value?.mask;
  for (let i = 0; mask?.length === samples && i < samples && ids.size < MOST_TRAILS; i += 1) {
    if (mask[i] === 1) ids.add(i);
  }
  return [...ids].filter((id) => visible.value?.[id] !== 0);
}

function trail_lines(store: Store, shown: Shown, ids: readonly number[]): Line[] {
  // Where all steps have the positions of one, nothing has come from anywhere.
  if (store.pinned.value !== null || store.frames.value === null) return [];
  const frames = store.frames.value;
  const dimensions = store.dimensions.value;
  const passed = places_passed(shown.at).flatMap(
    (place) => frames.pose(store.steps.value[place] ?? -1, dimensions) ?? [],
  );
  if (passed.length === 0) return [];
  const bytes = store.coloring.value?.bytes;
  const of_samples = ids.map((id): Line => {
    const points = [
      ...passed.flatMap((pose) => place_between(pose, pose, 0, id)),
      ...place_between(shown.from, shown.to, shown.mix, id),
    ];
    const [red = 0, green = 0, blue = 0] = bytes?.subarray(4 * id, 4 * id + 3) ?? [];
    const color = `rgb(${red} ${green} ${blue})`;
    return { points: Float32Array.from(points), color, tapered: true };
  });
  return [...class_trails(store, shown, passed), ...of_samples];
}

function class_trails(store: Store, shown: Shown, passed: readonly Pose[]): Line[] {
  const named = classes_of(store);
  if (named === null) return [];
  const { column, classes } = named;
  const stops = [
    ...passed.map((pose) => medians(store, pose, column, classes)),
    centres(store, shown, column, classes),
  ];
  return classes.flatMap((code, k) => {
    const points = Float32Array.from(
      stops.flatMap((centre) => [...centre.subarray(3 * k, 3 * k + 3)]),
    );
    if (Number.isNaN(points[0])) return [];
    return [{ points, color: class_color(store, code), tapered: true }];
  });
}

function class_labels(store: Store, shown: Shown): Label[] {
  const named = classes_of(store);
  if (named === null) return [];
  const { column, classes } = named;
  const at = centres(store, shown, column, classes);
  return classes.flatMap((code, k) => {
    const [x = 0, y = 0, z = 0] = at.subarray(3 * k, 3 * k + 3);
    const text = shorten(column.words[code] ?? "");
    return Number.isNaN(x) || text === "" ? [] : [{ at: [x, y, z], text, centred: true }];
  });
}

function sample_labels(store: Store, shown: Shown, ids: readonly number[]): Label[] {
  const name = store.showing.label_by.value;
  const column = store.choosing.columns.value.find((one) => one.name === name);
  if (column === undefined) return [];
  return ids.slice(0, MOST_LABELS).flatMap((id): Label[] => {
    const text = shorten(value_at(column, id));
    if (text === "") return [];
    const [x = 0, y = 0, z = 0] = place_between(shown.from, shown.to, shown.mix, id);
    return [{ at: [x, y, z], text, centred: false }];
  });
}

function sequence_lines(store: Store, shown: Shown): Line[] {
  const column = sequence_column(store);
  const samples = store.choosing.samples.value;
  if (column === undefined) return [];
  const visible = store.choosing.visible.value;
  let left = MOST_LINKS;
  return links(column, samples).flatMap((chain): Line[] => {
    const seen = chain.filter((id) => visible?.[id] !== 0).slice(0, left);
    left -= seen.length;
    if (seen.length < 2) return [];
    const points = seen.flatMap((id) => place_between(shown.from, shown.to, shown.mix, id));
    return [{ points: Float32Array.from(points), color: "", tapered: false }];
  });
}

const known_links = new WeakMap<Column, number[][]>();

function links(column: Column, samples: number): number[][] {
  const known = known_links.get(column);
  if (known !== undefined) return known;
  const texts = Array.from({ length: samples }, (_, i) => value_at(column, i));
  const found = chains(next_samples(texts, samples));
  known_links.set(column, found);
  return found;
}

/** The category that colours the samples, else the label, and its largest classes. */
function classes_of(store: Store): { column: Category; classes: readonly number[] } | null {
  const columns = store.choosing.columns.value;
  const named = (name: string | null) =>
    columns.find((one): one is Category => one.name === name && one.type === "category");
  const column = named(store.color_by.value) ?? named(store.label.value);
  if (column === undefined) return null;
  return { column, classes: largest_classes(column.codes, column.words.length, MOST_NAMES) };
}

function class_color(store: Store, code: number): string {
  const legend = store.coloring.value?.legend;
  const entries = legend?.kind === "categories" ? legend.entries : [];
  return entries.find(({ codes }) => codes.includes(code))?.color ?? "";
}

/** Between two steps the median of a class is taken to go straight. */
function centres(
  store: Store,
  { from, to, mix }: Shown,
  column: Category,
  classes: readonly number[],
): Float32Array {
  const a = medians(store, from, column, classes);
  const b = medians(store, to, column, classes);
  return a.map((value, i) => value + mix * ((b[i] as number) - value));
}

interface Medians {
  readonly column: Category;
  readonly shown: Uint8Array | null;
  readonly at: Float32Array;
}

const known_medians = new WeakMap<Pose, Medians>();

function medians(
  store: Store,
  pose: Pose,
  column: Category,
  classes: readonly number[],
): Float32Array {
  const shown = store.choosing.visible.value;
  const known = known_medians.get(pose);
  if (known?.column === column && known.shown === shown) return known.at;
  const at = class_medians(pose, column.codes, classes, shown);
  known_medians.set(pose, { column, shown, at });
  return at;
}

function shorten(text: string): string {
  return text.length > LONGEST_LABEL ? `${text.slice(0, LONGEST_LABEL - 1)}…` : text;
}
