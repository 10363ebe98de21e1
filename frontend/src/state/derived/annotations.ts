// What is drawn and written over the samples: trails, names of classes, labels, and lines along a sequence.

import { namingColumns } from "../../model/samples/label_column";
import { type Column, valueAt } from "../../model/samples/table";
import {
  chains,
  classMedians,
  largestClasses,
  MOST_TRAILS,
  nextSamples,
  placeBetween,
  placesPassed,
} from "../../model/scene/trails";
import type { Annotations, Label, Line, Pose } from "../../types";
import type { Store } from "../store";

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

export function annotationsOf(store: Store): Annotations {
  const { trails, labelBy, sequence } = store.display;
  const named = namesClasses(store);
  const shown = store.motion.shown.value;
  const wanted = trails.value || named || labelBy.value !== "" || sequence.value;
  if (!wanted || shown === null) return NONE;
  const samples = shown.to.positions.length / 4;
  if (samples !== store.samples.count.value || store.picture.ofOtherSamples.value) return NONE;
  // What stands out: hovered, looked at, selected, in this order.
  const ids = trails.value || labelBy.value !== "" ? standingOut(store, samples) : [];
  const names = named ? classLabels(store, shown) : [];
  return {
    lines: [
      ...(sequence.value ? sequenceLines(store, shown) : []),
      ...(trails.value ? trailLines(store, shown, ids) : []),
    ],
    labels: [...sampleLabels(store, shown, ids), ...names],
  };
}

/** Whether the names of classes stand at their medians: by choice, else where they are few enough for all to stand there. */
export function namesClasses(store: Store): boolean {
  const chosen = store.display.requestedNames.value;
  if (chosen !== null) return chosen;
  const words = classesOf(store)?.column.words.length ?? 0;
  return words > 1 && words <= MOST_NAMES;
}

/** The column that names the next sample of each, where there is one. */
export function sequenceColumn(store: Store): Column | undefined {
  return store.samples.columns.value.find(({ name }) => SEQUENCES.includes(name));
}

function standingOut(store: Store, samples: number): readonly number[] {
  const { selection, sample, visible } = store.samples;
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

function trailLines(store: Store, shown: Shown, ids: readonly number[]): Line[] {
  // Where all steps have the positions of one, nothing has come from anywhere.
  if (store.pinned.value !== null || store.frames.value === null) return [];
  if (store.picture.stale.value) return [];
  const frames = store.frames.value;
  const dimensions = store.dimensions.value;
  const passed = placesPassed(shown.at).flatMap(
    (place) => frames.pose(store.steps.value[place] ?? -1, dimensions) ?? [],
  );
  if (passed.length === 0) return [];
  const bytes = store.coloring.value?.bytes;
  const ofSamples = ids.map((id): Line => {
    const points = [
      ...passed.flatMap((pose) => placeBetween(pose, pose, 0, id)),
      ...placeBetween(shown.from, shown.to, shown.mix, id),
    ];
    const [red = 0, green = 0, blue = 0] = bytes?.subarray(4 * id, 4 * id + 3) ?? [];
    const color = `rgb(${red} ${green} ${blue})`;
    return { points: Float32Array.from(points), color, tapered: true };
  });
  return [...classTrails(store, shown, passed), ...ofSamples];
}

function classTrails(store: Store, shown: Shown, passed: readonly Pose[]): Line[] {
  const named = classesOf(store);
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
    return [{ points, color: classColor(store, code), tapered: true }];
  });
}

function classLabels(store: Store, shown: Shown): Label[] {
  const named = classesOf(store);
  if (named === null) return [];
  const { column, classes } = named;
  const at = centres(store, shown, column, classes);
  return classes.flatMap((code, k) => {
    const [x = 0, y = 0, z = 0] = at.subarray(3 * k, 3 * k + 3);
    const text = shorten(column.words[code] ?? "");
    return Number.isNaN(x) || text === "" ? [] : [{ at: [x, y, z], text, centred: true }];
  });
}

function sampleLabels(store: Store, shown: Shown, ids: readonly number[]): Label[] {
  const name = store.display.labelBy.value;
  const column = store.samples.columns.value.find((one) => one.name === name);
  if (column === undefined) return [];
  return ids.slice(0, MOST_LABELS).flatMap((id): Label[] => {
    const text = shorten(valueAt(column, id));
    if (text === "") return [];
    const [x = 0, y = 0, z = 0] = placeBetween(shown.from, shown.to, shown.mix, id);
    return [{ at: [x, y, z], text, centred: false }];
  });
}

function sequenceLines(store: Store, shown: Shown): Line[] {
  const column = sequenceColumn(store);
  const samples = store.samples.count.value;
  if (column === undefined) return [];
  const visible = store.samples.visible.value;
  let left = MOST_LINKS;
  return links(column, samples).flatMap((chain): Line[] => {
    const seen = chain.filter((id) => visible?.[id] !== 0).slice(0, left);
    left -= seen.length;
    if (seen.length < 2) return [];
    const points = seen.flatMap((id) => placeBetween(shown.from, shown.to, shown.mix, id));
    return [{ points: Float32Array.from(points), color: "", tapered: false }];
  });
}

const knownLinks = new WeakMap<Column, number[][]>();

function links(column: Column, samples: number): number[][] {
  const known = knownLinks.get(column);
  if (known !== undefined) return known;
  const texts = Array.from({ length: samples }, (_, i) => valueAt(column, i));
  const found = chains(nextSamples(texts, samples));
  knownLinks.set(column, found);
  return found;
}

/** The category that colours the samples, else the label, and its largest classes. */
function classesOf(store: Store): { column: Category; classes: readonly number[] } | null {
  const columns = store.samples.columns.value;
  const named = (name: string | null) =>
    columns.find((one): one is Category => one.name === name && one.type === "category");
  const [column] = namingColumns(store.colorBy.value, store.label.value)
    .map(named)
    .filter((one) => one !== undefined);
  if (column === undefined) return null;
  return { column, classes: largestClasses(column.codes, column.words.length, MOST_NAMES) };
}

function classColor(store: Store, code: number): string {
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

const knownMedians = new WeakMap<Pose, Medians>();

function medians(
  store: Store,
  pose: Pose,
  column: Category,
  classes: readonly number[],
): Float32Array {
  const shown = store.samples.visible.value;
  const known = knownMedians.get(pose);
  if (known?.column === column && known.shown === shown) return known.at;
  const at = classMedians(pose, column.codes, classes, shown);
  knownMedians.set(pose, { column, shown, at });
  return at;
}

function shorten(text: string): string {
  return text.length > LONGEST_LABEL ? `${text.slice(0, LONGEST_LABEL - 1)}…` : text;
}
