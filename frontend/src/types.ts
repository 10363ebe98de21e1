// What the server says and what the parts of the page hand to one another, named as in docs/glossary.md.
import type { JobState, Progress } from "./progress";

export interface Layer {
  readonly name: string;
  readonly samples: number;
  readonly units: number;
  readonly steps: readonly number[];
  readonly version: string;
  /** The samples that its rows are: the layers of a run may share them. */
  readonly columns: readonly {
    readonly name: string;
    readonly type: ColumnType;
    /** It has a value a step. */
    readonly by_step: boolean;
  }[];
  /** The column that is the label, null where there is none; and why. */
  readonly label: string | null;
  readonly label_reason: string;
  /** What lines of others' tables were taken for, one sentence each. */
  readonly notes?: readonly string[];
  readonly sprite: SpriteFacts | null;
  readonly fingerprint: string;
  readonly samples_version: string;
  /** Samples that hold NaN or infinity at some step, and are drawn at none. */
  readonly hidden: readonly number[];
}

export interface StepFacts {
  readonly step: number;
  readonly unit: string;
  readonly epoch: number | null;
  readonly batch: number | null;
  readonly wall_time: number | null;
  readonly iterations: number | null;
  /** What was written in place of the step, a word or a fraction; shown instead of it. */
  readonly name?: string | null;
  /** Whether it is the model that the training left, other than that of its last epoch. */
  readonly end?: boolean;
  /** The place in the run's `phases` of the one in which it was recorded, null where nobody noted that. */
  readonly phase?: number | null;
  /** Whether a training has gone on from an earlier step since. */
  readonly superseded?: boolean;
}

/** What happened to the training. */
export interface PhaseFacts {
  readonly kind: string;
  /** The newest step of then, null before the first. */
  readonly step: number | null;
}

export type ColumnType = "category" | "number" | "date" | "text";

export interface SpriteFacts {
  readonly pages: number;
  /** Width and height of one thumbnail in pixels. */
  readonly cell: readonly [number, number];
  /** Thumbnails in one row of the sheet. */
  readonly columns: number;
  readonly channels: number;
}

export interface Run {
  readonly run: string;
  readonly source: string;
  readonly recording: boolean;
  readonly layers: readonly Layer[];
  readonly steps: readonly StepFacts[];
  /** How many steps a training has left behind, and the run of the same directory that has them too. */
  readonly superseded?: number;
  readonly all_steps?: string | null;
  readonly phases?: readonly PhaseFacts[];
  readonly problems: readonly string[];
}

/** One step of a projection: `positions * scale + offset`, `width` numbers a sample. */
export interface Frame {
  readonly step: number;
  readonly positions: Int16Array;
  /** 4, of which the last is unused, or the ten components of a linear view. */
  readonly width: number;
  readonly scale: number;
  readonly offset: readonly number[];
}

/** Four by four, column by column, as WebGL reads it. */
export type Matrix = readonly number[];

/** A frame together with the matrix that takes its integers to the scene's coordinates. */
export interface Pose {
  readonly positions: Int16Array;
  readonly placement: Matrix;
}

export type Dimensions = 2 | 3;
export type Drawing = "auto" | "dots" | "images";
/** An outline on the stage, in CSS pixels. */
export type Path = readonly (readonly [number, number])[];
/** What dragging over the stage does. */
export type Tool = "pan" | "lasso" | "box";
/** What a new set of samples does to the selection that is there. */
export type Combining = "replace" | "add" | "subtract";
export type Theme = "light" | "dark";

/** What one frame is worth; null where it is not known (yet). */
export interface FrameQuality {
  readonly step: number;
  readonly variance_shown: number | null;
  readonly trustworthiness?: number | null;
  readonly continuity?: number | null;
  readonly neighbors_kept?: number | null;
  /** Of only the samples that were placed among landmarks. */
  readonly placed_trustworthiness?: number | null;
  readonly placed_neighbors_kept?: number | null;
  readonly label_accuracy?: number | null;
  readonly motion_fidelity?: number | null;
  readonly motion?: number | null;
  /** Why a frame that was measured has no numbers. */
  readonly reason?: string | null;
}

export interface Quality {
  /** The column by which label accuracy is measured. */
  readonly label: string | null;
  /** How many samples were laid out where the others are placed by them. */
  readonly landmarks?: number | null;
  readonly frames: readonly FrameQuality[];
  readonly sentence: string;
  readonly warning?: string | null;
  readonly noise_floor?: number | null;
  readonly state?: JobState;
  /** Why the measuring has failed. */
  readonly message?: string;
}

export interface Parameter {
  readonly name: string;
  readonly type: "steps" | "integer" | "number" | "choice" | "flag" | "column" | "samples";
  readonly default: string | number | boolean;
  readonly meaning: string;
  readonly low: number | null;
  readonly high: number | null;
  readonly choices: readonly string[];
}

