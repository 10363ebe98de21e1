import { describe, expect, it } from "vitest";
import { readSpan, writeMoment } from "./dates";

const at = (text: string) => Date.parse(text) / 1000;

describe("a part of a time", () => {
  it.each([
    ["2024", "2024-01-01T00:00Z", "2025-01-01T00:00Z"],
    ["2024-02", "2024-02-01T00:00Z", "2024-03-01T00:00Z"],
    ["2024-12", "2024-12-01T00:00Z", "2025-01-01T00:00Z"],
    ["2024-02-29", "2024-02-29T00:00Z", "2024-03-01T00:00Z"],
    ["2024-02-01T12", "2024-02-01T12:00Z", "2024-02-01T13:00Z"],
    ["2024-02-01 12:30", "2024-02-01T12:30Z", "2024-02-01T12:31Z"],
    ["2024-02-01T12:30:05", "2024-02-01T12:30:05Z", "2024-02-01T12:30:06Z"],
    ["2024-02-01T12:30:05.25", "2024-02-01T12:30:05.250Z", "2024-02-01T12:30:05.260Z"],
    ["2024-02-01T00:30+02:00", "2024-01-31T22:30Z", "2024-01-31T22:31Z"],
    ["2024-02-01T00:30-0530", "2024-02-01T06:00Z", "2024-02-01T06:01Z"],
    ["2024-02-01T12:30Z", "2024-02-01T12:30Z", "2024-02-01T12:31Z"],
    ["0099-01", "0099-01-01T00:00Z", "0099-02-01T00:00Z"],
  ])("%s is a span", (text, from, to) => {
    const span = readSpan(text);
    expect(span?.from).toBeCloseTo(at(from), 6);
    expect(span?.to).toBeCloseTo(at(to), 6);
  });

  it.each(["", "24", "2024-2", "2023-02-29", "2024-13", "2024-02-01T24:00", "2024-02-01X", "soon"])(
    "%s is none",
    (text) => expect(readSpan(text)).toBeNull(),
  );
});

it("writes a moment no finer than its scale", () => {
  const moment = at("2024-02-01T12:30:05.250Z");
  expect(writeMoment(moment, 365 * 86_400)).toBe("2024-02-01");
  expect(writeMoment(moment, 86_400)).toBe("2024-02-01 12:30");
  expect(writeMoment(moment, 60)).toBe("2024-02-01 12:30:05");
  expect(writeMoment(moment, 1)).toBe("2024-02-01 12:30:05.250");
  expect(writeMoment(1e300, 1)).toBe("");
});
