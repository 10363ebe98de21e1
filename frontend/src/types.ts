// What the server says and what the parts of the page hand to one another, named as in docs/glossary.md.

export interface Layer {
  readonly name: string;
  readonly samples: number;
  readonly units: number;
  readonly steps: readonly number[];
  readonly version: string;
  /** The samples that its rows are: the layers of a run may share them. */
  readonly columns: readonly { readonly name: string; readonly type: ColumnType }[];
  readonly sprite: SpriteFacts | null;
  readonly fingerprint: string;
  readonly samples_version: string;
}

export interface StepFacts {
  readonly step: number;
  readonly unit: string;
  readonly epoch: number | null;
  readonly batch: number | null;
  readonly wall_time: number | null;
  readonly iterations: number | null;
}

export type ColumnType = "category" | "number" | "text";

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
  readonly problems: readonly string[];
}

/** One step of a projection: `positions * scale + offset`, four numbers a sample of which the last is unused. */
export interface Frame {
  readonly step: number;
  readonly positions: Int16Array;
  readonly scale: number;
  readonly offset: readonly [number, number, number];
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

export interface Quality {
  readonly variance: readonly number[];
  readonly frames: readonly { readonly step: number; readonly variance_shown: number | null }[];
  readonly sentence: string;
}

export type Metric = "euclidean" | "cosine";

export interface Neighbor {
  readonly sample: number;
  readonly distance: number;
}

export interface Engine {
  readonly name: string;
  readonly title: string;
}
