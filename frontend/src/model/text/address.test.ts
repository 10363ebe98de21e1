import { describe, expect, it } from "vitest";
import { type Address, readAddress, readSettings, writeAddress, writeSettings } from "./address";

const address: Address = {
  run: "mnist/adam & friends=100%#1",
  layer: "block 1/dense",
  step: "7",
  color: "größe",
  view: "3d",
  drawing: "dots",
  engine: "umap",
  settings: "neighbors:30,target:a%2Cb",
};

describe("settings in the address", () => {
  it("are read as they were written, and what is mangled is left out", () => {
    const settings = { neighbors: "30", target: "größe, in: cm" };
    expect(readSettings(writeSettings(settings))).toEqual(settings);
    expect(readSettings("x:%E0%A4%A,:3,,seed:4")).toEqual({ x: "", seed: "4" });
  });
});

describe("the address", () => {
  it("gives back what was written, whatever characters names have", () => {
    expect(readAddress(writeAddress("#tb_embed", address))).toEqual(address);
    expect(readAddress(writeAddress("", address))).toEqual(address);
  });

  it("leaves alone what is not ours", () => {
    const before = "#tb_embed&p.projector.run=x&p.tb_embed.step=3&tagFilter=a%26b";
    const after = writeAddress(before, { run: "r" });
    expect(after).toBe("#tb_embed&p.projector.run=x&tagFilter=a%26b&p.tb_embed.run=r");
  });

  it("is the same when written twice", () => {
    const once = writeAddress("#tb_embed", address);
    expect(writeAddress(once, address)).toBe(once);
  });

  it("does not name what is absent, and reads nothing from a mangled value", () => {
    expect(readAddress(writeAddress("#tb_embed", { layer: "fc1" }))).toEqual({ layer: "fc1" });
    expect(readAddress("#tb_embed&p.tb_embed.run=%E0%A4%A&p.tb_embed.step=2")).toEqual({
      step: "2",
    });
  });

  it("stays below two thousand characters: what is worth least is left out", () => {
    const long = { run: "r", camera: "1,2,3", selection: `samples ${"1,".repeat(1500)}` };
    const written = writeAddress("#tb_embed", long);
    expect(readAddress(written)).toEqual({ run: "r", camera: "1,2,3" });
    expect(writeAddress(written, { run: "x".repeat(3000) })).toBe("#tb_embed");
  });
});
