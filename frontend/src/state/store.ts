// The one state of the page. Panels and canvas read it; only `effects/` write what is fetched, and only
// `actions/` and the methods of its parts what the user wants.
import type { ReadonlySignal, Signal } from "@preact/signals";
import type { Coloring, Sharing } from "../color";
import type { ByStep } from "../model/samples/columns_by_step";
import type { Table } from "../model/samples/table";
import type { Treatments } from "../model/samples/treatment";
import type { Turn } from "../model/scene/components";
import { css } from "../palette";
import type {
  Camera,
  Dimensions,
  Drawing,
  Engine,
  Layer,
  NearHome,
  PictureExport,
  Quality,
  Run,
  SpriteFacts,
  Theme,
  View,
} from "../types";
import type { Activity } from "./parts/activity";
import type { Bookmarks } from "./parts/bookmarks";
import type { Category } from "./parts/class_groups";
import type { ComparisonState } from "./parts/comparison";
import type { DisplayState } from "./parts/display";
import type { FrameCache } from "./parts/frame_cache";
import type { GuestsState } from "./parts/guests";
import type { MeasuresState } from "./parts/measures";
import type { Motion } from "./parts/motion";
import type { NeighborsState } from "./parts/neighbors";
import type { PictureState } from "./parts/picture";
import type { SamplesState } from "./parts/samples";

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
  readonly rightHalf: boolean;
  readonly lowerHalf: boolean;
  /** No pointer is there: the other pane or a list points at it. */
  readonly fromList: boolean;
}

export interface Framed {
  readonly frames: FrameCache;
  /** Null for all steps. */
  readonly step: number | null;
}

/** What home shows. */
export interface Extent extends Framed {
  readonly change: "other" | "whole" | "moved";
  /** What the other pane shows, where both are seen along the same axes: then they have one home. */
  readonly joined: Framed | null;
}

export interface Store {
  /** It is that of the second pane, and follows the one of the first. */
  readonly second: boolean;
  readonly activity: Activity;
  readonly motion: Motion;
  readonly samples: SamplesState;
  readonly display: DisplayState;
  readonly bookmarks: Bookmarks;
  readonly neighbors: NeighborsState;
  readonly guests: GuestsState;
  readonly picture: PictureState;
  readonly measures: MeasuresState;
  readonly comparison: ComparisonState;
  /** That of the second pane, while it is open. */
  readonly companion: Signal<Store | null>;
  readonly runs: Signal<readonly Run[] | null>;
  /** Why there may be more runs than can be seen. */
  readonly logdirProblems: Signal<readonly string[]>;
  /** How many more directories the server still reads. */
  readonly unreadRuns: Signal<number>;
  /** What an address or a bookmark names and nobody has recorded, and what is shown instead; null once that is dismissed. */
  readonly notThere: Signal<string | null>;
  readonly runName: Signal<string | null>;
  readonly layerName: Signal<string | null>;
  readonly engine: Signal<string>;
  /** The server's list of engines; empty until it has come. */
  readonly engines: Signal<readonly Engine[]>;
  /** By engine, what differs from its defaults. */
  readonly settings: Signal<Readonly<Record<string, View["settings"]>>>;
  /** Which steps the axes of a linear view are made from: null for all, as far as they were recorded. */
  readonly basisSteps: Signal<string | null>;
  /** From which side ten components are seen; null for the first ones, of which more need not be fetched. */
  readonly turn: Signal<Turn | null>;
  /** The run in whose axes this one is shown; null for its own. */
  readonly ontoRun: Signal<string | null>;
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
  readonly colorBy: Signal<string | null>;
  /** The label column that somebody has chosen: "" for none, null while the layer's own holds. */
  readonly requestedLabel: Signal<string | null>;
  /** Words that have their colours already, in the other pane. */
  readonly wordsBefore: Signal<readonly string[]>;
  /** Groups of words that share a colour, in the other pane. */
  readonly groupsBefore: Signal<ReadonlyMap<string, number>>;
  /** Which columns somebody wants as numbers or as classes. */
  readonly treatments: Signal<Treatments>;
  /** A part of the names of the classes that alone are coloured; "" for all. */
  readonly colorOnly: Signal<string>;
  readonly theme: Signal<Theme>;
  readonly visible: Signal<boolean>;
  /** The metadata as they were fetched. */
  readonly recorded: Signal<Table | null>;
  /** The columns that have a value a step, at those steps that have come. */
  readonly byStep: Signal<ByStep>;
  /** The step that the picture shows, or is nearest to. */
  readonly shownStep: ReadonlySignal<number | null>;
  /** The metadata at that step. */
  readonly table: ReadonlySignal<Table | null>;
  readonly sprites: Signal<Sprites | null>;
  readonly frames: Signal<FrameCache | null>;
  /** What home must show, and why that has changed. */
  readonly extent: Signal<Extent | null>;
  readonly firstPicture: Signal<boolean>;
  /** The camera is on its way. */
  readonly flying: Signal<boolean>;
  /** Where somebody has moved it; null while it stands at home. */
  readonly camera: Signal<Camera | null>;
  /** Where it stands before somebody moves it; null while there is nothing to see. */
  readonly home: Signal<Camera | null>;
  /** A place that the camera is to take. */
  readonly requestedCamera: Signal<Camera | NearHome | null>;
  /** What can be had of the picture; null where nothing is drawn. */
  readonly pictureExport: Signal<PictureExport | null>;
  readonly quality: Signal<Quality | null>;
  readonly qualityOpen: Signal<boolean>;
  readonly hover: Signal<Hover | null>;
  readonly panelOpen: Signal<boolean>;
  readonly helpOpen: Signal<boolean>;
  /** How often home has been asked for. */
  readonly homeRequests: Signal<number>;
  readonly run: ReadonlySignal<Run | null>;
  readonly layer: ReadonlySignal<Layer | null>;
  /** The column that is the label, null for none. */
  readonly label: ReadonlySignal<string | null>;
  /** The same as the server is told, undefined where it is the layer's own. */
  readonly saidLabel: ReadonlySignal<string | undefined>;
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

export function lastStep(steps: readonly number[]): number | null {
  return steps.at(-1) ?? null;
}

/** A sample's colour for the style of an element; nothing while nothing is coloured. */
export function colorOf(store: Store, sample: number): string | undefined {
  const bytes = store.coloring.value?.bytes;
  const [red, green, blue] = bytes?.subarray(4 * sample, 4 * sample + 3) ?? [];
  if (red === undefined || green === undefined || blue === undefined) return undefined;
  return css([red, green, blue]);
}
