// The order of drawing. Always the same for the same number of samples, so that a picture can be drawn again.

export function shuffled(samples: number): Uint32Array<ArrayBuffer> {
  const order = Uint32Array.from({ length: samples }, (_, i) => i);
  let state = 0x9e3779b9;
  for (let i = samples - 1; i > 0; i -= 1) {
    // xorshift32
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    const j = (state >>> 0) % (i + 1);
    const held = order[i] as number;
    order[i] = order[j] as number;
    order[j] = held;
  }
  return order;
}
