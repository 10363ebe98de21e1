// Reads the server's binary answers. They are safetensors files: the length of a JSON header, the header that says each
// tensor's type, shape and place, then the numbers, little-endian.

const ARRAYS = {
  I8: Int8Array,
  I16: Int16Array,
  I32: Int32Array,
  U8: Uint8Array,
  U32: Uint32Array,
  F32: Float32Array,
  F64: Float64Array,
} as const;

type ArrayName = keyof typeof ARRAYS;
type ArrayOf<N extends ArrayName> = InstanceType<(typeof ARRAYS)[N]>;

interface Entry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

export class Tensors {
  /** What the server wrote beside the numbers. */
  readonly json: unknown;
  private readonly entries: ReadonlyMap<string, Entry>;

  constructor(
    header: Readonly<Record<string, unknown>>,
    private readonly body: ArrayBuffer,
    private readonly start: number,
  ) {
    const { __metadata__: said, ...tensors } = header as Record<string, Entry> & {
      __metadata__?: { json?: string };
    };
    this.json = said?.json === undefined ? null : JSON.parse(said.json);
    this.entries = new Map(Object.entries(tensors));
  }

  has(name: string): boolean {
    return this.entries.has(name);
  }

  shape(name: string): readonly number[] {
    return this.entry(name).shape;
  }

  /** The numbers of one tensor, which must have the given type: nothing is converted without a word. */
  array<N extends ArrayName>(name: string, dtype: N): ArrayOf<N> {
    const entry = this.entry(name);
    if (entry.dtype !== dtype) {
      throw new Error(
        `Expected tensor "${name}" as ${dtype}, received ${entry.dtype}: page and server differ in version, reload the page.`,
      );
    }
    const Kind = ARRAYS[dtype];
    const [from, to] = entry.data_offsets;
    const length = (to - from) / Kind.BYTES_PER_ELEMENT;
    const first = this.start + from;
    // A view where the bytes lie aligned, a copy where they do not.
    return (
      first % Kind.BYTES_PER_ELEMENT === 0
        ? new Kind(this.body, first, length)
        : new Kind(this.body.slice(first, this.start + to))
    ) as ArrayOf<N>;
  }

  /** Whole numbers, which come in the narrowest type that holds them. */
  integers(name: string): Int32Array {
    const { dtype } = this.entry(name);
    if (dtype === "I8" || dtype === "I16") return Int32Array.from(this.array(name, dtype));
    return this.array(name, "I32");
  }

  /** Numbers, which come in half as many bytes where these hold the same ones. */
  numbers(name: string): Float64Array {
    const { dtype } = this.entry(name);
    return dtype === "F32" ? Float64Array.from(this.array(name, dtype)) : this.array(name, "F64");
  }

  private entry(name: string): Entry {
    const entry = this.entries.get(name);
    if (entry === undefined) {
      throw new Error(
        `Expected a tensor "${name}", received ${[...this.entries.keys()].join(", ") || "none"}: reload the page.`,
      );
    }
    return entry;
  }
}

export function readTensors(body: ArrayBuffer): Tensors {
  const headerLength = body.byteLength < 8 ? -1 : Number(new DataView(body).getBigUint64(0, true));
  if (headerLength < 0 || 8 + headerLength > body.byteLength) {
    throw new Error(
      `The answer was cut short after ${body.byteLength} bytes, inside its header: try again.`,
    );
  }
  const header: Record<string, unknown> = JSON.parse(
    new TextDecoder().decode(new Uint8Array(body, 8, headerLength)),
  );
  const start = 8 + headerLength;
  for (const [name, entry] of Object.entries(header as Record<string, Entry>)) {
    if (name !== "__metadata__" && start + entry.data_offsets[1] > body.byteLength) {
      throw new Error(`The answer was cut short inside of "${name}": try again.`);
    }
  }
  return new Tensors(header, body, start);
}

/** The strings whose UTF-8 bytes lie end to end, string j between offsets j and j + 1. */
export class Strings {
  // A word may begin with the mark that a decoder takes for a byte order and drops.
  private readonly decoder = new TextDecoder("utf-8", { ignoreBOM: true });

  constructor(
    private readonly bytes: Uint8Array,
    private readonly offsets: Uint32Array,
  ) {}

  get length(): number {
    return this.offsets.length - 1;
  }

  at(j: number): string {
    return this.decoder.decode(this.bytes.subarray(this.offsets[j], this.offsets[j + 1]));
  }

  /** A copy of some of them, as bytes and offsets. */
  part(from: number, to: number): { bytes: Uint8Array; offsets: Uint32Array } {
    const offsets = this.offsets.slice(from, Math.min(to, this.length) + 1);
    const [first = 0] = offsets;
    const bytes = this.bytes.slice(first, offsets.at(-1));
    return { bytes, offsets: offsets.map((offset) => offset - first) };
  }

  all(): string[] {
    return Array.from({ length: this.length }, (_, j) => this.at(j));
  }
}

/** The rows of a matrix that came as one array. */
export function matrixRows(
  flat: Float32Array,
  [count = 0, length = 0]: readonly number[],
): Float32Array[] {
  return Array.from({ length: count }, (_, i) => flat.slice(i * length, (i + 1) * length));
}
