// What the user can want of a second pane: to open it, what it shows, and what hands do there.

import { batch } from "@preact/signals";
import {
  offered,
  type Pairing,
  pairedStep,
  type Timed,
} from "../../model/comparison/matching_steps";
import { carrySample, carrySamples } from "../../model/comparison/same_samples";
import type { Combining, Layer, Run } from "../../types";
import type { SecondPane } from "../parts/comparison";
import type { Store } from "../store";
import { clickSample } from "./choose_samples";

/** Opens the second pane on what is most worth comparing, or closes it. */
export function toggleCompanion(store: Store): void {
  const { secondPane } = store.comparison;
  secondPane.value = secondPane.value === null ? suggested(store) : null;
}

export function chooseBeside(store: Store, change: Partial<SecondPane>): void {
  const { secondPane } = store.comparison;
  if (secondPane.value === null) return;
  const wanted = { ...secondPane.value, ...change };
  const run = store.runs.value?.find((one) => one.run === wanted.run);
  const layer = run?.layers.find((one) => one.name === wanted.layer) ?? firstLayer(run);
  if (run === undefined || layer === undefined) return;
  const pairing = fitting(store, wanted.pairing, run, layer);
  batch(() => {
    secondPane.value = { ...wanted, layer: layer.name, pairing };
    const picture = store.companion.value?.picture;
    if (picture !== undefined && change.engine !== undefined) picture.chosenByHand.value = true;
  });
}

/** What can pair the steps, besides a metric and a step of the companion's own. */
export function pairingsOffered(store: Store): ("epoch" | "time" | "step")[] {
  const { companion } = store;
  return companion.value === null ? [] : offered(timed(store), timed(companion.value));
}

/** The companion's step that goes with a step of the first pane; null where nothing tells. */
export function stepBeside(store: Store, step: number): number | null {
  const { secondPane } = store.comparison;
  const { companion } = store;
  if (secondPane.value === null || companion.value === null) return null;
  const { pairing } = secondPane.value;
  return pairedStep(pairing, step, timed(store, pairing), timed(companion.value, pairing));
}

/** Clicks in the second pane choose the first one's samples, as far as they are the same. */
export function clickBeside(store: Store, sample: number, how: Combining): void {
  const { link } = store.comparison.linking.value;
  const own = link && carrySample(link.back, sample);
  if (own !== null) clickSample(store, own, how);
}

/** So do outlines; their own places are those of another picture. */
export function encloseBeside(store: Store, samples: readonly number[], how: Combining): void {
  const { link } = store.comparison.linking.value;
  const reason = store.samples.tool.value === "box" ? "box" : "lasso";
  if (link !== null) store.samples.select(carrySamples(link.back, samples), reason, how);
}

/** Another run of the same samples, else another layer, else the first step, else another view. */
function suggested(store: Store): SecondPane | null {
  const run = store.run.value;
  const layer = store.layer.value;
  if (run === null || layer === null) return null;
  const alike = (one: Layer) =>
    one.steps.length > 0 && one.fingerprint !== "" && one.fingerprint === layer.fingerprint;
  const plain = { engine: null, ownAxes: false };
  for (const other of store.runs.value ?? []) {
    if (other.run === run.run) continue;
    const found = other.layers.find((one) => alike(one) && one.name === layer.name);
    const shown = found ?? other.layers.find(alike);
    if (shown === undefined) continue;
    const pairing = bestPairing(ofLayer(run, layer), ofLayer(other, shown));
    return { ...plain, run: other.run, layer: shown.name, pairing };
  }
  const here = { ...plain, run: run.run, layer: layer.name };
  const other = run.layers.find((one) => one.name !== layer.name && alike(one));
  if (other !== undefined) return { ...here, layer: other.name, pairing: { kind: "step" } };
  const [first, second] = layer.steps;
  if (first !== undefined && second !== undefined) {
    return { ...here, pairing: { kind: "fixed", step: first } };
  }
  const engines = store.engines.value.filter(
    ({ unavailable, least_samples: leastSamples }) =>
      unavailable === null && layer.samples >= leastSamples,
  );
  const engine = engines.find(({ name }) => name !== store.engine.value)?.name ?? null;
  return { ...here, engine, pairing: { kind: "step" } };
}

/** A pairing that the other recording knows nothing of makes way for the best there is. */
function fitting(store: Store, pairing: Pairing, run: Run, layer: Layer): Pairing {
  const here = timed(store);
  const there = ofLayer(run, layer);
  if (pairing.kind === "offset" || pairing.kind === "metric") return pairing;
  const fits =
    pairing.kind === "fixed"
      ? there.steps.includes(pairing.step)
      : offered(here, there).includes(pairing.kind);
  return fits ? pairing : bestPairing(here, there);
}

function bestPairing(first: Timed, second: Timed): Pairing {
  return { kind: offered(first, second)[0] ?? "step" };
}

function timed(store: Store, pairing: Pairing | null = null): Timed {
  const { measures, run, steps } = store;
  const curves = measures.metrics.value;
  const wanted = pairing?.kind === "metric" ? pairing.metric : null;
  const metric = curves?.metrics.find(({ name }) => name === wanted);
  const pairs = curves?.steps.flatMap((step, place): [number, number][] => {
    const value = metric?.values[place] ?? null;
    return value === null ? [] : [[step, value]];
  });
  const values = metric === undefined ? null : new Map(pairs);
  return { steps: steps.value, facts: run.value?.steps ?? [], values };
}

function ofLayer(run: Run, layer: Layer): Timed {
  return { steps: layer.steps, facts: run.steps, values: null };
}

function firstLayer(run: Run | undefined): Layer | undefined {
  return run?.layers.find(({ steps }) => steps.length > 0);
}
