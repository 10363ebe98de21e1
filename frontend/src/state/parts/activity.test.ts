import { signal } from "@preact/signals";
import { expect, it, vi } from "vitest";
import { Activity } from "./activity";
import { until } from "./until";

const never = new AbortController().signal;

it("says what is waited for, and what went wrong until it is tried again", async () => {
  const activity = new Activity();
  let fails = true;
  const work = async () => {
    expect(activity.waiting.value).toContain("the runs");
    if (fails) throw new Error("no server");
  };
  await activity.attempt("the runs", never, work);
  expect(activity.waiting.value).toEqual([]);
  const [failure] = activity.failures.value;
  expect(failure).toMatchObject({ what: "the runs", message: "no server" });
  fails = false;
  failure?.retry();
  await new Promise((resolve) => setTimeout(resolve));
  expect(activity.failures.value).toEqual([]);
});

it("is silent about what nobody wants any more", async () => {
  const activity = new Activity();
  const unwanted = new AbortController();
  const fails = async () => {
    throw "no server";
  };
  await activity.attemptQuietly("a", unwanted.signal, fails);
  expect(activity.failures.value).toMatchObject([{ message: "no server" }]);
  unwanted.abort();
  expect(activity.failures.value).toEqual([]);
  await activity.attemptQuietly("b", unwanted.signal, fails);
  expect(activity.failures.value).toEqual([]);
});

it("is waited for until it has come, or nobody waits any more", async () => {
  const there = signal(false);
  const waiting = until(() => there.value, never);
  there.value = true;
  await waiting;
  await until(() => there.value, never);
  const leaving = new AbortController();
  const left = until(() => !there.value, leaving.signal);
  leaving.abort(new Error("left"));
  await expect(left).rejects.toThrow("left");
  await expect(until(() => true, leaving.signal)).rejects.toThrow("left");
});

it("asks again for what nobody answered once somebody answers something", async () => {
  const activity = new Activity();
  const unanswered = Object.assign(new Error("no answer"), { status: 0 });
  const refused = Object.assign(new Error("no such run"), { status: 404 });
  let back = false;
  const findings = vi.fn(() => (back ? Promise.resolve() : Promise.reject(unanswered)));
  const run = vi.fn(() => Promise.reject(refused));
  await activity.attemptQuietly("the findings", never, findings);
  await activity.attemptQuietly("the run", never, run);
  back = true;
  await activity.attemptQuietly("the list of runs", never, () => Promise.resolve());
  await vi.waitFor(() => expect(activity.failures.value).toHaveLength(1));
  expect(findings).toHaveBeenCalledTimes(2);
  // What was refused would be refused again.
  expect(run).toHaveBeenCalledTimes(1);
});
