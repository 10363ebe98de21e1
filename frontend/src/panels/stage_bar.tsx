// The bar over the page: finding samples, what a drag does, how the samples are drawn, what else is shown, and the ways
// back and to help.
import type { ComponentChildren } from "preact";
import { Choice, type Option } from "../controls/choice";
import { IconButton } from "../controls/icon_button";
import {
  chooseDimensions,
  chooseDrawing,
  goHome,
  showHelp,
  togglePanel,
} from "../state/actions/choose_view";
import { toggleCompanion } from "../state/actions/compare";
import type { Store } from "../state/store";
import type { Dimensions, Drawing, Tool } from "../types";

const TOOLS: readonly Option<Tool>[] = [
  {
    value: "pan",
    name: "Pan",
    title: "Drag to move the view (P)",
    icon: "M12 2l4 4h-3v5h5V8l4 4-4 4v-3h-5v5h3l-4 4-4-4h3v-5H6v3l-4-4 4-4v3h5V6H8z",
  },
  {
    value: "lasso",
    name: "Lasso",
    title: "Drag around samples to select them (L)",
    icon:
      "M12 3C6.500 3 2 5.900 2 9.500c0 2.600 2.300 4.800 5.600 5.900-.7 1-.9 2.500.4 4.100L7 21h3l.6-1c-1.700-1.500-1.600-3-.8-4 .7.1 " +
      "1.400.1 2.200.1 5.500 0 10-2.900 10-6.600S17.500 3 12 3zm0 2c4.500 0 8 2.100 8 4.500s-3.500 4.600-8 4.600-8-2.100-8-4.600S7.500 5 12 5z",
  },
  {
    value: "box",
    name: "Box",
    title: "Drag a box over samples to select them (B)",
    icon: "M3 3h6v2H5v4H3zm12 0h6v6h-2V5h-4zM3 15h2v4h4v2H3zm16 0h2v6h-6v-2h4z",
  },
];
const DIMENSIONS: readonly Option<Dimensions>[] = [
  { value: 2, name: "2D", title: "Two dimensions, seen from above" },
  { value: 3, name: "3D", title: "Three dimensions: drag to rotate" },
];
const DRAWINGS: readonly Option<Drawing>[] = [
  {
    value: "auto",
    name: "Auto",
    title: "Images while at most a fifth of their area overlaps, else dots",
    icon: "M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20zm0 2a8 8 0 1 1 0 16 8 8 0 0 1 0-16zm-1.200 3L7 17h2l.7-2h4.600l.7 2h2L13.200 7zM12 9l1.600 4.300h-3.200z",
  },
  {
    value: "dots",
    name: "Dots",
    title: "Draw each sample as a dot",
    icon: "M7 4a3 3 0 1 0 0 6 3 3 0 0 0 0-6zm10 2a2.500 2.500 0 1 0 0 5 2.500 2.500 0 0 0 0-5zm-6 7a3.500 3.500 0 1 0 0 7 3.500 3.500 0 0 0 0-7z",
  },
  {
    value: "images",
    name: "Images",
    title: "Draw each sample as its thumbnail",
    icon: "M3 4h18v16H3zm2 2v12h14V6zm1 10 4-5 3 3 2-2 3 4zm9.500-8a1.500 1.500 0 1 1 0 3 1.500 1.500 0 0 1 0-3z",
  },
];
const NO_IMAGES = "No thumbnails were recorded: pass images=… to the callback";
const DOTS_ALONE = DRAWINGS.slice(1).map((option) =>
  option.value === "images" ? { ...option, title: NO_IMAGES, disabled: true } : option,
);

const BADGE = new Intl.NumberFormat("en-US", { notation: "compact" });

interface StageBarProps {
  readonly store: Store;
  /** What else can be shown, and saved. */
  readonly menus: ComponentChildren;
  /** The search. */
  readonly children: ComponentChildren;
}

