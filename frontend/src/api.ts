// The server's routes as functions. Every address is relative, so that the page works below any prefix. Called by
// state alone.
import type { Engine, Frame, Layer, Metric, Neighbor, Quality, Run } from "./types";
import { read_tensors, type Tensors } from "./wire";

/** The server refused; the message is its own sentence. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** Which projection, of which layer, in which version of its data. */
export interface ProjectionKey {
  readonly run: string;
  readonly layer: string;
  readonly version: string;
  readonly engine: string;
  /** Null for all recorded steps. */
  readonly basis_steps: string | null;
}

export async function read_runs(answer: Promise<Response>): Promise<Run[]> {
  const response = await checked(answer);
  return ((await response.json()) as { runs: Run[] }).runs;
}

export function request_runs(signal: AbortSignal): Promise<Response> {
  return fetch("runs", { signal });
}

export async function fetch_metadata(
  run: string,
  layer: Layer,
  signal: AbortSignal,
): Promise<Tensors> {
  return tensors(address("metadata", { run, layer: layer.name, v: layer.samples_version }), signal);
}

/** One sheet of thumbnails, its pixels as they were recorded. */
export async function fetch_sprite(
  run: string,
  layer: Layer,
  page: number,
  signal: AbortSignal,
): Promise<ImageBitmap> {
  const query = { run, layer: layer.name, page: String(page), v: layer.samples_version };
  const at = address("sprite", query);
  const response = await checked(fetch(at, { signal }));
  return createImageBitmap(await response.blob(), {
    premultiplyAlpha: "none",
    colorSpaceConversion: "none",
  });
}

export async function fetch_frames(
  key: ProjectionKey,
  steps: string,
  signal: AbortSignal,
): Promise<Frame[]> {
  const at = address("projection", { ...projection_query(key), components: "3", steps });
  const answer = await tensors(at, signal);
  const [frames = 0, samples = 0, width = 0] = answer.shape("positions");
  if (width !== 4) {
    throw new Error(
      `Expected positions four wide, received ${width}: page and server differ, reload the page.`,
    );
  }
  const positions = answer.array("positions", "I16");
  const scale = answer.array("scale", "F32");
  const offset = answer.array("offset", "F32");
  const recorded = answer.array("steps", "I32");
  const length = samples * width;
  return Array.from({ length: frames }, (_, i) => ({
    step: recorded[i] ?? 0,
    // A copy, so that a frame that is let go frees its memory alone.
    positions: positions.slice(i * length, (i + 1) * length),
    scale: scale[i] ?? 1,
    offset: [
      offset[i * width] ?? 0,
      offset[i * width + 1] ?? 0,
      offset[i * width + 2] ?? 0,
    ] as const,
  }));
}

export async function fetch_quality(
  key: ProjectionKey,
  components: number,
  signal: AbortSignal,
): Promise<Quality> {
  const at = address("quality", { ...projection_query(key), components: String(components) });
  return (await checked(fetch(at, { signal }))).json();
}

export async function fetch_engines(signal: AbortSignal): Promise<Engine[]> {
  const response = await checked(fetch("engines", { signal }));
  return ((await response.json()) as { engines: Engine[] }).engines;
}

export interface NeighborsQuestion {
  readonly step: number;
  readonly sample: number;
  readonly k: number;
  readonly metric: Metric;
}

export async function fetch_neighbors(
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
  const response = await checked(fetch(at, { signal }));
  return ((await response.json()) as { neighbors: Neighbor[] }).neighbors;
}

function projection_query(key: ProjectionKey): Record<string, string> {
  const { run, layer, engine, version, basis_steps } = key;
  return { run, layer, engine, v: version, ...(basis_steps === null ? {} : { basis_steps }) };
}

function address(route: string, query: Record<string, string>): string {
  return `${route}?${new URLSearchParams(query)}`;
}

async function tensors(at: string, signal: AbortSignal): Promise<Tensors> {
  return read_tensors(await (await checked(fetch(at, { signal }))).arrayBuffer());
}

async function checked(answer: Promise<Response>): Promise<Response> {
  let response: Response;
  try {
    response = await answer;
  } catch (reason) {
    if (reason instanceof DOMException && reason.name === "AbortError") throw reason;
    throw new Refusal(
      0,
      "Expected an answer from TensorBoard, received none: see that it still runs.",
    );
  }
  if (response.ok) return response;
  throw new Refusal(response.status, await sentence(response));
}

async function sentence(response: Response): Promise<string> {
  const plain = response.headers.get("content-type")?.startsWith("text/plain") ?? false;
  const text = plain ? (await response.text()).trim() : "";
  return (
    text ||
    `Expected data, received HTTP ${response.status}: see what TensorBoard prints in its terminal.`
  );
}
