// How reliable a view is, from what was measured of it; docs/metrics.md explains the thresholds.
import type { FrameQuality, Quality } from "../../types";

/** Of the nearest neighbors at least this share must be preserved. */
export const PRESERVED = 0.5;
/** Where neighbors are not measured: of the variance at least this share must be explained. */
export const EXPLAINED = 0.5;
/** A rank correlation of movements below this means that the one does not follow the other. */
export const FAITHFUL = 0.3;
/** Movement of at most so many times the engine's own is taken for the engine's own. */
export const AT_NOISE = 1.5;
/** Where this share of the movements is within noise, none should be read. */
export const MOSTLY = 0.5;

export type Verdict = "good" | "care" | "motion" | "unknown";

export interface Reliability {
  readonly verdict: Verdict;
  readonly sentence: string;
  /** What else was found, one sentence each. */
  readonly findings: readonly string[];
}

/** How the page names what is judged. */
export interface Named {
  readonly engine: string;
  readonly noun: "epoch" | "step";
}

/** Between how many pairs of steps samples moved, between how many within the engine's noise, and the median correlation. */
interface Movement {
  readonly pairs: number;
  readonly within: number;
  readonly fidelity: number | null;
}

/** The verdict on the view at a step; "unknown" where nothing was measured there. */
export function reliability(quality: Quality, step: number, named: Named): Reliability {
  const frame = quality.frames.find((one) => one.step === step);
  const movement = movementOf(quality);
  const preserved = frame?.neighbors_kept ?? null;
  const explained = frame?.variance_shown ?? null;
  const findings = findingsOf(preserved, movement, named);
  const unreadable = movementTrouble(movement, named);
  if (unreadable?.grave) return { verdict: "motion", sentence: unreadable.words, findings };
  const judged = judgedPlaces(preserved, explained, named.noun);
  if (judged === null) {
    return { verdict: "unknown", sentence: reasonOf(frame) ?? "Not measured yet.", findings };
  }
  if (judged !== "good") return { verdict: "care", sentence: judged, findings };
  if (unreadable !== null) return { verdict: "care", sentence: unreadable.words, findings };
  return { verdict: "good", sentence: praise(preserved, movement), findings };
}

/** "good", why places should be read with care, or null where nothing is known of them. */
function judgedPlaces(preserved: number | null, explained: number | null, noun: string) {
  if (preserved !== null) {
    return preserved >= PRESERVED
      ? "good"
      : "Read with care: most neighbors on screen are not neighbors in the layer.";
  }
  if (explained === null) return null;
  return explained >= EXPLAINED
    ? "good"
    : `Read with care: the axes leave out most of this ${noun}'s variance.`;
}

function praise(preserved: number | null, { fidelity }: Movement): string {
  if (preserved === null) return "Reliable: the axes show most of the variance.";
  return fidelity === null
    ? "Reliable: most neighbors on screen are neighbors in the layer."
    : "Reliable: neighbors and movement on screen are those of the layer.";
}

function movementTrouble({ pairs, within, fidelity }: Movement, { engine, noun }: Named) {
  if (within > 0) {
    const which = within === pairs ? `all ${noun}s` : `${within} of ${pairs} ${noun}s`;
    return {
      grave: within >= MOSTLY * pairs,
      words: `Between ${which} the movement is within ${engine}'s noise; don't read anything into it.`,
    };
  }
  if (fidelity === null || fidelity >= FAITHFUL) return null;
  return {
    grave: true,
    words: "Movement on screen does not follow the layer; don't read anything into it.",
  };
}

function findingsOf(preserved: number | null, movement: Movement, { noun }: Named): string[] {
  const { pairs, within, fidelity } = movement;
  const found = preserved === null ? [] : [preservedInWords(preserved)];
  if (within > 0) {
    const where = within === pairs ? "" : ` between ${within} of ${pairs} ${noun}s`;
    return [...found, `Movement: within noise${where}`];
  }
  if (fidelity === null) return found;
  const follows = fidelity < FAITHFUL ? "does not follow the layer" : "follows the layer";
  return [...found, `Movement: ${follows} (rank correlation ${fidelity.toFixed(2)})`];
}

export function preservedInWords(share: number): string {
  return `${percent(share)} of nearest neighbors preserved`;
}

export function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}

function movementOf({ frames, noise_floor: floor }: Quality): Movement {
  const known = (name: "motion" | "motion_fidelity") =>
    frames.flatMap((frame) => frame[name] ?? []);
  const moved = known("motion");
  // A linear view moves nothing by itself: its floor is 0.
  const within = floor == null || floor === 0 ? [] : moved.filter((one) => one <= AT_NOISE * floor);
  return { pairs: moved.length, within: within.length, fidelity: median(known("motion_fidelity")) };
}

function median(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return low === undefined || high === undefined ? null : (low + high) / 2;
}

function reasonOf(frame: FrameQuality | undefined): string | null {
  const reason = frame?.reason ?? "";
  return reason === "" ? null : `${reason.charAt(0).toUpperCase()}${reason.slice(1)}.`;
}
