// The frames of a projection, as they come over the wire, in the form that graphics cards take.
import type { Frame } from "./types";
import type { Tensors } from "./wire";

export function readFrames(answer: Tensors): Frame[] {
  const [count = 0, samples = 0, width = 0] = answer.shape("positions");
  const positions = answer.array("positions", "I16");
  const scale = answer.array("scale", "F32");
  const offset = answer.array("offset", "F32");
  const recorded = answer.array("steps", "I32");
  const length = samples * width;
  return Array.from({ length: count }, (_, i) => {
    const own = positions.subarray(i * length, (i + 1) * length);
    return {
      step: recorded[i] ?? 0,
      // A copy in any case, so that a frame that is let go frees its memory alone.
      positions: width < 4 ? fourWide(own, width) : own.slice(),
      width: Math.max(4, width),
      scale: scale[i] ?? 1,
      offset: Array.from({ length: Math.max(3, width) }, (_, axis) =>
        axis < width ? (offset[i * width + axis] ?? 0) : 0,
      ),
    };
  });
}

/** Of each guest the samples nearest to it, by step. */
export function readNeighbors(answer: Tensors): ReadonlyMap<number, readonly number[][]> {
  const [, guests = 0, k = 0] = answer.shape("neighbors");
  const near = answer.array("neighbors", "I32");
  const ofGuest = (place: number) => [...near.subarray(place * k, (place + 1) * k)];
  const steps = [...answer.array("steps", "I32")];
  return new Map(
    steps.map((step, i) => [
      step,
      Array.from({ length: guests }, (_, guest) => ofGuest(i * guests + guest)),
    ]),
  );
}

/** Graphics cards want each sample's numbers aligned to eight bytes. */
function fourWide(narrow: Int16Array, width: number): Int16Array {
  const samples = narrow.length / width;
  const wide = new Int16Array(4 * samples);
  for (let axis = 0; axis < width; axis += 1) {
    for (let i = 0; i < samples; i += 1) wide[4 * i + axis] = narrow[width * i + axis] as number;
  }
  return wide;
}
