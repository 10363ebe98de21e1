// What the menus of the stage and the timeline have set, in words: what an address and a bookmark hold of it, and the way
// back. Reading takes what it understands: an address comes from anywhere.

import { readSettings, writeSettings } from "../model/text/address";
import type { DisplayState } from "../state/parts/display";
import type { DisplayMode } from "../types";

const OVERLAYS: readonly DisplayMode[] = ["none", "ghost", "onion", "density", "regions"];
const YES = "1";
const NO = "0";
const MOST_FACTOR = 4;

/** `trails:1,overlay:ghost,size:2`: only what differs from what a fresh page shows; empty where nothing does. */
export function writeShown(display: DisplayState): string {
  const said: Record<string, string> = {};
  if (display.trails.value) said.trails = YES;
  const names = display.requestedNames.value;
  if (names !== null) said.names = names ? YES : NO;
  if (display.sequence.value) said.sequence = YES;
  if (display.labelBy.value !== "") said.label = display.labelBy.value;
  if (display.sizeBy.value !== "") said.size_by = display.sizeBy.value;
  if (display.requestedMode.value !== null) said.overlay = display.requestedMode.value;
  if (display.ghostStep.value !== null) said.ghost = String(display.ghostStep.value);
  if (display.otherStep.value !== null) said.other = String(display.otherStep.value);
  if (display.dotSize.value !== 1) said.size = short(display.dotSize.value);
  if (display.opacity.value !== 1) said.opacity = short(display.opacity.value);
  if (display.loop.value) said.loop = YES;
  if (!display.even.value) said.even = NO;
  return writeSettings(said);
}

/** Sets all of it: what is not said is as on a fresh page. */
export function takeShown(display: DisplayState, text: string): void {
  const said = readSettings(text);
  display.trails.value = said.trails === YES;
  display.requestedNames.value = readSwitch(said.names);
  display.sequence.value = said.sequence === YES;
  display.labelBy.value = said.label ?? "";
  display.sizeBy.value = said.size_by ?? "";
  display.requestedMode.value = OVERLAYS.find((one) => one === said.overlay) ?? null;
  display.ghostStep.value = readStep(said.ghost);
  display.otherStep.value = readStep(said.other);
  display.dotSize.value = readFactor(said.size);
  display.opacity.value = readFactor(said.opacity);
  display.loop.value = said.loop === YES;
  display.even.value = said.even !== NO;
}

export function readStep(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : null;
}

function readSwitch(text: string | undefined): boolean | null {
  return text === YES || text === NO ? text === YES : null;
}

function readFactor(text: string | undefined): number {
  const factor = Number(text);
  return factor >= 1 / MOST_FACTOR && factor <= MOST_FACTOR ? factor : 1;
}

function short(factor: number): string {
  return String(Number(factor.toPrecision(3)));
}
