// Moments, in seconds since 1970: how they are written, and what somebody means who writes a part of one. All in UTC, as
// the server counts them.

const DAY = 86_400;
/** Beyond, a scale is read by its days, not by their hours. */
const DAYS_ALONE = 3 * DAY;
const PART =
  /^(\d{4})(?:-(\d\d)(?:-(\d\d)(?:[T ](\d\d)(?::(\d\d)(?::(\d\d)(\.\d+)?)?)? ?(Z|[+-]\d\d(?::?\d\d)?)?)?)?)?$/i;

/** Half open: a day from its midnight to the next. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** The year, month, day, hour, minute, second or fraction that a text names; null for anything else. */
export function readSpan(text: string): Span | null {
  const found = PART.exec(text.trim());
  if (found === null) return null;
  const [, year, month, day, hour, minute, second, fraction, zone] = found;
  const parts = [month ?? 1, day ?? 1, hour ?? 0, minute ?? 0, second ?? 0].map(Number);
  const [m = 1, d = 1, h = 0, min = 0, s = 0] = parts;
  const start = new Date(0);
  start.setUTCFullYear(Number(year), m - 1, d);
  start.setUTCHours(h, min, s);
  // Of the 30th of February JavaScript makes a day in March.
  const kept = start.getUTCMonth() === m - 1 && start.getUTCDate() === d;
  if (!kept || h > 23 || min > 59 || s > 59) return null;
  const end = new Date(start);
  if (month === undefined) end.setUTCFullYear(Number(year) + 1);
  else if (day === undefined) end.setUTCMonth(m);
  const seconds = second !== undefined ? 1 : minute !== undefined ? 60 : hour ? 3600 : DAY;
  const whole = day === undefined ? (end.getTime() - start.getTime()) / 1000 : seconds;
  const length = fraction === undefined ? whole : 10 ** -(fraction.length - 1);
  const from = start.getTime() / 1000 + Number(fraction ?? 0) - offsetOf(zone);
  return { from, to: from + length };
}

/** Seconds that a zone is ahead of UTC. */
function offsetOf(zone: string | undefined): number {
  const [, sign, hours, minutes] = /^([+-])(\d\d):?(\d\d)?$/.exec(zone ?? "") ?? [];
  const ahead = 3600 * Number(hours ?? 0) + 60 * Number(minutes ?? 0);
  return sign === "-" ? -ahead : ahead;
}

/** A moment on a scale that spans so many seconds: no finer than it can be told there. */
export function writeMoment(seconds: number, span: number): string {
  const moment = new Date(1000 * seconds);
  if (Number.isNaN(moment.getTime())) return "";
  const text = moment.toISOString().replace("T", " ");
  // "2024-02-01", "2024-02-01 12:30", "2024-02-01 12:30:05"; years beyond 9999 are written with a sign and more digits.
  const day = text.indexOf(" ");
  if (span > DAYS_ALONE) return text.slice(0, day);
  return text.slice(0, day + (span > 300 ? 6 : span > 3 ? 9 : 13));
}
