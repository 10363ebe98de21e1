// The part of the store that says what is shown besides the samples, and how time goes.
import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Held } from "../../model/scene/hold_still";
import type { DisplayMode, PlaneLogits } from "../../types";

/** So many dots are a blot: their density says more. */
export const MANY_SAMPLES = 100_000;

export class DisplayState {
  readonly trails: Signal<boolean> = signal(false);
  /** As somebody has chosen it; null while the number of classes decides. */
  readonly requestedNames: Signal<boolean | null> = signal(null);
  /** The column whose values are written beside hovered and selected samples; "" for none. */
  readonly labelBy: Signal<string> = signal("");
  /** Lines from each sample to the one that a column calls the next. */
  readonly sequence: Signal<boolean> = signal(false);
  /** As somebody has chosen it; null while the number of samples decides. */
  readonly requestedMode: Signal<DisplayMode | null> = signal(null);
  /** The step of the ghost, and the other one of the onion skin; null for the first and the last step. */
  readonly ghostStep: Signal<number | null> = signal(null);
  readonly otherStep: Signal<number | null> = signal(null);
  /** What decision regions follow from, at all steps; null where there are none. */
  readonly planeLogits: Signal<PlaneLogits | null> = signal(null);
  /** Why the server has none. */
  readonly regionsProblem: Signal<string | null> = signal(null);
  /** Factors of our own choice. */
  readonly dotSize: Signal<number> = signal(1);
  readonly opacity: Signal<number> = signal(1);
  /** The number column that says how large a sample is drawn; "" for none. */
  readonly sizeBy: Signal<string> = signal("");
  /** The samples that stay where they are while the others move. */
  readonly held: Signal<Held | null> = signal(null);
  readonly loop: Signal<boolean> = signal(false);
  /** Every step is as far from the next, whatever was trained between; else as far as that. */
  readonly even: Signal<boolean> = signal(true);
  /** While a run is recorded, whoever looks at the last step is taken along to the next. */
  readonly follow: Signal<boolean> = signal(true);
  /** How often the camera was asked to show the selection alone. */
  readonly fitRequests: Signal<number> = signal(0);
  /** How often new axes have been asked for. */
  readonly refitRequests: Signal<number> = signal(0);
  readonly mode: ReadonlySignal<DisplayMode>;

  constructor(samples: ReadonlySignal<number>) {
    this.mode = computed(
      () => this.requestedMode.value ?? (samples.value > MANY_SAMPLES ? "density" : "none"),
    );
  }

  showTrails(shown: boolean): void {
    this.trails.value = shown;
  }

  showClassNames(shown: boolean): void {
    this.requestedNames.value = shown;
  }

  showSequence(shown: boolean): void {
    this.sequence.value = shown;
  }

  chooseLabelBy(column: string): void {
    this.labelBy.value = column;
  }

  chooseSizeBy(column: string): void {
    this.sizeBy.value = column;
  }

  chooseOverlay(overlay: DisplayMode): void {
    this.requestedMode.value = overlay;
  }

  chooseGhost(which: "ghostStep" | "otherStep", step: number): void {
    this[which].value = step;
  }

  tune(what: "dotSize" | "opacity", factor: number): void {
    this[what].value = factor;
  }

  toggleLoop(): void {
    this.loop.value = !this.loop.value;
  }

  spaceEvenly(even: boolean): void {
    this.even.value = even;
  }

  /** Shows the selected samples as large as they fit. */
  fitToSelection(): void {
    this.fitRequests.value += 1;
  }

  /** Makes the axes from all steps that there are by now. */
  refitAxes(): void {
    this.refitRequests.value += 1;
  }
}
