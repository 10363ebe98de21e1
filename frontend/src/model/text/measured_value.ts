// Measured numbers as people read them.

/** "0.71": three digits. */
export function short(value: number): string {
  return String(Number(value.toPrecision(3)));
}

/** With its unit: "98.1 %" of a share, "12.3 directions"; "–" where there is none. */
export function withUnit(value: number | null, unit: string): string {
  if (value === null) return "–";
  if (unit === "share") return `${short(100 * value)} %`;
  return unit === "" ? short(value) : `${short(value)} ${unit}`;
}

/** Numbers closer than this share of themselves are equal but for rounding. */
const ROUNDING = 1e-6;

/** Whether two measured values differ by more than rounding, which a curve would else magnify. */
export function differs(low: number, high: number): boolean {
  return high - low > ROUNDING * Math.max(Math.abs(low), Math.abs(high));
}
