// Has regular expressions tried by a worker, which is ended where it does not come on: the page never waits for one.
import { blocksOf, textCount } from "../model/samples/pattern_rows";
import type { Masks, Pattern } from "../model/samples/search";
import type { Column } from "../model/samples/table";
import type { Report, Request } from "./pattern_worker";

/** Why a pattern was not searched for, in words. */
export class PatternError extends Error {}

export const TAKES_TOO_LONG =
  "This pattern takes too long and was stopped; the selection stays as it was. Try a simpler one, or plain text";
const NO_WORKER =
  "The browser could not start the search for patterns: reload the page, or search for plain text";

/** Silence for so many ticks in a row ends the worker. Ticks that a busy page misses do not count. */
const TICK = 50;
const SILENT_TICKS = 4;

interface Hand {
  readonly worker: Worker;
  /** The columns that it has, by their numbers. */
  readonly columns: Map<Column, number>;
}

let hand: Hand | null = null;
let numbers = 0;
/** One question at a time. */
let last: Promise<unknown> = Promise.resolve();
let found: readonly (Pattern & { readonly mask: Uint8Array })[] = [];

/** Where each pattern is found. `tell` hears which share of the texts has been tried; rejects with a `PatternError`. */
export function findPatterns(
  patterns: readonly Pattern[],
  signal: AbortSignal,
  tell: (share: number) => void = () => {},
): Promise<Masks> {
  const answer = last.then(() => findInTurn(patterns, signal, tell));
  last = answer.catch(() => {});
  return answer;
}

async function findInTurn(
  patterns: readonly Pattern[],
  signal: AbortSignal,
  tell: (share: number) => void,
): Promise<Masks> {
  const total = patterns.reduce((sum, { column }) => sum + textCount(column), 0);
  let done = 0;
  const masks: Uint8Array[] = [];
  for (const pattern of patterns) {
    signal.throwIfAborted();
    const known = found.find((one) => same(one, pattern));
    const tellDone = (rows: number) => tell((done + rows) / total);
    masks.push(known?.mask ?? (await find(pattern, patterns, signal, tellDone)));
    done += textCount(pattern.column);
  }
  // The columns of a step that is played by come and go: what is asked again is mostly the same.
  found = patterns.map((pattern, i) => ({ ...pattern, mask: masks[i] as Uint8Array }));
  return masks;
}

function same(a: Pattern, b: Pattern): boolean {
  return a.column === b.column && String(a.regex) === String(b.regex);
}

async function find(
  { regex, column }: Pattern,
  patterns: readonly Pattern[],
  signal: AbortSignal,
  tell: (rows: number) => void,
): Promise<Uint8Array> {
  hand ??= { worker: makeWorker(), columns: new Map() };
  const number = await handOver(hand, column, patterns);
  signal.throwIfAborted();
  try {
    numbers += 1;
    return await ask(hand.worker, numbers, regex, number, signal, tell);
  } catch (reason) {
    if (reason instanceof PatternError) {
      hand.worker.terminate();
      hand = null;
    }
    throw reason;
  }
}

function makeWorker(): Worker {
  return new Worker(new URL("./pattern_worker.ts", import.meta.url), { type: "module" });
}

/** Posts a column, once; the page may draw between its blocks. Columns that the query does not ask are forgotten. */
async function handOver(
  { worker, columns }: Hand,
  column: Column,
  patterns: readonly Pattern[],
): Promise<number> {
  const post = (request: Request) => worker.postMessage(request);
  for (const [held, number] of columns) {
    if (patterns.some((pattern) => pattern.column === held)) continue;
    post({ kind: "forget", column: number });
    columns.delete(held);
  }
  const known = columns.get(column);
  if (known !== undefined) return known;
  numbers += 1;
  const number = numbers;
  columns.set(column, number);
  let first = true;
  for (const block of blocksOf(column)) {
    if (!first) await new Promise((resolve) => setTimeout(resolve));
    first = false;
    post({ kind: "rows", column: number, block });
  }
  return number;
}

/** Settles once the worker is free again. */
function ask(
  worker: Worker,
  question: number,
  regex: RegExp,
  column: number,
  signal: AbortSignal,
  tell: (rows: number) => void,
): Promise<Uint8Array> {
  const post = (request: Request) => worker.postMessage(request);
  const listening = new AbortController();
  let begun = false;
  let silent = 0;
  const answer = new Promise<Uint8Array>((resolve, reject) => {
    const timer = setInterval(() => {
      silent += 1;
      if (begun && silent > SILENT_TICKS) reject(new PatternError(TAKES_TOO_LONG));
    }, TICK);
    listening.signal.addEventListener("abort", () => clearInterval(timer));
    const hear = ({ data }: MessageEvent<Report>) => {
      if (data.question !== question) return;
      begun = true;
      silent = 0;
      if (data.kind === "progress") tell(data.done);
      if (data.kind === "found") resolve(data.mask);
      if (data.kind === "failed") reject(new PatternError(data.message));
      if (data.kind === "given_up") reject(signal.reason);
    };
    const fail = () => reject(new PatternError(NO_WORKER));
    worker.addEventListener("message", hear, { signal: listening.signal });
    worker.addEventListener("error", fail, { signal: listening.signal });
    signal.addEventListener("abort", () => post({ kind: "give_up" }), {
      signal: listening.signal,
    });
  });
  post({ kind: "find", question, regex, column });
  return answer.finally(() => listening.abort());
}
