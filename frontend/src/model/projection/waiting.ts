// Waiting for a layout: when it starts without being asked for, and what can honestly be said of how long it takes.
import type { JobState, Progress } from "../../progress";

export function isUnderWay({ state }: Progress): boolean {
  return state === "waiting" || state === "running";
}

/** Seconds that somebody who has chosen a view waits without being asked whether to. */
export const SHORT_WAIT = 20;

/** What decides whether a layout is started without another click. */
export interface Situation {
  readonly state: JobState;
  readonly expectedSeconds: number | null;
  /** Jobs that the server has, of whatever layout. */
  readonly jobs: number;
  /** Somebody has chosen this view on this page; no address, bookmark or reload did. */
  readonly chosenByHand: boolean;
  /** Its engine is installed. */
  readonly available: boolean;
}

/** "yes", "no", or "later" where only another job is in the way. What was cancelled or has failed starts on request alone. */
export function startsByItself(situation: Situation): "yes" | "no" | "later" {
  const { state, expectedSeconds, jobs, chosenByHand, available } = situation;
  if (state !== "absent" || !chosenByHand || !available) return "no";
  if (expectedSeconds === null || expectedSeconds >= SHORT_WAIT) return "no";
  return jobs === 0 ? "yes" : "later";
}

/** How far a layout is, as it may be shown: neither its share nor its count ever falls, its seconds never rise. */
export interface Estimate {
  /** Steps of the whole layout, and which of them is being computed, counted from 1. */
  readonly total: number;
  readonly current: number;
  /** Steps that are computed, with the part of the one under way; always less than `total`. */
  readonly done: number;
  /** The least that was ever promised. */
  readonly secondsLeft: number | null;
  /** It takes longer than was promised, so that nothing is said of the rest. */
  readonly late: boolean;
}

/** Seconds by which an estimate may exceed what was promised before it counts as late. */
const SLACK = 2;
/** The part of the last step that cannot be shown as done before it is. */
const NEVER_FULL = 0.995;

/** What may be shown after an answer of the server, given what was shown before it. */
export function nextEstimate(before: Estimate | null, progress: Progress): Estimate {
  const { total, part = 0, expected_seconds: expected, state } = progress;
  const told = Math.min(progress.done + part, total - 1 + NEVER_FULL);
  const done = Math.max(before?.done ?? 0, told, 0);
  const current = Math.min(total, Math.floor(done) + 1);
  const shown = { total, done, current };
  const promised = before?.secondsLeft ?? null;
  if (expected === null || state !== "running") {
    return { ...shown, secondsLeft: promised, late: before?.late ?? false };
  }
  // The promise may also have run out with most of the work left.
  const late =
    (promised !== null && expected > promised + SLACK) || (expected < 1 && told < total - 1);
  return { ...shown, secondsLeft: Math.min(promised ?? expected, expected), late };
}
