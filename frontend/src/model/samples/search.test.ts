import { describe, expect, it } from "vitest";
import { Strings } from "../../wire";
import { blocksOf, textsOf } from "./pattern_rows";
import { type Pattern, readQuery } from "./search";
import type { Table } from "./table";

function strings(texts: readonly string[]): Strings {
  const encoded = texts.map((text) => new TextEncoder().encode(text));
  const offsets = new Uint32Array(texts.length + 1);
  for (const [i, bytes] of encoded.entries()) offsets[i + 1] = (offsets[i] ?? 0) + bytes.length;
  return new Strings(new Uint8Array(encoded.flatMap((bytes) => [...bytes])), offsets);
}

/** Without a zone, as we do: in UTC. */
function at(text: string): number {
  return Date.parse(text.length > 10 && !text.endsWith("Z") ? `${text}Z` : text) / 1000;
}

const TABLE: Table = [
  { type: "number", name: "index", values: Float64Array.from([0, 1, 2, 3]) },
  {
    type: "category",
    name: "label",
    codes: Int32Array.from([1, 0, -1, 2]),
    words: ["3", "7", "17"],
  },
  { type: "number", name: "confidence", values: Float64Array.from([0.9, 0.4, Number.NaN, 0.5]) },
  {
    type: "date",
    name: "taken",
    values: Float64Array.from(["2024-01-31T23:59", "2024-02-01", "2024-02-01T12:30", ""], at),
    texts: strings(["2024-01-31T23:59", "2024-02-01", "2024-02-01T14:30+02:00", ""]),
  },
  {
    type: "text",
    name: "file name",
    texts: strings(["Red car.png", "blue/Car.png", "a:b", "tram (old).png"]),
  },
];

function found(query: string): number[] | string {
  const search = readQuery(query, TABLE);
  if (search === null) return "nothing asked";
  if ("error" in search) return search.error;
  const masks = search.patterns.map(tried);
  return [0, 1, 2, 3].filter((sample) => search.matches(sample, masks));
}

/** As the worker tries it. */
function tried({ regex, column }: Pattern): Uint8Array {
  const texts = [...blocksOf(column)].map(textsOf);
  const all = texts.flatMap((block) => Array.from({ length: block.length }, (_, i) => block.at(i)));
  return Uint8Array.from(all, (text) => Number(regex.test(text)));
}

describe("a query", () => {
  it.each<[string, number[]]>([
    ["car", [0, 1]],
    ["CAR red", [0]],
    ['"red car"', [0]],
    ['"red blue"', []],
    ["/^red|old/", [0, 3]],
    ["/^Red/ 7", [0]],
    ["/red/u", []],
    ["label:7", [0]],
    ["label:/7$/", [0, 3]],
    ["label!=7", [1, 2, 3]],
    ['label:""', [2]],
    ['label!=""', [0, 1, 3]],
    ["Label = 3", [1]],
    ["label>3", [0, 3]],
    ["label>=7 label<17", [0]],
    ["confidence<0.5", [1]],
    ["confidence <= .5", [1, 3]],
    ["confidence>1e-3", [0, 1, 3]],
    ['confidence:""', [2]],
    ["taken<2024-02-01", [0]],
    ["taken<=2024-02-01", [0, 1, 2]],
    ["taken>2024-01-31", [1, 2]],
    ["taken>=2024-02-01T12:00", [2]],
    ["taken>=2024-02-01T14:30", []],
    ["taken>=2024-02-01T14:30+02:00", [2]],
    ['taken<"2024-02-01 12:30"', [0, 1]],
    ["taken:2024-02", [1, 2]],
    ["taken:2024-02-01", [1, 2]],
    ["taken:2024-02-01T12:30", [2]],
    ["taken:2024-02-01T14", [2]],
    ["taken!=2024-02", [0, 3]],
    ['taken:""', [3]],
    ["taken>2023", [0, 1, 2]],
    ["taken:/T14/", [2]],
    ["index:2", [2]],
    ["index>-1", [0, 1, 2, 3]],
    ['"file name":"blue/car.png"', [1]],
    ['"file name":/car/', [0, 1]],
    ['"a:b"', [2]],
    ['"("', [3]],
    ["/car/ label:3", [1]],
  ])("%s finds its samples", (query, ids) => {
    expect(found(query)).toEqual(ids);
  });

  it.each([
    ["/(/", /^Invalid regular expression \/\(\/: \S/],
    ["/a/zz", /^Invalid regular expression \/a\/zz/],
    ["/abc", /^Missing closing \/ after \/abc/],
    ['"abc', /^Missing closing quote/],
    ["colour:7", /No column "colour". Available: index, label, confidence, taken, file name$/],
    ["confidence<many", /^confidence< needs a number, not many/],
    ["confidence<", /needs a number, not nothing/],
    ["taken<yesterday", /^taken< needs a date such as 2024-02-01 .*, not yesterday/],
    ["label:", /^Missing value after label:/],
    ["index:one", /^index needs a number, not one/],
    ['"file name"<3', /file name holds text$/],
    ["confidence</4/", /^confidence< needs a number, not a regular expression/],
  ])("%s is refused in words", (query, message) => {
    expect(found(query)).toMatch(message);
  });

  it("that is empty asks nothing", () => {
    expect(found("  ")).toBe("nothing asked");
  });

  it("asks the same each time", () => {
    const search = readQuery("/car/g", TABLE);
    const patterns = search !== null && "patterns" in search ? search.patterns : [];
    expect(patterns.map(tried)).toEqual(patterns.map(tried));
    expect(found("/car/g")).toEqual([0, 1]);
  });
});