export type DistanceMetric = "euclidean" | "cosine";

export interface Neighbor {
  readonly sample: number;
  readonly distance: number;
}

export interface Engine {
  readonly name: string;
  readonly title: string;
  /** It takes time and is started on request; the others are linear and answer at once. */
  readonly iterative: boolean;
  readonly components: readonly number[];
  readonly parameters: readonly Parameter[];
  /** Why it cannot be used here. */
  readonly unavailable: string | null;
  /** Of fewer samples it makes no picture. */
  readonly least_samples: number;
}

/** The layer of another run in whose axes this one is shown. */
export interface AlignedTo {
  readonly run: string;
  readonly layer: string;
  readonly version: string;
}

/** Which projection: an engine and what it was told. */
export interface View {
  readonly engine: string;
  readonly iterative: boolean;
  readonly components: number;
  /** Only what differs from the engine's defaults. */
  readonly settings: Readonly<Record<string, string>>;
  readonly onto: AlignedTo | null;
  /** The label that axes between classes are made from, "" for none, where it is not the layer's own. */
  readonly label?: string;
}

/** A way through the scene. */
export interface Line {
  /** x, y, z of each point, the oldest first. */
  readonly points: Float32Array;
  readonly color: string;
  /** Thin and faint where it begins; else of one width. */
  readonly tapered: boolean;
}

/** Words at a place of the scene. */
export interface Label {
  readonly at: readonly [number, number, number];
  readonly text: string;
  /** In the middle of the place, as the name of a class; else beside it. */
  readonly centred: boolean;
}

/** What is written and drawn over the samples; of labels that would cover one another the first stays. */
export interface Annotations {
  readonly lines: readonly Line[];
  readonly labels: readonly Label[];
}

/** What lies on the stage besides the samples: one at a time. */
export type DisplayMode = "none" | "ghost" | "onion" | "density" | "regions";

/** Where each class's logit is the largest, in a scene seen from straight above. */
export interface Regions {
  /** a, b and c of each class: its logit at (x, y) is a + b x + c y. */
  readonly logits: Float64Array;
  /** Red, green and blue of each class. */
  readonly colors: readonly (readonly [number, number, number])[];
}

/** A model's logits on the plane of a linear view: at each step a, b and c of each class, whose logit at (u, v) is a + b u + c v. */
export interface PlaneLogits {
  readonly classes: readonly string[];
  readonly steps: readonly number[];
  /** A row a step. */
  readonly rows: readonly Float64Array[];
}

/** A plane seen from straight above. */
export interface PlaneCamera {
  readonly kind: "plane";
  readonly x: number;
  readonly y: number;
  /** How much of the scene the stage's height shows. */
  readonly height: number;
}

/** A turntable around a point. */
export interface SpaceCamera {
  readonly kind: "space";
  readonly target: readonly [number, number, number];
  readonly distance: number;
  /** Turn around the vertical and lift above the horizon, in radians. */
  readonly turn: number;
  readonly lift: number;
}

export type Camera = PlaneCamera | SpaceCamera;

/** A place that is told by where home is: so many times as near, in 3-D from that side. */
export interface NearHome {
  readonly kind: "near_home";
  readonly nearness: number;
  readonly side: Pick<SpaceCamera, "turn" | "lift"> | null;
}

/** What the stage gives away of its picture. */
export interface PictureExport {
  readonly width: number;
  readonly height: number;
  /** Where on the page it begins, in CSS pixels from above. */
  readonly top: number;
  /** How wide a sample is drawn, in CSS pixels. */
  readonly markWidth: number;
  /** x, y in CSS pixels and the distance from the eye of each sample; NaN where it is hidden. */
  screenPositions(): Float32Array;
  /** Hands over the picture, without its background, drawn at so many pixels a CSS pixel; null where nothing is drawn. */
  drawAt<T>(ratio: number, use: (picture: readonly HTMLCanvasElement[]) => T): T | null;
  /** Tells of each new picture until it is called off. */
  watch(drawn: (picture: readonly HTMLCanvasElement[]) => void): () => void;
}

/** Which projection, of which layer, in which version of its data. */
export interface ProjectionKey {
  readonly run: string;
  readonly layer: string;
  readonly version: string;
  readonly view: View;
  /** Null for all recorded steps. */
  readonly basisSteps: string | null;
}

/** Which layer, in which version of its data. */
export interface LayerKey {
  readonly run: string;
  readonly layer: string;
  readonly v: string;
  /** The column that is the label, "" for none, where it is not the layer's own. */
  readonly label?: string;
}

/** What the server has of the frames asked for, and how far it is with the others. */
export interface FramesAnswer {
  readonly frames: readonly Frame[];
  readonly progress: Progress;
}
