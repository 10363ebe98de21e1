import { signal } from "@preact/signals";
import { expect, it } from "vitest";
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
