// The part of the store that says what is shown beside the picture, in a second pane. `compare.ts` holds what changes it,
// `companion.ts` what follows from it.
import { type Signal, signal } from "@preact/signals";
import { type Linking, UNKNOWN } from "./linking";
import type { Pairing } from "./pairing";
import type { Store } from "./store";

/** What the companion shows; in all else it follows the first pane. */
export interface Beside {
  readonly run: string;
  readonly layer: string;
  /** Null for the first pane's. */
  readonly engine: string | null;
  /** Which of its steps goes with the one of the first pane. */
  readonly pairing: Pairing;
  /** A run's own linear axes, where it could be carried into those of the first pane. */
  readonly ownAxes: boolean;
}

export class Comparing {
  /** Null while nothing is compared. */
  readonly beside: Signal<Beside | null> = signal(null);
  /** The second pane's store, while it is open. */
  readonly companion: Signal<Store | null> = signal(null);
  readonly linking: Signal<Linking> = signal(UNKNOWN);
  /** The window is wide enough for two panes and the panels around them. */
  readonly room: Signal<boolean> = signal(false);
}
