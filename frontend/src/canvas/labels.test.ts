import { expect, it } from "vitest";
import { haveRoom } from "./labels";

const box = (left: number, top: number) => ({ left, top, width: 20, height: 10 });

it("the first of two that would cover one another stays, and what is left away covers nothing", () => {
  expect(haveRoom([box(0, 0), box(15, 5), box(30, 5)], 100, 50)).toEqual([true, false, true]);
});

it("labels that touch do not cover one another", () => {
  expect(haveRoom([box(0, 0), box(20, 0), box(0, 10)], 100, 50)).toEqual([true, true, true]);
});

it("a label that reaches over the edge, or lies nowhere, is left away", () => {
  expect(haveRoom([box(-1, 0), box(81, 0), box(0, 41), box(Number.NaN, 0)], 100, 50)).toEqual([
    false,
    false,
    false,
    false,
  ]);
});
