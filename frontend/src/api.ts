// The server's routes as functions. Every address is relative, so that the page works below any prefix. Called by
// state alone.

import { askServer, untilFree } from "./ask_server";
import { labelQuery } from "./model/samples/label_column";
import type { GuestsAnswer } from "./model/scene/guests";
import type { Progress } from "./progress";
import { readFrames, readNeighbors } from "./read_frames";
import type {
  DistanceMetric,
  Engine,
  Frame,
  FramesAnswer,
  Layer,
  Neighbor,
  PlaneLogits,
  ProjectionKey,
  Quality,
  Run,
} from "./types";
import { readTensors, type Tensors } from "./wire";

/** The server refused; the message is its own sentence. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** No other site can send it, so nobody else can make this server work. */
const WORK = { "X-TB-Embed": "1" };

/** The runs there are, and why there may be more than can be seen. */
export interface Listing {
  readonly runs: readonly Run[];
  readonly problems: readonly string[];
  /** How many directories the server still reads, which are not listed yet. */
  readonly unread: number;
}

/** What the page shows and must not wait for behind other runs. */
export type RunsWanted = { readonly [Name in "run" | "onto_run" | "with_run"]?: string };

export async function readRuns(answer: Promise<Response>): Promise<Listing> {
  const response = await checked(answer);
  return (await response.json()) as Listing;
}

/** Asks for the runs, those wanted before others that are not read yet, or takes the answer that is on its way already. */
export function requestRuns(
  wanted: RunsWanted,
  signal: AbortSignal,
  underWay: Promise<Response> | null = null,
): Promise<Response> {
  const at = Object.keys(wanted).length === 0 ? "runs" : address("runs", wanted);
  return underWay === null
    ? askServer(at, signal)
    : untilFree(takeOnce(at, underWay, signal), signal);
}

function takeOnce(
  at: string,
  underWay: Promise<Response>,
  signal: AbortSignal,
): () => Promise<Response> {
  let first: Promise<Response> | null = underWay;
  return () => {
    const answer = first ?? askServer(at, signal);
    first = null;
    return answer;
  };
}

export async function fetchMetadata(
  run: string,
  layer: Layer,
  signal: AbortSignal,
  /** Whose values the columns by step have, which alone are answered then. */
  step: number | null = null,
): Promise<Tensors> {
  const version =
    step === null ? { v: layer.samples_version } : { step: String(step), v: layer.version };
  return tensors(address("metadata", { run, layer: layer.name, ...version }), signal);
}

/** One sheet of thumbnails, its pixels as they were recorded. */
export async function fetchSprite(
  run: string,
  layer: Layer,
  page: number,
  signal: AbortSignal,
): Promise<ImageBitmap> {
  const query = { run, layer: layer.name, page: String(page), v: layer.samples_version };
  const at = address("sprite", query);
  const response = await checked(askServer(at, signal));
  return createImageBitmap(await response.blob(), {
    premultiplyAlpha: "none",
    colorSpaceConversion: "none",
  });
}

export async function fetchFrames(
  key: ProjectionKey,
  steps: string,
  signal: AbortSignal,
  work: "start" | "look" = "look",
): Promise<FramesAnswer> {
  const query = framesQuery(key, steps);
  const response = await ask("projection", query, signal, work);
  if (response.status === 202) return { frames: [], progress: await response.json() };
  const answer = readTensors(await response.arrayBuffer());
  const progress = answer.json as Progress;
  return { frames: readFrames(answer), progress };
}

/** A frame of a fair part of the samples: so many at most. */
export async function fetchSample(
  key: ProjectionKey,
  step: number,
  most: number,
  signal: AbortSignal,
): Promise<Frame | null> {
  const query = { ...framesQuery(key, String(step)), at_most: String(most) };
  const [frame = null] = readFrames(await tensors(address("projection", query), signal));
  return frame;
}

/** Ends the work on a layout; what is finished stays. */
export async function cancelLayout(key: ProjectionKey, signal: AbortSignal): Promise<void> {
  const query = { ...projectionQuery(key), components: String(key.view.components) };
  const at = address("cancel", query);
  await checked(askServer(at, signal, WORK));
}

export async function fetchQuality(
  key: ProjectionKey,
  components: number,
  label: string | undefined,
  signal: AbortSignal,
  work: "start" | "look" = "look",
): Promise<Quality> {
  const query = {
    ...projectionQuery(key),
    ...labelQuery(label),
    components: String(components),
  };
  return (await ask("quality", query, signal, work)).json();
}

