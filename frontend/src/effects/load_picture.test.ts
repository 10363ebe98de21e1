import { signal } from "@preact/signals";
import { expect, test } from "vitest";
import { Activity } from "../state/parts/activity";
import type { View } from "../types";
import { drawnFirst } from "./load_picture";

function waiting(samples: number) {
  const store = {
    view: signal<View | null>({} as View),
    firstPicture: signal(false),
    activity: new Activity(),
  };
  const ended = { yet: false };
  const promise = drawnFirst(store, { samples }, new AbortController().signal).then(() => {
    ended.yet = true;
  });
  return { store, ended, promise };
}

test("what belongs to few samples is asked for at once", async () => {
  const { promise, ended } = waiting(100_000);
  await promise;
  expect(ended.yet).toBe(true);
});

test("what belongs to very many is asked for once they are drawn", async () => {
  const { store, promise, ended } = waiting(100_001);
  await Promise.resolve();
  expect(ended.yet).toBe(false);
  store.firstPicture.value = true;
  await promise;
});

test("where no picture comes nobody waits for it", async () => {
  const { store, promise } = waiting(1_000_000);
  await store.activity.attemptQuietly("the picture", new AbortController().signal, () =>
    Promise.reject(new Error("refused")),
  );
  await promise;
});
