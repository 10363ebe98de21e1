import { expect, it } from "vitest";
import { inOrder } from "./metric_order";

it("tells the most telling metrics first, and none that is defined nowhere", () => {
  const metric = (name: string, values: (number | null)[] = [1]) => ({ name, values });
  const { first, others } = inOrder([
    metric("silhouette"),
    metric("dead_units", [null, 0]),
    metric("accuracy"),
    metric("nc1", [null, null]),
    metric("radius", []),
  ]);
  expect(first.map(({ name }) => name)).toEqual(["accuracy", "dead_units"]);
  expect(others.map(({ name }) => name)).toEqual(["silhouette"]);
});
