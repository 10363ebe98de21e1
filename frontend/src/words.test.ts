// All words that the page shows, collected from its sources into docs/words.md, so that they can be read aloud.
import { parseSync } from "vite";
import { describe, expect, it } from "vitest";

const SOURCES = import.meta.glob<string>(["./**/*.ts", "./**/*.tsx", "!./**/*.test.ts"], {
  query: "?raw",
  import: "default",
  eager: true,
});

const LONGEST = 90;

/** Help, errors and sentences for screen readers may be longer. */
const MAY_BE_LONG = [
  "./api.ts",
  "./canvas/canvas2d_renderer.ts",
  "./canvas/renderer.ts",
  "./canvas/sprites.ts",
  "./canvas/webgl_renderer.ts",
  "./effects/load_regions.ts",
  "./effects/open_bookmarks.ts",
  "./effects/pattern_search.ts",
  "./export/animation.ts",
  "./export/svg.ts",
  "./model/samples/search.ts",
  "./model/text/selection_recipe.ts",
  "./model/text/stock_bookmarks.ts",
  "./panels/empty_state.tsx",
  "./panels/help_dialog.tsx",
  "./panels/stage_panel.tsx",
  "./state/parts/bookmarks.ts",
  "./wire.ts",
];

/** Of elements and components: their values are no words. */
const NO_WORDS =
  /^(class|id|key|ref|d|x|y|x1|x2|y1|y2|for|role|type|style|href|rel|way|viewBox|width|height|points|fill-rule|preserveAspectRatio|accept|autocomplete|inputMode|spellcheck|tabIndex|icon|value|chosen|aria-(?!label$|valuetext$|description$)[a-z]+)$/;

/** Keys, media types, styles, selectors and the like. */
const NO_SENTENCE =
  /^(Arrow\w+|Enter|Escape|Home|End|Page\w+|Shift|Control|Alt|Tab|Backspace|AbortError|Roboto|POST|GET|X-TB-Embed|X-TB-Embed-Page)$|^[a-z]+\/[\w.+-]+$|^[Mm]-?\d|^#|px|(^|\s)(solid|calc|var|rgb|url|translate|scale|gradient)\b|^\W*$|^<\w|^(font-family|linear-gradient|width=device|\(prefers)|^(metric|offset|fixed|find|outline|samples|unit:|step:|tb_embed:) ?…?|[{};]\s*$|^experimental\.|--/;

interface Node {
  readonly type: string;
  readonly start: number;
  readonly [field: string]: unknown;
}

interface Found {
  readonly start: number;
  readonly words: string;
}

/** What is written in a source, in its order: each once. */
function wordsOf(name: string, text: string): string[] {
  const found: Found[] = [];
  const look = (node: Node) => {
    const here = read(node);
    if (here !== null && isShown(here)) found.push({ start: node.start, words: here.trim() });
    for (const [field, child] of Object.entries(node)) {
      if (skips(node, field)) continue;
      for (const one of Array.isArray(child) ? child : [child]) {
        if (isNode(one)) look(one);
      }
    }
  };
  look(parseSync(name, text).program as unknown as Node);
  const inOrder = found.sort((a, b) => a.start - b.start).map(({ words }) => words);
  return [...new Set(inOrder)];
}

function isNode(one: unknown): one is Node {
  return typeof one === "object" && one !== null && typeof (one as Node).type === "string";
}

/** Where no words for people are written. */
function skips(node: Node, field: string): boolean {
  const { type } = node;
  if (/^(Import|Export(All|Named)|TS(?!AsExpression|SatisfiesExpression|NonNull))/.test(type)) {
    return field !== "declaration";
  }
  if (field === "typeAnnotation" || field === "typeArguments" || field === "quasi") return true;
  if (type === "BinaryExpression") return /^[!=<>]/.test(String(node.operator));
  if (type === "SwitchCase") return field === "test";
  if (type === "Property" || type === "MemberExpression") {
    return (field === "key" || field === "property") && node.computed !== true;
  }
  if (type === "TemplateLiteral") return field === "quasis";
  return type === "JSXAttribute" && field === "value" && NO_WORDS.test(nameOf(node));
}

function nameOf(attribute: Node): string {
  const name = attribute.name as Node;
  const own = String((name.name as Node).name ?? name.name);
  return name.type === "JSXNamespacedName"
    ? `${String((name.namespace as Node).name)}:${own}`
    : own;
}

/** What a node says by itself; "…" stands for what is filled in. */
function read(node: Node): string | null {
  if (node.type === "Literal" && typeof node.value === "string") return node.value;
  if (node.type === "TemplateLiteral") return template(node);
  if (node.type !== "JSXElement" && node.type !== "JSXFragment") return null;
  const parts = (node.children as Node[]).map((child): [string, boolean] => {
    if (child.type === "JSXText") {
      const text = String(child.value).replace(/\s*\n\s*/g, " ");
      return [text, text.trim() !== ""];
    }
    if (child.type !== "JSXExpressionContainer") return [" ", false];
    const inner = child.expression as Node;
    if (inner.type === "Literal") return [String(inner.value), false];
    return [inner.type === "JSXEmptyExpression" ? "" : "…", false];
  });
  if (!parts.some(([, isText]) => isText)) return null;
  return parts
    .map(([text]) => text)
    .join("")
    .replace(/\s+/g, " ");
}

function template(node: Node): string {
  const pieces = (node.quasis as Node[]).map((piece) => (piece.value as { cooked: string }).cooked);
  return pieces.join("…");
}

/** Words for people: a sentence, or a name that begins with a capital letter. */
function isShown(words: string): boolean {
  const text = words.trim();
  if (NO_SENTENCE.test(text) || !/[A-Za-z]{2}/.test(text)) return false;
  return /[A-Za-z…,:;)%] [A-Za-z…(\d]/.test(text) || /^[A-Z][a-z]/.test(text);
}

const ALL = Object.entries(SOURCES)
  .filter(([name]) => !name.includes("/testing/"))
  .map(([name, text]) => [name, wordsOf(name, text)] as const)
  .filter(([, words]) => words.length > 0)
  .sort(([a], [b]) => (a < b ? -1 : 1));

function page(): string {
  const files = ALL.map(([name, words]) => {
    const lines = words.map(
      (one) => `- ${one.replace(/\s+/g, " ").replace(/([<>*_`|[\]])/g, "\\$1")}`,
    );
    return [`## ${name.slice(2)}`, "", ...lines, ""].join("\n");
  });
  const head = [
    "# The page's words",
    "",
    "Every text that the page itself shows, by the file that it is written in; `…` stands for what is filled in. What the server",
    "says is not among them. Made by `npm run words`, in `frontend/`; a test fails where it is out of date.",
    "",
  ];
  return [...head, ...files].join("\n");
}

describe("the page's words", () => {
  it("are collected at all", () => {
    const bar = ALL.find(([name]) => name === "./panels/stage_bar.tsx")?.[1];
    expect(bar).toEqual(expect.arrayContaining(["Compare", "Lasso", "Close the second pane"]));
  });

  it("are at most 90 characters at a time, help and errors aside", () => {
    const long = ALL.filter(([name]) => !MAY_BE_LONG.includes(name)).flatMap(([name, words]) =>
      words.filter((one) => one.length > LONGEST).map((one) => `${name}: ${one}`),
    );
    expect(long).toEqual([]);
  });

  it("are those of docs/words.md", async () => {
    const told = "docs/words.md is out of date: run npm run words in frontend/";
    await expect(page(), told).toMatchFileSnapshot("../../docs/words.md");
  });
});
