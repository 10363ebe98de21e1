// The part of the store that knows the samples that were not recorded, and how they are shown.
import { type Signal, signal } from "@preact/signals";
import type { GuestsAnswer } from "../../model/scene/guests";
import type { FrameCache } from "./frame_cache";

/** A guest that is pointed at, and where it lies on the stage, in CSS pixels. */
export interface GuestHover {
  readonly guest: number;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly rightHalf: boolean;
  readonly lowerHalf: boolean;
}

export class GuestsState {
  /** What the server said last, and of which frames. */
  readonly found: Signal<{ readonly of: FrameCache; readonly answer: GuestsAnswer } | null> =
    signal(null);
  readonly shown: Signal<boolean> = signal(true);
  /** Pointed at on the stage or in the list. */
  readonly pointed: Signal<number | null> = signal(null);
  readonly hover: Signal<GuestHover | null> = signal(null);
  /** How many of those that are drawn lie off the stage. */
  readonly outside: Signal<number> = signal(0);
  /** How often the camera was asked to show them with all samples. */
  readonly fitRequests: Signal<number> = signal(0);

  /** x and y of each as it is drawn now, in CSS pixels of the stage. */
  screenPositions: () => Float32Array = () => new Float32Array();

  toggle(): void {
    this.shown.value = !this.shown.value;
  }

  fit(): void {
    this.fitRequests.value += 1;
  }

  pointAt(guest: number | null): void {
    this.pointed.value = guest;
  }
}
