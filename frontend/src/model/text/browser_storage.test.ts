import { expect, it } from "vitest";
import { tagged } from "../samples/tags";
import { formatKept, type Kept, parseKept } from "./browser_storage";

it("comes back as it was kept", () => {
  const tags = tagged(tagged(new Map(), [3, 4, 9], "fine"), [1], "wrong label");
  const kept: Kept = { tags, named: [{ name: 'my "sevens"', ids: [1, 2, 3, 8] }] };
  expect(parseKept(formatKept(kept), 10)).toEqual(kept);
});

it.each([
  "null",
  "[]",
  '{"tags": 3, "named": {}}',
  '{"tags": {"fine": [1], "other": "1"}, "named": [null, {"name": 1, "ids": "2"}, {"name": "a", "ids": "x"}]}',
])("%s, which we have not written, is taken for nothing", (text) => {
  expect(parseKept(text, 10)).toEqual({ tags: new Map(), named: [] });
});

it("names no sample that does not exist", () => {
  const kept = parseKept('{"tags": {"fine": "8-20"}, "named": []}', 10);
  expect([...kept.tags.keys()]).toEqual([8, 9]);
});

it("a tag given twice is taken away", () => {
  const once = tagged(new Map(), [1, 2], "unsure");
  expect([...tagged(once, [2, 3], "unsure").keys()]).toEqual([1, 2, 3]);
  expect([...tagged(once, [1, 2], "unsure")]).toEqual([]);
  expect(tagged(once, [1], "fine").get(1)).toBe("fine");
});
