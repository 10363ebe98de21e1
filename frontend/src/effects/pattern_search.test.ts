import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Pattern } from "../model/samples/search";
import { findPatterns, PatternError, TAKES_TOO_LONG } from "./pattern_search";
import type { Request } from "./pattern_worker";

/** Says what it is told to say; whether it was ended. */
class FakeWorker extends EventTarget {
  static made: FakeWorker[] = [];
  readonly asked: Request[] = [];
  ended = false;

  constructor() {
    super();
    FakeWorker.made.push(this);
  }

  postMessage(request: Request): void {
    this.asked.push(request);
  }

  terminate(): void {
    this.ended = true;
  }

  get question(): number {
    const questions = this.asked.flatMap((one) => (one.kind === "find" ? [one.question] : []));
    return questions.at(-1) ?? -1;
  }

  say(report: object): void {
    const data = { question: this.question, ...report };
    this.dispatchEvent(new MessageEvent("message", { data }));
  }
}

function pattern(source: string, column = texts(["a", "b"])): Pattern {
  return { regex: new RegExp(source), column };
}

function texts(words: string[]): Pattern["column"] {
  return { type: "category", name: "name", codes: Int32Array.from([0, 1]), words };
}

const KEPT = texts(["a", "b"]);
const worker = () => FakeWorker.made.at(-1) as FakeWorker;
const nobody = () => new AbortController().signal;

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("Worker", FakeWorker);
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("a worker that tries patterns", () => {
  it("is ended when it is silent for 200 ms, and the next pattern has another one", async () => {
    const answer = findPatterns([pattern("(a+)+$")], nobody());
    const refused = expect(answer).rejects.toThrow(TAKES_TOO_LONG);
    await vi.advanceTimersByTimeAsync(1000);
    const first = worker();
    // It still loads.
    expect(first.ended).toBe(false);
    first.say({ kind: "progress", done: 0 });
    await vi.advanceTimersByTimeAsync(190);
    first.say({ kind: "progress", done: 1 });
    await vi.advanceTimersByTimeAsync(190);
    expect(first.ended).toBe(false);
    await vi.advanceTimersByTimeAsync(100);
    await refused;
    expect(first.ended).toBe(true);
    const next = findPatterns([pattern("b", KEPT)], nobody());
    await vi.advanceTimersByTimeAsync(0);
    expect(worker()).not.toBe(first);
    worker().say({ kind: "found", mask: Uint8Array.from([0, 1, 0]) });
    expect(await next).toEqual([Uint8Array.from([0, 1, 0])]);
  });

  it("gets each column once, and is not asked twice for what it has just found", async () => {
    const before = worker().asked.filter(({ kind }) => kind === "rows").length;
    const again = await findPatterns([pattern("b", KEPT)], nobody());
    expect(again).toEqual([Uint8Array.from([0, 1, 0])]);
    const other = findPatterns([pattern("a", KEPT)], nobody());
    await vi.advanceTimersByTimeAsync(0);
    worker().say({ kind: "found", mask: Uint8Array.from([1, 0, 0]) });
    await other;
    expect(worker().asked.filter(({ kind }) => kind === "rows")).toHaveLength(before);
  });

  it("gives up what nobody waits for, and then answers the next", async () => {
    const leaving = new AbortController();
    const left = findPatterns([pattern("long", KEPT)], leaving.signal);
    const rejected = expect(left).rejects.not.toBeInstanceOf(PatternError);
    await vi.advanceTimersByTimeAsync(0);
    worker().say({ kind: "progress", done: 0 });
    leaving.abort();
    const next = findPatterns([pattern("next", KEPT)], nobody());
    await vi.advanceTimersByTimeAsync(0);
    expect(worker().asked.at(-1)).toEqual({ kind: "give_up" });
    worker().say({ kind: "given_up" });
    await rejected;
    await vi.advanceTimersByTimeAsync(0);
    worker().say({ kind: "found", mask: Uint8Array.from([0, 0, 1]) });
    expect(await next).toEqual([Uint8Array.from([0, 0, 1])]);
  });

  it("that cannot start is said", async () => {
    const answer = findPatterns([pattern("new")], nobody());
    const refused = expect(answer).rejects.toThrow(/reload the page/);
    await vi.advanceTimersByTimeAsync(0);
    worker().dispatchEvent(new Event("error"));
    await refused;
    expect(worker().ended).toBe(true);
  });
});
