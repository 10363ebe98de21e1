// The one state of the page. Panels and canvas read it; only the functions of `session.ts` write what is fetched, and
// only those of `intents.ts` what the user wants.
import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { label_query } from "../api";
import {
  type Coloring,
  color_alike,
  color_by_category,
  color_by_date,
  color_by_number,
  css,
  type Sharing,
} from "../color";
import type {
  Camera,
  Dimensions,
  Drawing,
  Easel,
  Engine,
  Layer,
  NearHome,
  Onto,
  Quality,
  Run,
  SpriteFacts,
  Theme,
  View,
} from "../types";
import { Activity } from "./activity";
import { Bookmarks } from "./bookmarks";
import { type ByStep, table_at } from "./by_step";
import { Choosing } from "./choosing";
import { type Category, ClassGroups, sharing_of } from "./class_groups";
import { Comparing } from "./comparing";
import type { Frames } from "./frames";
import { lacks_groups } from "./groups";
import { axes_need_label, label_of, said_label } from "./label";
import { Measuring } from "./measuring";
import { Motion } from "./motion";
import { Neighbors } from "./neighbors";
import { Showing } from "./showing";
import type { Table } from "./table";
import { type Treatments, treated } from "./treated";
import { COMPONENTS, type Turn } from "./turn";

export interface Sprites {
  readonly facts: SpriteFacts;
  readonly sheets: readonly ImageBitmap[];
}

/** The sample under the pointer and where it lies on the stage, in CSS pixels. */
export interface Hover {
  readonly sample: number;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  /** In which quarter of the stage: the card opens towards the middle. */
  readonly right_half: boolean;
  readonly lower_half: boolean;
  /** No pointer is there: the other pane or a list points at it. */
  readonly told: boolean;
}

export interface Extent {
  readonly frames: Frames;
  readonly change: "other" | "whole" | "grown";
  /** The other pane's frames, where both are seen along the same axes: then they have one home. */
  readonly joined: Frames | null;
}

export interface Store {
  /** It is that of the second pane, and follows the one of the first. */
  readonly second: boolean;
  readonly activity: Activity;
  readonly motion: Motion;
  readonly choosing: Choosing;
  readonly showing: Showing;
  readonly bookmarks: Bookmarks;
  readonly neighbors: Neighbors;
  readonly measuring: Measuring;
  readonly comparing: Comparing;
  readonly runs: Signal<readonly Run[] | null>;
  /** Why there may be more runs than can be seen. */
  readonly logdir_problems: Signal<readonly string[]>;
  readonly run_name: Signal<string | null>;
  readonly layer_name: Signal<string | null>;
  readonly engine: Signal<string>;
  /** The server's list of engines; empty until it has come. */
  readonly engines: Signal<readonly Engine[]>;
  /** By engine, what differs from its defaults. */
  readonly settings: Signal<Readonly<Record<string, View["settings"]>>>;
  /** Which steps the axes of a linear view are made from: null for all, as far as they were recorded. */
  readonly basis_steps: Signal<string | null>;
  /** From which side ten components are seen; null for the first ones, of which more need not be fetched. */
  readonly turn: Signal<Turn | null>;
  /** The run in whose axes this one is shown; null for its own. */
  readonly onto_run: Signal<string | null>;
  readonly touring: Signal<boolean>;
  /** The step whose positions hold for all steps. */
  readonly pinned: Signal<number | null>;
  /** The step that is shown or moved to. */
  readonly step: Signal<number | null>;
  readonly playing: Signal<boolean>;
  readonly speed: Signal<number>;
  readonly dimensions: Signal<Dimensions>;
  readonly drawing: Signal<Drawing>;
  /** A column's name, "" for none, null while the run's own choice holds. */
  readonly color_by: Signal<string | null>;
  /** The label column that somebody has chosen: "" for none, null while the layer's own holds. */
  readonly label_wanted: Signal<string | null>;
  /** Words that have their colours already, in the other pane. */
  readonly words_before: Signal<readonly string[]>;
  /** Groups of words that share a colour, in the other pane. */
  readonly groups_before: Signal<ReadonlyMap<string, number>>;
  /** Which columns somebody wants as numbers or as classes. */
  readonly treatments: Signal<Treatments>;
  /** A part of the names of the classes that alone are coloured; "" for all. */
  readonly color_only: Signal<string>;
  readonly theme: Signal<Theme>;
  readonly visible: Signal<boolean>;
  /** The metadata as they were fetched. */
  readonly recorded: Signal<Table | null>;
  /** The columns that have a value a step, at those steps that have come. */
  readonly by_step: Signal<ByStep>;
  /** The step that the picture shows, or is nearest to. */
  readonly shown_step: ReadonlySignal<number | null>;
  /** The metadata at that step. */
  readonly table: ReadonlySignal<Table | null>;
  readonly sprites: Signal<Sprites | null>;
  readonly frames: Signal<Frames | null>;
  /** What home must show, and why that has changed. */
  readonly extent: Signal<Extent | null>;
  readonly first_picture: Signal<boolean>;
  /** The camera is on its way. */
  readonly flying: Signal<boolean>;
  /** Where somebody has moved it; null while it stands at home. */
  readonly camera: Signal<Camera | null>;
  /** Where it stands before somebody moves it; null while there is nothing to see. */
  readonly home: Signal<Camera | null>;
  /** A place that the camera is to take. */
  readonly camera_wanted: Signal<Camera | NearHome | null>;
  /** What can be had of the picture; null where nothing is drawn. */
  readonly easel: Signal<Easel | null>;
  readonly quality: Signal<Quality | null>;
  readonly quality_open: Signal<boolean>;
  readonly hover: Signal<Hover | null>;
  readonly panel_open: Signal<boolean>;
  readonly help_open: Signal<boolean>;
  /** How often home has been asked for. */
  readonly home_wanted: Signal<number>;
  readonly run: ReadonlySignal<Run | null>;
  readonly layer: ReadonlySignal<Layer | null>;
  /** The column that is the label, null for none. */
  readonly label: ReadonlySignal<string | null>;
  /** The same as the server is told, undefined where it is the layer's own. */
  readonly said_label: ReadonlySignal<string | undefined>;
  readonly steps: ReadonlySignal<readonly number[]>;
  /** Where the picture is, in steps counted from 0; between two of them while it moves. */
  readonly at: ReadonlySignal<number>;
  readonly coloring: ReadonlySignal<Coloring | null>;
  /** Null while the server's list must tell what the chosen engine can. */
  readonly view: ReadonlySignal<View | null>;
  readonly busy: ReadonlySignal<boolean>;
  /** How more classes than colours come by theirs; null where they need not share. */
  readonly sharing: (column: Category) => Sharing | null;
}

