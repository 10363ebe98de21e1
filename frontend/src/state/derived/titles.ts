// What is shown, in words.

import { supersededInWords } from "../../model/time/phases";
import type { Run, StepFacts } from "../../types";
import { lastStep, type Store } from "../store";

/** What a person calls a step: its number, or what was written in its place. */
export function shownStep(store: Store, step: number): string {
  return stepName(store.run.value, step);
}

/** The same of any run. */
export function stepName(run: Run | null, step: number): string {
  return factsOf(run, step)?.name ?? `${step}`;
}

/** "epoch 7 of 10" where the run counts epochs, else "step 700 of 1000", or "step warmup, 1 of 3". */
export function stepTitle(store: Store, step: number): string {
  const facts = factsOf(store.run.value, step);
  const last = factsOf(store.run.value, lastStep(store.steps.value) ?? step);
  if (facts?.name != null) {
    const steps = store.steps.value;
    return `step ${facts.name}, ${steps.indexOf(step) + 1} of ${steps.length}`;
  }
  const countsEpochs = facts?.unit === "epoch" && facts.epoch !== null && last?.epoch != null;
  const superseded = facts?.superseded ? `, ${supersededInWords(store.run.value, facts)}` : "";
  const left = `${facts?.end ? ", final weights" : ""}${superseded}`;
  return countsEpochs
    ? `epoch ${facts.epoch} of ${last.epoch}${left}`
    : `step ${step} of ${shownStep(store, lastStep(store.steps.value) ?? step)}`;
}

export function engineTitle({ engines, engine }: Store): string {
  const facts = engines.value.find(({ name }) => name === engine.value);
  return facts?.title ?? engine.value.toUpperCase();
}

/** What the canvas shows, in words. */
export function stageTitle(store: Store): string {
  const { dimensions, layer, step } = store;
  if (layer.value === null || step.value === null) return "Nothing to show yet";
  const title = engineTitle(store);
  const drawn = layer.value.samples - layer.value.hidden.length;
  const samples = drawn.toLocaleString("en-US");
  return `${dimensions.value}-D ${title} of ${layer.value.name}, step ${shownStep(store, step.value)}, ${samples} samples`;
}

function factsOf(run: Run | null, step: number): StepFacts | undefined {
  return run?.steps.find((facts) => facts.step === step);
}
