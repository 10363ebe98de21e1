// What is shown, in words.

import { counted } from "../../model/text/words";
import { supersededInWords } from "../../model/time/phases";
import type { Run, StepFacts } from "../../types";
import { lastStep, type Store } from "../store";

/** What a person calls a step where "epoch" or "step" stands before it already: the epoch, the number, or what was written. */
export function shownStep(store: Store, step: number): string {
  return stepName(store.run.value, step);
}

/** The same of any run. */
export function stepName(run: Run | null, step: number): string {
  const facts = factsOf(run, step);
  return facts?.name ?? `${countsEpochs(facts) ? facts.epoch : step}`;
}

/** "epoch 7", "step 700", or "step warmup". */
export function namedStep(store: Store, step: number): string {
  return namedStepOf(store.run.value, step);
}

/** The same of any run. */
export function namedStepOf(run: Run | null, step: number): string {
  const noun = countsEpochs(factsOf(run, step)) ? "epoch" : "step";
  return `${noun} ${stepName(run, step)}`;
}

/** "epoch" where the run counts epochs, else "step". */
export function stepNoun({ run }: Pick<Store, "run">): "epoch" | "step" {
  const steps = run.value?.steps ?? [];
  return steps.length > 0 && steps.every(countsEpochs) ? "epoch" : "step";
}

/** "11 epochs", "1 step". */
export function countedSteps(store: Store, count: number): string {
  return counted(count, stepNoun(store));
}

/** "epoch 7 of 10" where the run counts epochs, else "step 700 of 1000", or "step warmup, 1 of 3". */
export function stepTitle(store: Store, step: number): string {
  const run = store.run.value;
  const facts = factsOf(run, step);
  if (facts?.name != null) {
    const steps = store.steps.value;
    return `step ${facts.name}, ${steps.indexOf(step) + 1} of ${steps.length}`;
  }
  const last = lastStep(store.steps.value) ?? step;
  const sameNoun = countsEpochs(facts) === countsEpochs(factsOf(run, last));
  const title = `${namedStep(store, step)}${sameNoun ? ` of ${stepName(run, last)}` : ""}`;
  const superseded = facts?.superseded
    ? `, ${supersededInWords(run, facts, (one) => namedStepOf(run, one))}`
    : "";
  return `${title}${facts?.end ? ", final weights" : ""}${superseded}`;
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
  return `${dimensions.value}D ${title} of ${layer.value.name}, ${namedStep(store, step.value)}, ${samples} samples`;
}

function countsEpochs(facts: StepFacts | undefined): facts is StepFacts & { epoch: number } {
  return facts?.unit === "epoch" && facts.epoch !== null && facts.name == null;
}

function factsOf(run: Run | null, step: number): StepFacts | undefined {
  return run?.steps.find((facts) => facts.step === step);
}
