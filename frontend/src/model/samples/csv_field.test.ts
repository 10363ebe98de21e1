import { expect, it } from "vitest";
import { guarded, writeCsv } from "./csv_field";

it("quotes what would end a field", () => {
  const rows = [
    ["index", "what is said"],
    ["0", 'a "b", c'],
    ["1", "two\nlines"],
    ["2", ""],
  ];
  expect(writeCsv(rows)).toBe('index,what is said\r\n0,"a ""b"", c"\r\n1,"two\nlines"\r\n2,\r\n');
});

it.each([
  ["=1+1", "'=1+1"],
  ["+49 30", "'+49 30"],
  ["-x", "'-x"],
  ["@home", "'@home"],
  ["\tx", "'\tx"],
  ["\rx", "'\rx"],
  ["'tis", "''tis"],
  ["'", "''"],
  ["", ""],
  ["a=b", "a=b"],
  [" =1", " =1"],
])("guards what a spreadsheet may run: %j", (text, cell) => {
  expect(guarded(text)).toBe(cell);
});
