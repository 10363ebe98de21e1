import { expect, it } from "vitest";
import { writeCsv } from "./csv_field";

it("quotes what would end a field", () => {
  const rows = [
    ["index", "what is said"],
    ["0", 'a "b", c'],
    ["1", "two\nlines"],
    ["2", ""],
  ];
  expect(writeCsv(rows)).toBe('index,what is said\r\n0,"a ""b"", c"\r\n1,"two\nlines"\r\n2,\r\n');
});
