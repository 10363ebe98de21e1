// What is shown, in words.
import type { Run, StepFacts } from "../types";
import { last_step, type Store } from "./store";

/** What a person calls a step: its number, or what was written in its place. */
export function shown_step(store: Store, step: number): string {
  return step_name(store.run.value, step);
}

/** The same of any run. */
export function step_name(run: Run | null, step: number): string {
  return facts_of(run, step)?.name ?? `${step}`;
}

/** "epoch 7 of 10" where the run counts epochs, else "step 700 of 1000", or "step warmup, 1 of 3". */
export function step_title(store: Store, step: number): string {
  const facts = facts_of(store.run.value, step);
  const last = facts_of(store.run.value, last_step(store.steps.value) ?? step);
  if (facts?.name != null) {
    const steps = store.steps.value;
    return `step ${facts.name}, ${steps.indexOf(step) + 1} of ${steps.length}`;
  }
  const counts_epochs = facts?.unit === "epoch" && facts.epoch !== null && last?.epoch != null;
  const left = `${facts?.end ? ", final weights" : ""}${facts?.superseded ? ", superseded" : ""}`;
  return counts_epochs
    ? `epoch ${facts.epoch} of ${last.epoch}${left}`
    : `step ${step} of ${shown_step(store, last_step(store.steps.value) ?? step)}`;
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
  return `${dimensions.value}-D ${title} of ${layer.value.name}, step ${shown_step(store, step.value)}, ${samples} samples`;
}

function facts_of(run: Run | null, step: number): StepFacts | undefined {
  return run?.steps.find((facts) => facts.step === step);
}
