import { describe, expect, it } from "vitest";
import { readTensors, Strings } from "./wire";

/** Writes a file as the format's own description says: u64 length, JSON header, bytes. */
function safetensors(header: Record<string, unknown>, data: Uint8Array, pad = 0): ArrayBuffer {
  const json = new TextEncoder().encode(JSON.stringify(header) + " ".repeat(pad));
  const body = new Uint8Array(8 + json.length + data.length);
  new DataView(body.buffer).setBigUint64(0, BigInt(json.length), true);
  body.set(json, 8);
  body.set(data, 8 + json.length);
  return body.buffer;
}

const INT16 = new Uint8Array([0x01, 0x00, 0xff, 0xff, 0x00, 0x80, 0xff, 0x7f]);
const header = {
  __metadata__: { json: JSON.stringify({ engine: "pca", variance: [0.5] }) },
  positions: { dtype: "I16", shape: [2, 2], data_offsets: [0, 8] },
};

describe("read_tensors", () => {
  it("reads little-endian numbers, shape and what is written beside them", () => {
    const tensors = readTensors(safetensors(header, INT16));
    expect([...tensors.array("positions", "I16")]).toEqual([1, -1, -32768, 32767]);
    expect(tensors.shape("positions")).toEqual([2, 2]);
    expect(tensors.json).toEqual({ engine: "pca", variance: [0.5] });
  });

  it("reads numbers at every alignment", () => {
    const value = new Float64Array([Math.PI]);
    const entry = { values: { dtype: "F64", shape: [1], data_offsets: [0, 8] } };
    for (let pad = 0; pad < 8; pad += 1) {
      const tensors = readTensors(safetensors(entry, new Uint8Array(value.buffer), pad));
      expect(tensors.array("values", "F64")[0]).toBe(Math.PI);
    }
  });

  it("reads each tensor from its own place", () => {
    const entries = {
      a: { dtype: "U8", shape: [2], data_offsets: [4, 6] },
      b: { dtype: "F32", shape: [1], data_offsets: [0, 4] },
    };
    const data = new Uint8Array([...new Uint8Array(new Float32Array([1.5]).buffer), 7, 9]);
    const tensors = readTensors(safetensors(entries, data));
    expect([...tensors.array("a", "U8")]).toEqual([7, 9]);
    expect([...tensors.array("b", "F32")]).toEqual([1.5]);
  });

  it("widens what came in fewer bytes", () => {
    const entries = {
      few: { dtype: "I8", shape: [2], data_offsets: [0, 2] },
      many: { dtype: "I16", shape: [1], data_offsets: [2, 4] },
      halves: { dtype: "F32", shape: [1], data_offsets: [4, 8] },
    };
    const halves = new Uint8Array(new Float32Array([-1.5]).buffer);
    const tensors = readTensors(safetensors(entries, new Uint8Array([255, 127, 0, 1, ...halves])));
    expect(tensors.integers("few")).toEqual(Int32Array.of(-1, 127));
    expect(tensors.integers("many")).toEqual(Int32Array.of(256));
    expect(tensors.numbers("halves")).toEqual(Float64Array.of(-1.5));
  });

  it("refuses a type that is not the expected one, and a tensor that is not there", () => {
    const tensors = readTensors(safetensors(header, INT16));
    expect(() => tensors.array("positions", "F32")).toThrow(/F32.*received I16/);
    expect(() => tensors.array("scale", "F32")).toThrow(/"scale", received positions/);
  });

  it("refuses a body that was cut short, in the header or in the data", () => {
    const whole = safetensors(header, INT16);
    expect(() => readTensors(whole.slice(0, 20))).toThrow(/20 bytes/);
    expect(() => readTensors(whole.slice(0, whole.byteLength - 1))).toThrow(
      /cut short inside of "positions"/,
    );
    expect(() => readTensors(new ArrayBuffer(3))).toThrow(/3 bytes/);
  });
});

describe("Strings", () => {
  it("cuts UTF-8 by byte offsets, empty strings included", () => {
    const words = ["zwölf", "", "三", "x"];
    const bytes = words.map((word) => new TextEncoder().encode(word));
    const offsets = [0];
    for (const part of bytes) offsets.push((offsets.at(-1) ?? 0) + part.length);
    const all = new Uint8Array(bytes.flatMap((part) => [...part]));
    expect(new Strings(all, new Uint32Array(offsets)).all()).toEqual(words);
  });
});