/** The model's logits on the plane of a linear view, at all steps. */
export async function fetchRegions(
  key: ProjectionKey,
  label: string | undefined,
  signal: AbortSignal,
): Promise<PlaneLogits> {
  const query = { ...projectionQuery(key), ...labelQuery(label) };
  const answer = await tensors(address("regions", query), signal);
  const [count = 0, classes = 0] = answer.shape("logits");
  const logits = answer.array("logits", "F64");
  return {
    classes: (answer.json as { classes: string[] }).classes,
    steps: [...answer.array("steps", "I32")],
    rows: Array.from({ length: count }, (_, i) =>
      logits.slice(3 * classes * i, 3 * classes * (i + 1)),
    ),
  };
}

/** Samples that were not recorded, at all steps that have any. */
export async function fetchGuests(key: ProjectionKey, signal: AbortSignal): Promise<GuestsAnswer> {
  const query = { ...projectionQuery(key), components: String(key.view.components) };
  const answer = await tensors(address("guests", query), signal);
  const { names, shown } = answer.json as { names: string[]; shown: boolean };
  const frames = new Map(readFrames(answer).map((frame) => [frame.step, frame] as const));
  return { names, placeable: shown, frames, neighbors: readNeighbors(answer) };
}

/** A view at all its steps, in two dimensions, as one HTML page that needs no server. */
export async function fetchOfflinePage(
  key: ProjectionKey,
  label: string | undefined,
): Promise<string> {
  const query = { ...projectionQuery(key), ...labelQuery(label), components: "2" };
  return (await checked(askServer(address("offline_page", query)))).text();
}

export async function fetchEngines(signal: AbortSignal): Promise<Engine[]> {
  const response = await checked(askServer("engines", signal));
  return ((await response.json()) as { engines: Engine[] }).engines;
}

export interface NeighborsQuestion {
  readonly step: number;
  readonly sample: number;
  readonly k: number;
  readonly metric: DistanceMetric;
}

export async function fetchNeighbors(
  run: Run,
  layer: Layer,
  { step, sample, k, metric }: NeighborsQuestion,
  signal: AbortSignal,
): Promise<Neighbor[]> {
  const at = address("neighbors", {
    run: run.run,
    layer: layer.name,
    step: String(step),
    sample: String(sample),
    k: String(k),
    metric,
    v: layer.version,
  });
  const response = await checked(askServer(at, signal));
  return ((await response.json()) as { neighbors: Neighbor[] }).neighbors;
}

function projectionQuery(key: ProjectionKey): Record<string, string> {
  const { run, layer, view, version, basisSteps } = key;
  return {
    run,
    layer,
    engine: view.engine,
    ...view.settings,
    ...(view.onto === null ? {} : { onto_run: view.onto.run, onto_layer: view.onto.layer }),
    v: view.onto === null ? version : `${version}-${view.onto.version}`,
    ...(basisSteps === null ? {} : { basis_steps: basisSteps }),
    ...labelQuery(view.label),
  };
}

function framesQuery(key: ProjectionKey, steps: string): Record<string, string> {
  return { ...projectionQuery(key), components: String(key.view.components), steps };
}

/** Asks for what there is, or has the server start to compute it too. */
function ask(
  route: string,
  query: Record<string, string>,
  signal: AbortSignal,
  work: "start" | "look",
): Promise<Response> {
  return work === "look"
    ? checked(askServer(address(route, query), signal))
    : checked(askServer(address(route, { ...query, start: "1" }), signal, WORK));
}

export function address(route: string, query: Record<string, string>): string {
  return `${route}?${new URLSearchParams(query)}`;
}

export async function tensors(at: string, signal: AbortSignal): Promise<Tensors> {
  return readTensors(await (await checked(askServer(at, signal))).arrayBuffer());
}

export async function checked(answer: Promise<Response>): Promise<Response> {
  let response: Response;
  try {
    response = await answer;
  } catch (reason) {
    if (reason instanceof DOMException && reason.name === "AbortError") throw reason;
    throw new Refusal(0, "TensorBoard does not answer: check that it is still running.");
  }
  if (response.ok) return response;
  throw new Refusal(response.status, await sentence(response));
}

async function sentence(response: Response): Promise<string> {
  const plain = response.headers.get("content-type")?.startsWith("text/plain") ?? false;
  const text = plain ? (await response.text()).trim() : "";
  return text || `TensorBoard answered with HTTP ${response.status}: its terminal tells more.`;
}

export async function fetchJson<T>(
  route: string,
  query: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<T> {
  return (await checked(askServer(address(route, query), signal))).json();
}
