// How far the server is with a job, see docs/http_api.md.

export type JobState = "absent" | "waiting" | "running" | "done" | "failed" | "cancelled";

/** How far the server has come with the frames of a layout. */
export interface Progress {
  readonly state: JobState;
  readonly done: number;
  readonly total: number;
  readonly message: string;
  readonly expected_seconds: number | null;
  /** The share of the frame under way that is done. */
  readonly part?: number;
  /** How many samples are laid out where the others are placed by them; null where all are. */
  readonly landmarks?: number | null;
  /** How many jobs the server has, of whatever layout. */
  readonly jobs?: number;
  /** The coordinate system of a layout's frames: frames of another one do not fit. */
  readonly layout?: string | undefined;
  /** How the run was carried into another one's axes. */
  readonly onto?: { readonly sentence: string } | null;
}