export function StageBar({ store, menus, children }: StageBarProps) {
  const open = store.panelOpen.value;
  const comparing = store.companion.value !== null;
  return (
    <header class="stage-bar">
      <div role="toolbar" aria-label="Tools">
        <IconButton
          name={open ? "Hide the data panel" : "Show the data panel"}
          press={() => togglePanel(store)}
          expanded={open}
        >
          <path d="M4 6h16v2H4zm0 5h16v2H4zm0 5h16v2H4z" />
        </IconButton>
        {children}
        <div class="spring" />
        <Choices store={store} />
        <div class="tools">
          <IconButton
            name="Compare"
            word="Compare"
            title={
              comparing
                ? "Close the second pane"
                : "Compare side by side with another run, layer, view or epoch"
            }
            press={() => toggleCompanion(store)}
            expanded={comparing}
          >
            <path d="M3 4h8v16H3zm2 2v12h4V6zm8-2h8v16h-8z" fill-rule="evenodd" />
          </IconButton>
          {menus}
        </div>
        <div class="tools">
          <IconButton name="Help" word="Help" press={() => showHelp(store, true)}>
            <path d="M11 18h2v-2h-2zm1-16a10 10 0 1 0 0 20 10 10 0 0 0 0-20zm0 18a8 8 0 1 1 0-16 8 8 0 0 1 0 16zm0-14a4 4 0 0 0-4 4h2a2 2 0 1 1 4 0c0 2-3 1.800-3 5h2c0-2.200 3-2.500 3-5a4 4 0 0 0-4-4z" />
          </IconButton>
          <InspectorButton store={store} />
        </div>
      </div>
    </header>
  );
}

/** What a drag does, how samples are drawn, and in how many dimensions. */
function Choices({ store }: { store: Store }) {
  const engine = store.engines.value.find(({ name }) => name === store.engine.value);
  const flat = engine !== undefined && !engine.components.includes(3);
  const pictured = store.layer.value?.sprite != null;
  return (
    <>
      <Choice
        name="Drag to"
        options={TOOLS}
        chosen={store.samples.tool.value}
        choose={(tool) => store.samples.chooseTool(tool)}
      />
      {store.layer.value !== null && (
        <Choice
          name="Draw samples as"
          options={pictured ? DRAWINGS : DOTS_ALONE}
          chosen={pictured ? store.drawing.value : "dots"}
          choose={(drawing) => chooseDrawing(store, drawing)}
        />
      )}
      <div class="tools">
        <Choice
          name="Dimensions"
          options={flat ? DIMENSIONS.slice(0, 1) : DIMENSIONS}
          chosen={store.dimensions.value}
          choose={(dimensions) => chooseDimensions(store, dimensions)}
        />
        <IconButton
          name="Home view"
          title="Fit the samples into the view; the outermost may lie outside (H)"
          press={() => goHome(store)}
        >
          <path d="M12 4 3 12h3v8h5v-5h2v5h5v-8h3z" />
        </IconButton>
      </div>
    </>
  );
}

/** Folded, the inspector says what waits in it: a warning never moves the stage by itself. */
function InspectorButton({ store }: { store: Store }) {
  const open = store.samples.inspectorOpen.value;
  const selected = store.samples.selection.value?.count ?? 0;
  const warnings = store.measures.findings.value?.warnings.length ?? 0;
  const count = selected || warnings;
  const counted = `${count.toLocaleString("en-US")} ${
    selected > 0 ? "selected" : warnings === 1 ? "warning" : "warnings"
  }`;
  const waits = !open && count > 0;
  const show = waits ? `${counted}: show the inspector` : "Show the inspector";
  return (
    <IconButton
      name={open ? "Hide the inspector" : show}
      press={() => store.samples.toggleInspector()}
      expanded={open}
      badge={waits ? BADGE.format(count) : undefined}
    >
      <path d="M3 4h18v16H3zm2 2v12h9V6zm11 0v12h3V6z" fill-rule="evenodd" />
    </IconButton>
  );
}
