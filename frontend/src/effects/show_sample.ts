// A fair part of very many samples, on the stage until all of them are there. They are nobody's yet: they have one color,
// and are neither pointed at nor selected.
import { computed, effect, type ReadonlySignal } from "@preact/signals";
import { colorAlike } from "../color";
import { UNTURNED_AXES } from "../model/scene/components";
import { extentOfPoses, poseOf } from "../model/scene/pose";
import { UNTURNED } from "../model/scene/rotations";
import type { Store } from "../state/store";
import type { Dimensions, Pose } from "../types";

/** What it needs of the stage. */
interface SampleStage {
  setPaint(paint: Uint8Array): void;
  setExtent(extentOf: (dimensions: Dimensions) => Float32Array[], change: "other"): void;
}

export interface Sample {
  readonly poses: { readonly from: Pose; readonly to: Pose };
  readonly count: number;
  readonly extentOf: (dimensions: Dimensions) => Float32Array[];
}

/** What is to be drawn in place of all samples; null where those are there, or an earlier picture is. */
export function sampleOf(store: Store): ReadonlySignal<Sample | null> {
  return computed(() => {
    const frame = store.frames.value?.sample.value ?? null;
    if (frame === null || store.motion.shown.value !== null) return null;
    const turn = store.turn.value ?? UNTURNED_AXES;
    const pose = poseOf(frame, UNTURNED, store.dimensions.value, turn);
    return {
      poses: { from: pose, to: pose },
      count: frame.positions.length / 4,
      extentOf: (dimensions) => extentOfPoses([poseOf(frame, UNTURNED, dimensions, turn)]),
    };
  });
}

/** Colors the sample and looks at it; what stops that. */
export function showSample(
  store: Store,
  stage: SampleStage,
  sample: ReadonlySignal<Sample | null>,
): (() => void)[] {
  return [
    effect(() => {
      if (sample.value === null) return;
      stage.setPaint(colorAlike(sample.value.count, store.theme.value).bytes);
    }),
    effect(() => {
      if (sample.value !== null) stage.setExtent(sample.value.extentOf, "other");
    }),
  ];
}
