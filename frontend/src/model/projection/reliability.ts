// How reliable a view is, from what was measured of it; docs/metrics.md explains the thresholds.
import type { FrameQuality, Quality } from "../../types";
import { median } from "../scene/path_length";
import { percent, sentence } from "../text/words";

/** Of the nearest neighbors at least this share must be preserved. */
export const PRESERVED = 0.5;
/** Where neighbors are not measured: less of the variance than this calls for care. */
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

interface Movement {
  /** Between how many pairs of steps samples moved, and between how many of these within the engine's noise. */
  readonly pairs: number;
  readonly within: number;
  /** Linear axes show a part of the true movement, and add none of their own. */
  readonly linear: boolean;
  readonly fidelity: number | null;
}

/** The verdict on the view at a step; "unknown" where nothing was measured there. */
export function reliability(quality: Quality, step: number, named: Named): Reliability {
  const frame = quality.frames.find((one) => one.step === step);
  const movement = movementOf(quality);
  const preserved = frame?.neighbors_kept ?? null;
  const trouble = movementTrouble(movement, named);
  const found = preserved === null ? [] : [preservedInWords(preserved)];
  if (trouble?.grave) return { verdict: "motion", sentence: trouble.words, findings: found };
  const findings = [...found, ...movementInWords(movement, named)];
  const explained = frame?.variance_shown ?? null;
  const judged = judgedPlaces(preserved, explained, named.noun);
  if (judged === null) {
    return { verdict: "unknown", sentence: reasonOf(frame) ?? unmeasured(explained), findings };
  }
  if (judged !== "good") return { verdict: "care", sentence: judged, findings };
  if (trouble !== null) return { verdict: "care", sentence: trouble.words, findings: found };
  return { verdict: "good", sentence: praise(movement), findings };
}

/** "good", why places should be read with care, or null where nothing is known of them. */
function judgedPlaces(preserved: number | null, explained: number | null, noun: string) {
  if (preserved !== null) {
    return preserved >= PRESERVED
      ? "good"
      : "Read with care: most neighbors on screen are not neighbors in the layer.";
  }
  if (explained === null || explained >= EXPLAINED) return null;
  return `Read with care: the axes leave out most of this ${noun}'s variance.`;
}

/** That the axes explain much does not make neighbors on screen neighbors in the layer. */
function unmeasured(explained: number | null): string {
  return explained === null
    ? "Not measured yet."
    : "The axes show most of the variance; neighbors are not measured yet.";
}

function praise({ fidelity }: Movement): string {
  return fidelity === null
    ? "Reliable: most neighbors on screen are neighbors in the layer."
    : "Reliable: neighbors and movement on screen are those of the layer.";
}

function movementTrouble({ pairs, within, fidelity, linear }: Movement, { engine, noun }: Named) {
  if (within > 0) {
    const which = within === pairs ? `all ${noun}s` : `${within} of ${pairs} ${noun}s`;
    return {
      grave: within >= MOSTLY * pairs,
      words: `Between ${which} the movement is too small to tell from ${engine}'s own noise.`,
    };
  }
  if (fidelity === null || fidelity >= FAITHFUL) return null;
  return linear
    ? { grave: false, words: "Read with care: these axes show little of the layer's movement." }
    : {
        grave: true,
        words: "Movement on screen is not the layer's: don't read anything into it.",
      };
}

function movementInWords({ pairs, within, fidelity }: Movement, { noun }: Named): string[] {
  if (within > 0) return [`Movement: within noise between ${within} of ${pairs} ${noun}s`];
  if (fidelity === null) return [];
  const follows = fidelity < FAITHFUL ? "does not follow the layer" : "follows the layer";
  return [`Movement: ${follows} (rank correlation ${fidelity.toFixed(2)})`];
}

export function preservedInWords(share: number): string {
  return `${percent(share)} of nearest neighbors preserved`;
}

function movementOf({ frames, noise_floor: floor }: Quality): Movement {
  const known = (name: "motion" | "motion_fidelity") =>
    frames.flatMap((frame) => frame[name] ?? []);
  const moved = known("motion");
  const linear = floor === 0;
  const within = linear || floor == null ? [] : moved.filter((one) => one <= AT_NOISE * floor);
  const followed = Float64Array.from(known("motion_fidelity"));
  const fidelity = followed.length === 0 ? null : median(followed);
  return { pairs: moved.length, within: within.length, fidelity, linear };
}

function reasonOf(frame: FrameQuality | undefined): string | null {
  const reason = frame?.reason ?? "";
  return reason === "" ? null : sentence(reason);
}
