import { describe, expect, it } from "vitest";
import { readFrames, readNeighbors } from "./read_frames";
import { Tensors } from "./wire";

/** An answer with frames of 2 samples at steps 3 and 5, `width` components each. */
function answered(width: number): Tensors {
  const parts: [string, string, number[], Int16Array | Int32Array | Float32Array][] = [
    ["positions", "I16", [2, 2, width], Int16Array.from({ length: 4 * width }, (_, i) => i + 1)],
    ["scale", "F32", [2], Float32Array.of(0.5, 2)],
    ["offset", "F32", [2, width], Float32Array.from({ length: 2 * width }, (_, i) => -i)],
    ["steps", "I32", [2], Int32Array.of(3, 5)],
    ["neighbors", "I32", [2, 2, 3], Int32Array.from({ length: 12 }, (_, i) => i)],
  ];
  const header: Record<string, unknown> = {};
  const bytes: number[] = [];
  for (const [name, dtype, shape, array] of parts) {
    const from = bytes.length;
    bytes.push(...new Uint8Array(array.buffer));
    header[name] = { dtype, shape, data_offsets: [from, bytes.length] };
  }
  return new Tensors(header, Uint8Array.from(bytes).buffer, 0);
}

describe("frames as they come", () => {
  it("lie four numbers a sample, as graphics cards want them", () => {
    const [first, second] = readFrames(answered(3));
    expect([...(first?.positions ?? [])]).toEqual([1, 2, 3, 0, 4, 5, 6, 0]);
    expect([...(second?.positions ?? [])]).toEqual([7, 8, 9, 0, 10, 11, 12, 0]);
    expect(second).toMatchObject({ step: 5, width: 4, scale: 2, offset: [-3, -4, -5] });
  });

  it("are flat where they have two components", () => {
    const [, second] = readFrames(answered(2));
    expect([...(second?.positions ?? [])]).toEqual([5, 6, 0, 0, 7, 8, 0, 0]);
    expect(second?.offset).toEqual([-2, -3, 0]);
  });

  it("keep ten components, each frame in memory of its own", () => {
    const frames = readFrames(answered(10));
    expect(frames.map(({ width }) => width)).toEqual([10, 10]);
    expect(frames[1]?.positions[0]).toBe(21);
    expect(frames[1]?.positions.buffer.byteLength).toBe(40);
  });
});

it("knows the neighbors of each guest by step", () => {
  expect([...readNeighbors(answered(2))]).toEqual([
    [
      3,
      [
        [0, 1, 2],
        [3, 4, 5],
      ],
    ],
    [
      5,
      [
        [6, 7, 8],
        [9, 10, 11],
      ],
    ],
  ]);
});
