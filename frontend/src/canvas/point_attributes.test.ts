import { describe, expect, it } from "vitest";
import { MARK } from "../marks";
import { orderOfDrawing, PointAttributes } from "./point_attributes";

const { plain, dimmed, selected, chosen, hidden } = MARK;

it("what is chosen is drawn last and what is hidden not at all", () => {
  const order = Uint32Array.from([4, 2, 0, 5, 1, 3]);
  const marks = Uint8Array.from([selected, dimmed, hidden, selected, chosen, dimmed]);
  expect([...orderOfDrawing(order, marks)]).toEqual([5, 1, 0, 3, 4]);
  expect([...orderOfDrawing(order, new Uint8Array(6).fill(plain))]).toEqual([...order]);
});

describe("looks", () => {
  it("of another set of samples wait for it", () => {
    const looks = new PointAttributes();
    looks.hold(2);
    expect(looks.setMarks(Uint8Array.from([0, hidden, selected]))).toBe(false);
    expect([...looks.marks]).toEqual([plain, plain]);
    expect(looks.order).toHaveLength(2);
    looks.hold(3);
    expect([...looks.marks]).toEqual([plain, hidden, selected]);
    expect([...looks.order]).toEqual([0, 2]);
  });

  it("put hidden samples nowhere", () => {
    const looks = new PointAttributes();
    looks.hold(3);
    const screen = () => Float32Array.from([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect([...looks.hide(screen())]).toEqual([...screen()]);
    looks.setMarks(Uint8Array.from([plain, hidden, plain]));
    expect([...looks.hide(screen())]).toEqual([1, 2, 3, Number.NaN, Number.NaN, 6, 7, 8, 9]);
  });
});
