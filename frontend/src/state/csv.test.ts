import { expect, it } from "vitest";
import { write_csv } from "./csv";

it("quotes what would end a field", () => {
  const rows = [
    ["index", "what is said"],
    ["0", 'a "b", c'],
    ["1", "two\nlines"],
    ["2", ""],
  ];
  expect(write_csv(rows)).toBe('index,what is said\r\n0,"a ""b"", c"\r\n1,"two\nlines"\r\n2,\r\n');
});
