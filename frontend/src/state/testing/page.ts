// A page after its first picture, without a server: for unit tests. Four samples on a line that grows from step to step.
import type { Column, Table } from "../../model/samples/table";
import { takeBasis } from "../../model/time/basis";
import type { Frame, FramesAnswer, Layer, Run, View } from "../../types";
import { createStore } from "../new_store";
import { Activity } from "../parts/activity";
import { FrameCache } from "../parts/frame_cache";
import type { FrameServer } from "../parts/frame_server";
import type { Store } from "../store";

// Without a screen there are no animations to end.
globalThis.cancelAnimationFrame ??= () => {};

export const STEPS = [0, 1, 2];
export const SAMPLES = 4;
export const PCA: View = {
  engine: "pca",
  iterative: false,
  components: 3,
  settings: {},
  onto: null,
};

export function layerOf(name: string, more: Partial<Layer> = {}): Layer {
  return {
    name,
    samples: SAMPLES,
    units: 2,
    version: "v",
    samples_version: "s",
    fingerprint: "f",
    steps: STEPS,
    columns: [
      { name: "label", type: "category", by_step: false },
      { name: "loss", type: "number", by_step: false },
    ],
    label: "label",
    label_reason: "",
    sprite: null,
    hidden: [],
    ...more,
  };
}

export function runOf(name: string, layers: readonly Layer[], more: Partial<Run> = {}): Run {
  const numbers = new Set(layers.flatMap((layer) => layer.steps));
  const steps = Array.from(numbers, (step) => ({
    step,
    unit: "epoch",
    epoch: step,
    batch: null,
    wall_time: null,
    iterations: null,
  }));
  return { run: name, source: "us", recording: false, layers, steps, problems: [], ...more };
}

/** Sample i lies at (100 i (step + 1), 10 i). */
export function frameOf(step: number): Frame {
  const places = Array.from({ length: SAMPLES }, (_, i) => [100 * i * (step + 1), 10 * i, 0, 0]);
  return { step, positions: Int16Array.from(places.flat()), width: 4, scale: 1, offset: [0, 0, 0] };
}

export const LABEL: Column = {
  type: "category",
  name: "label",
  codes: Int32Array.of(0, 0, 1, 1),
  words: ["cat", "dog"],
};
export const LOSS: Column = { type: "number", name: "loss", values: Float64Array.of(3, 1, 2, NaN) };

/** Answers the frames of all steps that are asked for, which are written as ranges. */
export function allFrames(asked: string[] = []): FrameServer {
  return {
    fetchFrames: async (_key, steps): Promise<FramesAnswer> => {
      asked.push(steps);
      const [from = 0, to = from] = steps.split("-").map(Number);
      const frames = STEPS.filter((step) => step >= from && step <= to).map(frameOf);
      const progress = { state: "done", done: 3, total: 3, message: "", expected_seconds: null };
      return { frames, progress } as FramesAnswer;
    },
    cancelLayout: async () => {},
  };
}

/** The store at the last step, all frames there. */
export async function pageOf(table: Table = [LABEL, LOSS], server = allFrames()): Promise<Store> {
  const store = createStore(() => true, true);
  const layer = layerOf("fc1");
  const run = runOf("a", [layer, layerOf("fc2")]);
  store.runs.value = [run];
  store.runName.value = "a";
  store.layerName.value = "fc1";
  store.recorded.value = table;
  store.colorBy.value = "label";
  store.step.value = 2;
  const basis = takeBasis(run, layer);
  const ready = Promise.resolve();
  const frames = new FrameCache(run, layer, PCA, basis, 2, new Activity(), ready, server);
  store.frames.value = frames;
  for (let i = 0; i < 50 && !frames.complete; i += 1) await Promise.resolve();
  const pose = frames.pose(2, 2);
  if (pose !== null) store.motion.jump(pose, 2);
  return store;
}
