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
    const targets = [...text.matchAll(/(?:from|import\()\s*"(\.[^"]+)"/g)];
    return targets.map(([, to]): [string, string] => [below(name), below(to as string, name)]);
  });
}

function below(path: string, from = "./"): string {
  return new URL(path, new URL(from, "file:///")).pathname.slice(1);
}

const ALL = imports();

function found(from: RegExp, to: RegExp): string[] {
  return ALL.filter(([a, b]) => from.test(a) && to.test(b)).map(([a, b]) => `${a} -> ${b}`);
}

describe("imports", () => {
  it("are found at all", () => {
    expect(found(/^app\.tsx$/, /^state\//)).not.toEqual([]);
  });

  it("give the canvas numbers only", () => {
    expect(found(/^canvas\//, /^(state|panels|charts|api|measures_api|host|app)/)).toEqual([]);
  });

  it("keep panels apart from one another and from the server", () => {
    expect(found(/^panels\//, /^panels\//)).toEqual([]);
    expect(found(/^(panels|charts|controls)\//, /^(api|measures_api|wire)$/)).toEqual([]);
  });

  it("let state alone call the server", () => {
    expect(found(/^(?!state\/|api|measures_api)/, /^(api|measures_api)$/)).toEqual([]);
  });

  it("never point from state to what shows it", () => {
    expect(found(/^state\//, /^(panels|charts|controls|app)/)).toEqual([]);
  });

  it("give exports what was drawn, not the store", () => {
    expect(found(/^export\//, /^(state|panels|controls|api|app)/)).toEqual([]);
  });

  it("keep controls free of the store", () => {
    expect(
      found(/^(charts|controls)\//, /^(state\/(?!(table|histogram|spacing)$)|panels)/),
    ).toEqual([]);
  });
});
