// The order of drawing. Always the same for the same number of samples, so that a picture can be drawn again.

/** So many parts are shuffled at most: what lies side by side in memory is drawn twice as fast as what does not. */
const MOST_PARTS = 1 << 16;

/** All samples, in random order; of very many, a few neighbours stay together. */
export function shuffled(samples: number): Uint32Array<ArrayBuffer> {
  const size = Math.max(1, Math.ceil(samples / MOST_PARTS));
  const parts = Uint32Array.from({ length: Math.ceil(samples / size) }, (_, i) => i * size);
  shuffle(parts);
  const order = new Uint32Array(samples);
  let at = 0;
  for (const start of parts) {
    const end = Math.min(samples, start + size);
    for (let sample = start; sample < end; sample += 1, at += 1) order[at] = sample;
  }
  return order;
}

function shuffle(numbers: Uint32Array): void {
  let state = 0x9e3779b9;
  for (let i = numbers.length - 1; i > 0; i -= 1) {
    // xorshift32
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    const j = (state >>> 0) % (i + 1);
    const held = numbers[i] as number;
    numbers[i] = numbers[j] as number;
    numbers[j] = held;
  }
}
