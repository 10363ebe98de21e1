// What is shown, in words.
import type { Run, StepFacts } from "../types";
import { last_step, type Store } from "./store";

/** "epoch 7 of 10" where the run counts epochs, else "step 700 of 1000". */
export function step_title(store: Store, step: number): string {
  const facts = facts_of(store.run.value, step);
  const last = facts_of(store.run.value, last_step(store.steps.value) ?? step);
  const counts_epochs = facts?.unit === "epoch" && facts.epoch !== null && last?.epoch != null;
  return counts_epochs
    ? `epoch ${facts.epoch} of ${last.epoch}`
    : `step ${step} of ${last_step(store.steps.value) ?? step}`;
}

export function engine_title({ engines, engine }: Store): string {
  const facts = engines.value.find(({ name }) => name === engine.value);
  return facts?.title ?? engine.value.toUpperCase();
}

/** What the canvas shows, in words. */
export function stage_title(store: Store): string {
  const { dimensions, layer, step } = store;
  if (layer.value === null || step.value === null) return "Nothing to show yet";
  const title = engine_title(store);
  const drawn = layer.value.samples - layer.value.hidden.length;
  const samples = drawn.toLocaleString("en-US");
  return `${dimensions.value}-D ${title} of ${layer.value.name}, step ${step.value}, ${samples} samples`;
}

function facts_of(run: Run | null, step: number): StepFacts | undefined {
  return run?.steps.find((facts) => facts.step === step);
}
