// Which of the steps below the slider have room for their names.

const STRIDES = [1, 2, 5];

/** Pixels that a character takes, and that lie between two names at least. */
const CHARACTER = 7;
const GAP = 10;

/**
 * The places that are named, so that no two names overlap: where they lie evenly every first, second, fifth, tenth and so
 * on, else from the left each that has room. The last one is always named.
 *
 * `spacing` says where each of them lies, from 0 to 1 of `width` pixels.
 */
export function labeledPlaces(
  names: readonly string[],
  spacing: readonly number[],
  width: number,
): number[] {
  const last = names.length - 1;
  if (last < 0) return [];
  const reach = (place: number) => (CHARACTER * (names[place]?.length ?? 0)) / 2;
  const apart = (a: number, b: number) =>
    Math.abs((spacing[b] ?? 0) - (spacing[a] ?? 0)) * width >= reach(a) + reach(b) + GAP;
  const chosen = isEven(spacing) ? everyNth(last, apart) : eachWithRoom(last, apart);
  return [...chosen.filter((place) => place !== last && apart(place, last)), last];
}

function isEven(spacing: readonly number[]): boolean {
  const width = 1 / Math.max(1, spacing.length - 1);
  return spacing.every((at, place) => Math.abs(at - place * width) < 1e-9);
}

function everyNth(last: number, apart: (a: number, b: number) => boolean): number[] {
  for (let power = 1; power <= last; power *= 10) {
    for (const stride of STRIDES.map((one) => one * power)) {
      const places = Array.from({ length: Math.floor(last / stride) + 1 }, (_, i) => i * stride);
      if (places.slice(1).every((place, i) => apart(places[i] as number, place))) return places;
    }
  }
  return [];
}

function eachWithRoom(last: number, apart: (a: number, b: number) => boolean): number[] {
  const kept = [0];
  for (let place = 1; place <= last; place += 1) {
    if (apart(kept.at(-1) as number, place)) kept.push(place);
  }
  return kept;
}
