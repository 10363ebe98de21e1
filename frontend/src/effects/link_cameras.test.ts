import { type Signal, signal } from "@preact/signals";
import { describe, expect, it } from "vitest";
import { type End, join } from "./link_cameras";

/** Two numbers, the second ten times the first; odd ones are carried to no other. */
function ends() {
  const values = [signal<number | null>(2), signal<number | null>(50)] as const;
  const writes: (number | null)[][] = [[], []];
  const end = (
    own: Signal<number | null>,
    log: (number | null)[],
    factor: number,
  ): End<number | null> => ({
    read: () => own.value,
    write(value) {
      log.push(value);
      own.value = value;
    },
    carry(value) {
      if (value === null) return null;
      return value % 2 === 1 ? undefined : factor * value;
    },
  });
  const [first, second] = values;
  const send = join([end(first, writes[0] ?? [], 10), end(second, writes[1] ?? [], 1 / 10)]);
  return { first, second, writes, send };
}

describe("two joined ends", () => {
  it("begin as they are, until the first is sent", () => {
    const { first, second, writes, send } = ends();
    expect([first.value, second.value, writes]).toEqual([2, 50, [[], []]]);
    send();
    expect([first.value, second.value]).toEqual([2, 20]);
  });

  it("follow each other, and nothing comes back", () => {
    const { first, second, writes } = ends();
    first.value = 4;
    expect(second.value).toBe(40);
    second.value = 60;
    expect(first.value).toBe(6);
    second.value = null;
    expect(first.value).toBeNull();
    expect(writes).toEqual([[6, null], [40]]);
  });

  it("keep their own where there is nothing to carry", () => {
    const { first, second } = ends();
    first.value = 4;
    first.value = 5;
    expect(second.value).toBe(40);
  });
});
