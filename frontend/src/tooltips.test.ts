// Each control says in one line what it does, when somebody rests the pointer on it: it or its label has a title.
import { expect, it } from "vitest";

const SOURCES = import.meta.glob<string>("./**/*.tsx", {
  query: "?raw",
  import: "default",
  eager: true,
});
const CONTROL = /<(?:button|select|input|summary|textarea)\b/g;

/** The tag that begins at `from`, arrow functions and all. */
function tagAt(source: string, from: number): string {
  let depth = 0;
  for (let i = from; i < source.length; i += 1) {
    if (source[i] === "{") depth += 1;
    else if (source[i] === "}") depth -= 1;
    else if (source[i] === ">" && depth === 0) return source.slice(from, i + 1);
  }
  return source.slice(from);
}

/** The label or field around a control, where there is one that is not closed before it. */
function labelAround(source: string, control: number): string {
  const before = source.slice(0, control).replaceAll(/<label[\s\S]*?<\/label>/g, "");
  const from = Math.max(before.lastIndexOf("<label"), before.lastIndexOf('<div class="field'));
  return from === -1 || before.slice(from).includes("</div>") ? "" : tagAt(before, from);
}

it("says what each control does", () => {
  const silent: string[] = [];
  let controls = 0;
  for (const [file, source] of Object.entries(SOURCES)) {
    for (const { index } of source.matchAll(CONTROL)) {
      controls += 1;
      const told = `${tagAt(source, index)}${labelAround(source, index)}`;
      if (!/\btitle[=}]/.test(told)) silent.push(`${file}: ${tagAt(source, index).slice(0, 80)}`);
    }
  }
  expect(controls).toBeGreaterThan(50);
  expect(silent).toEqual([]);
});
