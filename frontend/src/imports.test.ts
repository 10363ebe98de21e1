// Which way imports point, so that the folders stay what their names say.
import { describe, expect, it } from "vitest";

const SOURCES = import.meta.glob<string>(["./**/*.ts", "./**/*.tsx", "!./**/*.test.ts"], {
  query: "?raw",
  import: "default",
  eager: true,
});

/** Every import of every module, as paths below `src/`: [from, to]. */
function imports(): [string, string][] {
  return Object.entries(SOURCES).flatMap(([name, text]) => {
    const targets = [...text.matchAll(/(?:from|import\()\s*"([^"]+)"/g)];
    return targets.map(([, to]): [string, string] => [below(name), below(to as string, name)]);
  });
}

/** A package keeps its name. */
function below(path: string, from = "./"): string {
  if (from !== "./" && !path.startsWith(".")) return path;
  return new URL(path, new URL(from, "file:///")).pathname.slice(1);
}

const ALL = imports();

function found(from: RegExp, to: RegExp): string[] {
  return ALL.filter(([a, b]) => from.test(a) && to.test(b)).map(([a, b]) => `${a} -> ${b}`);
}

/** The folders of `src/` from the ground up: each may import those before it. */
const FLOORS = [
  "model",
  "state/parts",
  "state/(store|new_store)",
  "state/derived",
  "state/actions",
  "effects",
];

describe("modules", () => {
  it("have at most 300 lines", () => {
    const lengths = Object.entries(SOURCES).map(([name, text]) => [
      name,
      text.split("\n").length - 1,
    ]);
    expect(lengths.filter(([, lines]) => Number(lines) > 300)).toEqual([]);
  });
});

describe("imports", () => {
  it("are found at all", () => {
    expect(found(/^app\.tsx$/, /^state\//)).not.toEqual([]);
    expect(found(/^state\/store\.ts$/, /^@preact/)).not.toEqual([]);
  });

  it.each(FLOORS.map((floor, at) => [floor, FLOORS.slice(at + 1)] as const))(
    "never point up from %s",
    (floor, above) => {
      for (const one of above)
        expect(found(new RegExp(`^${floor}\\b`), new RegExp(`^${one}\\b`))).toEqual([]);
    },
  );

  it("keep the model pure: no signals, no server", () => {
    expect(found(/^model\//, /^(@preact|preact|api|measures_api|host)/)).toEqual([]);
  });

  it("let effects and the calls of single panels alone call the server", () => {
    const callers = /^(?!effects\/|panels\/\w+\/api\.ts$|api|measures_api)/;
    expect(found(callers, /^(api|measures_api)$/)).toEqual([]);
  });

  it("give the canvas numbers only", () => {
    expect(found(/^canvas\//, /^(state|effects|panels|charts|api|measures_api|host|app)/)).toEqual(
      [],
    );
  });

  it("keep panels apart from one another and from the server", () => {
    const folder = (path: string) => path.match(/^panels\/(\w+)\//)?.[1];
    const across = ALL.filter(
      ([from, to]) => from.startsWith("panels/") && to.startsWith("panels/"),
    )
      .filter(([from, to]) => folder(from) === undefined || folder(from) !== folder(to))
      .filter(([, to]) => to !== "panels/layer_section");
    expect(across).toEqual([]);
    expect(found(/^(charts|controls)\/|^panels\/.*\.tsx$/, /^(api|measures_api|wire)$/)).toEqual(
      [],
    );
  });

  it("give each file of a panel's folder its part", () => {
    const drawn =
      /^(@preact|preact|state|effects|charts|controls)|^panels\/\w+\/(index|panel|api)$/;
    expect(found(/^panels\/\w+\/model/, drawn)).toEqual([]);
    expect(found(/^panels\/\w+\/api/, drawn)).toEqual([]);
    expect(found(/^panels\/\w+\/.*\.tsx$/, /^panels\/\w+\/(index|api)$/)).toEqual([]);
    // From outside a panel is known by what its `index` shows, or as the panel of a tab.
    expect(found(/^(?!panels\/)/, /^panels\/\w+\/(?!panel$)/)).toEqual([]);
  });

  it("never point from state to what shows it", () => {
    expect(found(/^(model|state|effects)\//, /^(panels|charts|controls|app)/)).toEqual([]);
  });

  it("give exports what was drawn, not the store", () => {
    expect(found(/^export\//, /^(model|state|effects|panels|controls|api|app)/)).toEqual([]);
  });

  it("keep charts and controls free of the store", () => {
    expect(found(/^(charts|controls)\//, /^(state|effects|panels)/)).toEqual([]);
  });
});
