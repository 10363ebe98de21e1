// Which step of one recording goes with which of another: at the same epoch, after as long a training, at the same value of
// a metric, or a step of its own.
import type { StepFacts } from "../../types";
import { nearestPlace } from "../time/axis";

export type Pairing =
  | { readonly kind: "epoch" | "time" | "step" }
  | { readonly kind: "metric"; readonly metric: string }
  /** So many snapshots later; fewer than none is earlier. */
  | { readonly kind: "offset"; readonly places: number }
  | { readonly kind: "fixed"; readonly step: number };

/** A recording's snapshots, and what is known of each. */
export interface Timed {
  readonly steps: readonly number[];
  readonly facts: readonly StepFacts[];
  /** By step, of the metric that pairs them; null until it has come. */
  readonly values: ReadonlyMap<number, number> | null;
}

/** The step of the second recording that goes with a step of the first; null where nothing tells. */
export function pairedStep(
  pairing: Pairing,
  step: number,
  first: Timed,
  second: Timed,
): number | null {
  if (pairing.kind === "fixed") return second.steps.includes(pairing.step) ? pairing.step : null;
  if (pairing.kind === "offset") {
    const place = nearestPlace(second.steps, step) + pairing.places;
    return second.steps[Math.max(0, Math.min(second.steps.length - 1, place))] ?? null;
  }
  const wanted = keyOf(pairing, first, step);
  if (wanted === null) return null;
  const known = second.steps.flatMap((one) => {
    const key = keyOf(pairing, second, one);
    return key === null ? [] : [{ step: one, key }];
  });
  const place = nearestPlace(
    known.map(({ key }) => key),
    wanted,
  );
  return known[place]?.step ?? null;
}

/** What can pair the steps of two recordings, besides a metric and a step of its own; the best first. */
export function offered(first: Timed, second: Timed): ("epoch" | "time" | "step")[] {
  const kinds = ["epoch", "time", "step"] as const;
  const known = (side: Timed, kind: (typeof kinds)[number]) =>
    side.steps.some((step) => keyOf({ kind }, side, step) !== null);
  return kinds.filter((kind) => known(first, kind) && known(second, kind));
}

/** `epoch`, `metric accuracy`, `offset -1`, `fixed 3`. */
export function writePairing(pairing: Pairing): string {
  if (pairing.kind === "metric") return `metric ${pairing.metric}`;
  if (pairing.kind === "offset") return `offset ${pairing.places}`;
  return pairing.kind === "fixed" ? `fixed ${pairing.step}` : pairing.kind;
}

export function readPairing(text: string): Pairing | null {
  const [, kind = "", rest = ""] = /^(\w+)(?: (.+))?$/.exec(text) ?? [];
  if (kind === "epoch" || kind === "time" || kind === "step") return { kind };
  if (kind === "metric" && rest !== "") return { kind, metric: rest };
  if (!/^-?\d{1,15}$/.test(rest)) return null;
  if (kind === "offset") return { kind, places: Number(rest) };
  return kind === "fixed" ? { kind, step: Number(rest) } : null;
}

function keyOf(pairing: Pairing, side: Timed, step: number): number | null {
  if (pairing.kind === "step") return step;
  if (pairing.kind === "metric") return side.values?.get(step) ?? null;
  const facts = side.facts.find((one) => one.step === step);
  if (pairing.kind === "epoch") return facts?.epoch ?? null;
  // Trainings begin at different hours: what counts is the time since a run's first snapshot.
  const start = side.facts[0]?.wall_time ?? null;
  const time = facts?.wall_time ?? null;
  return start === null || time === null ? null : time - start;
}