export function create_store(reduced_motion: () => boolean, wide: boolean, second = false): Store {
  const activity = new Activity();
  const motion = new Motion(reduced_motion);
  const runs = signal<readonly Run[] | null>(null);
  const run_name = signal<string | null>(null);
  const layer_name = signal<string | null>(null);
  const color_by = signal<string | null>(null);
  const label_wanted = signal<string | null>(null);
  const words_before = signal<readonly string[]>([]);
  const treatments = signal<Treatments>(new Map());
  const color_only = signal("");
  const groups_before = signal<ReadonlyMap<string, number>>(new Map());
  const theme = signal<Theme>("light");
  const recorded = signal<Table | null>(null);
  const by_step = signal<ByStep>(new Map());
  const frames = signal<Frames | null>(null);

  const dimensions = signal<Dimensions>(2);
  const flying = signal(false);

  const run = computed(() => runs.value?.find((one) => one.run === run_name.value) ?? null);
  const layer = computed(
    () => run.value?.layers.find(({ name }) => name === layer_name.value) ?? null,
  );
  const label = computed(() => label_of(layer.value, label_wanted.value));
  const told_label = computed(() => said_label(layer.value, label_wanted.value));
  const samples = computed(() => layer.value?.samples ?? 0);
  const unseen = computed(() => layer.value?.hidden ?? []);
  const step = signal<number | null>(null);
  const steps = computed(() => layer.value?.steps ?? []);
  const at = computed(
    () => motion.shown.value?.at ?? Math.max(0, steps.value.indexOf(step.value ?? Number.NaN)),
  );
  const shown_step = computed(() => steps.value[Math.round(at.value)] ?? null);
  const table = computed(() => table_at(recorded.value, by_step.value, shown_step.value));
  const measuring = new Measuring({ color_by, at, steps, samples });
  const columns = computed(() => {
    const painted = measuring.painted.value;
    const shown =
      table.value?.map((column) => treated(column, treatments.value, label.value)) ?? null;
    return painted === null ? shown : [...(shown ?? []), painted.column];
  });
  const choosing = new Choosing(samples, columns, unseen);
  /** The tags are one of them. */
  const colored_by = computed(() =>
    choosing.columns.value.find(({ name }) => name === color_by.value),
  );
  const groups = new ClassGroups({ frames, steps, dimensions, groups_before });
  const sharing = (column: Category) => sharing_of(column, color_only.value, groups.of(column));
  const coloring = computed((): Coloring | null => {
    if (samples.value === 0) return null;
    const column = colored_by.value;
    if (column?.type === "category" && column.codes.length === samples.value) {
      const { codes, words, counts } = column;
      return color_by_category(
        codes,
        words,
        theme.value,
        words_before.value,
        counts,
        sharing(column),
        unseen.value,
      );
    }
    if (column?.type === "number" && column.values.length === samples.value) {
      const limits = measuring.painted.value?.limits ?? column.limits;
      return color_by_number(column.values, theme.value, limits, false, unseen.value);
    }
    if (column?.type === "date" && column.values.length === samples.value) {
      return color_by_date(column.values, theme.value, column.limits, unseen.value);
    }
    return color_alike(samples.value, theme.value);
  });
  const busy = computed(() => {
    const shown = motion.shown.value;
    const moving = shown !== null && shown.from !== shown.to;
    const loading = frames.value !== null && !frames.value.complete && !frames.value.idle;
    return moving || flying.value || loading || activity.waiting.value.length > 0;
  });

  const engine = signal("pca");
  const engines = signal<readonly Engine[]>([]);
  const settings = signal<Readonly<Record<string, View["settings"]>>>({});
  const turn = signal<Turn | null>(null);
  const onto_run = signal<string | null>(null);
  const onto = computed((): Onto | null => {
    const there = runs.value?.find((one) => one.run === onto_run.value);
    const other = there?.layers.find(({ name }) => name === layer_name.value) ?? there?.layers[0];
    if (there === undefined || other === undefined || there.run === run_name.value) return null;
    return { run: there.run, layer: other.name, version: other.version };
  });
  const view = computed((): View | null => {
    const facts = engines.value.find(({ name }) => name === engine.value);
    // The first picture does not wait for the list.
    if (facts === undefined && engine.value !== "pca") return null;
    if (lacks_groups(settings.value[engine.value] ?? {})) return null;
    const linear = facts === undefined || !facts.iterative;
    const most = facts === undefined || facts.components.includes(3) ? 3 : 2;
    const components = linear
      ? turn.value === null
        ? 3
        : COMPONENTS
      : Math.min(most, dimensions.value);
    return {
      engine: engine.value,
      iterative: !linear,
      components,
      settings: settings.value[engine.value] ?? {},
      onto: linear ? onto.value : null,
      ...(axes_need_label(engine.value, settings.value[engine.value] ?? {})
        ? label_query(told_label.value)
        : {}),
    };
  });

  return {
    second,
    activity,
    motion,
    choosing,
    showing: new Showing(samples),
    bookmarks: new Bookmarks(),
    neighbors: new Neighbors(),
    measuring,
    comparing: new Comparing(),
    runs,
    logdir_problems: signal<readonly string[]>([]),
    run_name,
    layer_name,
    engine,
    engines,
    settings,
    basis_steps: signal(null),
    turn,
    onto_run,
    touring: signal(false),
    pinned: signal(null),
    step,
    playing: signal(false),
    speed: signal(1),
    dimensions,
    drawing: signal("auto"),
    color_by,
    label_wanted,
    words_before,
    groups_before,
    treatments,
    color_only,
    theme,
    visible: signal(true),
    recorded,
    by_step,
    shown_step,
    table,
    sprites: signal(null),
    frames,
    extent: signal(null),
    first_picture: signal(false),
    flying,
    camera: signal(null),
    home: signal(null),
    camera_wanted: signal(null),
    easel: signal(null),
    quality: signal(null),
    quality_open: signal(false),
    hover: signal(null),
    panel_open: signal(wide),
    help_open: signal(false),
    home_wanted: signal(0),
    run,
    layer,
    label,
    said_label: told_label,
    steps,
    at,
    coloring,
    view,
    busy,
    sharing,
  };
}

export function last_step(steps: readonly number[]): number | null {
  return steps.at(-1) ?? null;
}

/** A sample's colour for the style of an element; nothing while nothing is coloured. */
export function color_of(store: Store, sample: number): string | undefined {
  const bytes = store.coloring.value?.bytes;
  const [red, green, blue] = bytes?.subarray(4 * sample, 4 * sample + 3) ?? [];
  if (red === undefined || green === undefined || blue === undefined) return undefined;
  return css([red, green, blue]);
}
