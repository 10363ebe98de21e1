import { afterEach, describe, expect, it, vi } from "vitest";
import type { Store } from "../state/store";
import { layerOf, pageOf, runOf } from "../state/testing/page";
import { loadGuests } from "./load_guests";

const leaving: AbortController[] = [];

/** A window alone, with the little of it that is listened to. */
function stubWindow(): void {
  const alone = new EventTarget() as EventTarget & { parent?: EventTarget };
  alone.parent = alone;
  vi.stubGlobal("window", alone);
  vi.stubGlobal("document", { documentElement: new EventTarget() });
}

/** A page that asks for guests of a server that never answers, and the addresses that it asked for. */
async function silentPage(): Promise<{ store: Store; asked: string[] }> {
  const asked: string[] = [];
  vi.stubGlobal("fetch", (address: string) => {
    asked.push(address);
    return new Promise(() => {});
  });
  const store = await pageOf();
  stubWindow();
  store.firstPicture.value = true;
  const page = new AbortController();
  leaving.push(page);
  loadGuests(store, page.signal);
  return { store, asked };
}

afterEach(() => {
  for (const page of leaving.splice(0)) page.abort();
  vi.unstubAllGlobals();
});

describe("guests", () => {
  it("are asked for once, however often the list of runs comes", async () => {
    const { store, asked } = await silentPage();
    for (const name of ["b", "c", "d"]) {
      store.runs.value = [runOf("a", [layerOf("fc1"), layerOf("fc2")]), runOf(name, [])];
    }
    expect(asked.length).toBe(1);
  });

  it("are asked for again of other frames, and none of those before stays pointed at", async () => {
    const { store, asked } = await silentPage();
    store.guests.pointAt(3);
    store.frames.value = (await pageOf()).frames.value;
    expect(asked.length).toBe(2);
    expect(store.guests.pointed.value).toBeNull();
  });

  it("are asked for again by who comes back to the page, however often that is within seconds", async () => {
    const now = vi.spyOn(performance, "now").mockReturnValue(0);
    const { asked } = await silentPage();
    now.mockReturnValue(1000);
    window.dispatchEvent(new Event("focus"));
    expect(asked.length).toBe(1);
    now.mockReturnValue(5000);
    window.dispatchEvent(new Event("focus"));
    document.documentElement.dispatchEvent(new Event("pointerenter"));
    expect(asked.length).toBe(2);
    now.mockRestore();
  });
});
