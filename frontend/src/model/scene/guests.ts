// Samples that were not recorded: where they are drawn among those that were.
import type { Frame, Pose } from "../../types";

/** What the server says of them. */
export interface GuestsAnswer {
  readonly names: readonly string[];
  /** The engine can place them at all. */
  readonly placeable: boolean;
  /** By step, where there are any. */
  readonly frames: ReadonlyMap<number, Frame>;
  /** By step, of each guest the recorded samples nearest in the layer's own space, the nearest first. */
  readonly neighbors: ReadonlyMap<number, readonly (readonly number[])[]>;
}

/** x, y, z of each guest in the scene; of none where they are not shown. */
export interface GuestMarks {
  readonly places: Float32Array;
  readonly names: readonly string[];
}

export const NO_GUESTS: GuestMarks = { places: new Float32Array(), names: [] };

/** A move of the samples. */
interface Move {
  readonly from: Pose;
  readonly to: Pose;
  readonly mix: number;
}

/** Carries guests along with the samples: an interrupted move continues from where they then are. */
export class GuestMotion {
  private to: Pose | null = null;
  private from: Float32Array = NO_GUESTS.places;
  private here: Float32Array = NO_GUESTS.places;

  /** Where they are drawn, on their way to the places that they have at the end of the move. */
  carry({ from, to, mix }: Move, places: Float32Array): Float32Array {
    if (this.to !== to) this.from = this.here;
    this.to = to;
    const start = this.from;
    const moves = from !== to && start.length === places.length;
    this.here = moves
      ? places.map((end, i) => (start[i] as number) + mix * (end - (start[i] as number)))
      : places;
    return this.here;
  }
}
