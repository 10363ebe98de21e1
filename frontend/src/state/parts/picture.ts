// What the picture is of, which may not be what was chosen last; and what is known of the wait for that.
import { computed, type ReadonlySignal, signal } from "@preact/signals";
import { samplesKey } from "../../model/comparison/same_samples";
import type { Estimate } from "../../model/projection/waiting";
import type { Layer, Run } from "../../types";
import type { FrameCache } from "./frame_cache";

interface Parts {
  readonly frames: ReadonlySignal<FrameCache | null>;
  readonly run: ReadonlySignal<Run | null>;
  readonly layer: ReadonlySignal<Layer | null>;
}

export class PictureState {
  /** The frames that are drawn; null before the first picture. */
  readonly of = signal<FrameCache | null>(null);
  /** Somebody has chosen the view on this page, since an address or a bookmark named one. */
  readonly chosenByHand = signal(false);
  /** A layout starts by itself as soon as the server has ended another job. */
  readonly startsLater = signal(false);
  /** How far a layout under way is; null while none is. */
  readonly estimate = signal<Estimate | null>(null);
  /** How many of very many samples are drawn for now; null where all are. */
  readonly some = signal<number | null>(null);
  /** The picture is that of an earlier choice. */
  readonly stale: ReadonlySignal<boolean>;
  /** Its samples are not those that everything else on the page is of. */
  readonly ofOtherSamples: ReadonlySignal<boolean>;

  constructor({ frames, run, layer }: Parts) {
    this.stale = computed(() => {
      const of = this.of.value;
      return of !== null && of !== frames.value && of !== frames.value?.refits;
    });
    this.ofOtherSamples = computed(() => {
      if (!this.stale.value || run.value === null || layer.value === null) return false;
      return this.of.value?.samples !== samplesKey(run.value.run, layer.value);
    });
  }
}
