// The part of the store that says what is shown beside the picture, in a second pane. `actions/compare.ts` changes it, and
// `effects/second_pane.ts` does what follows from it.
import { type Signal, signal } from "@preact/signals";
import type { Pairing } from "../../model/comparison/matching_steps";
import { type Linking, UNKNOWN } from "../../model/comparison/same_samples";

/** What the companion shows; in all else it follows the first pane. */
export interface SecondPane {
  readonly run: string;
  readonly layer: string;
  /** Null for the first pane's. */
  readonly engine: string | null;
  /** Which of its steps goes with the one of the first pane. */
  readonly pairing: Pairing;
  /** A run's own linear axes, where it could be carried into those of the first pane. */
  readonly ownAxes: boolean;
}

export class ComparisonState {
  /** Null while nothing is compared. */
  readonly secondPane: Signal<SecondPane | null> = signal(null);
  readonly linking: Signal<Linking> = signal(UNKNOWN);
  /** The window is wide enough for two panes and the panels around them. */
  readonly wideEnough: Signal<boolean> = signal(false);
}
