// The thumbnails: an indexed quad for each sample in view. Not instanced, which is twenty times slower where there is no
// graphics card, and not points, whose greatest size and clipping differ from driver to driver.
import {
  BufferAttribute,
  BufferGeometry,
  CustomBlending,
  DataArrayTexture,
  GLSL3,
  LinearFilter,
  LinearMipmapLinearFilter,
  type Matrix4,
  Mesh,
  OneFactor,
  OneMinusSrcAlphaFactor,
  RawShaderMaterial,
  RedFormat,
  RGBAFormat,
  Sphere,
  Vector2,
  Vector3,
} from "three";
import { RINGS } from "../palette";
import type { Pose, Theme } from "../types";
import { channels, MARK_GLSL } from "./emphasis";
import type { PointAttributes } from "./point_attributes";
import { LAYER_SIDE, type SpriteTexture } from "./sprites";

const FRAME = 2;

const VERTEX = `${MARK_GLSL}
in vec4 from_position;
in vec4 to_position;
in vec4 paint;
in float mark;
in float scale;
in float sample_id;
uniform mat4 from_clip;
uniform mat4 to_clip;
uniform vec2 half_size;
uniform vec2 stage_size;
uniform float focus;
uniform float slot;
uniform float slots_a_row;
uniform vec2 cell;
uniform float ring;
uniform vec3 selected_ring;
uniform vec3 chosen_ring;
out vec4 tint;
out vec2 at;
out vec2 half_extent;
flat out vec3 corner;
flat out vec3 ring_tint;
flat out float ring_width;
flat out float dimmed;

void main() {
  vec2 side = vec2(gl_VertexID & 1, (gl_VertexID >> 1) & 1) * 2.0 - 1.0;
  vec4 centre = from_clip * vec4(from_position.xyz, 1.0) + to_clip * vec4(to_position.xyz, 1.0);
  half_extent = half_size * 0.01 * scale * clamp(focus / centre.w, 0.6, 2.5);
  ring_width = ring_of(mark, ring);
  ring_tint = is_chosen(mark) ? chosen_ring : selected_ring;
  dimmed = is_dimmed(mark) ? 1.0 : 0.0;
  at = side * (half_extent + ring_width);
  gl_Position = centre + vec4(2.0 * at / stage_size * centre.w, 0.0, 0.0);
  float slots_a_layer = slots_a_row * slots_a_row;
  float within = mod(sample_id, slots_a_layer);
  vec2 place = vec2(mod(within, slots_a_row), floor(within / slots_a_row));
  corner = vec3(place * slot + 1.0, floor(sample_id / slots_a_layer));
  tint = vec4(is_dimmed(mark) ? faded(paint.rgb) : paint.rgb, paint.a);
}`;

const FRAGMENT = `
precision highp float;${MARK_GLSL}
precision highp sampler2DArray;
in vec4 tint;
in vec2 at;
in vec2 half_extent;
flat in vec3 corner;
flat in vec3 ring_tint;
flat in float ring_width;
flat in float dimmed;
uniform sampler2DArray thumbnails;
uniform vec2 cell;
uniform float ink;
uniform float dimmed_opacity;
uniform float frame;
uniform float pixel_ratio;
out vec4 color;

void main() {
  float strength = mix(1.0, dimmed_opacity, dimmed);
  // Interpolated, the edge may lie a hair outside itself: that is no ring.
  if (any(greaterThan(abs(at), half_extent + 0.01))) {
    color = vec4(ring_tint, 1.0);
    return;
  }
  vec2 inner = half_extent - frame;
  vec2 within = vec2(at.x, -at.y) / inner * 0.5 + 0.5;
  // The slots' sides are powers of two: up to this level no neighbour bleeds in.
  float level = clamp(log2(cell.x / (2.0 * inner.x * pixel_ratio)), 0.0, 4.0);
  vec2 texel = corner.xy + clamp(within * cell, vec2(0.5), cell - 0.5);
  vec4 pixel = textureLod(thumbnails, vec3(texel / ${LAYER_SIDE}.0, corner.z), level);
  if (ink > 0.5) {
    // Thin strokes fade when drawn small; the root lifts them again.
    float cover = sqrt(pixel.r);
    if (cover < 0.02) discard;
    color = vec4(tint.rgb, 1.0) * cover * strength;
    return;
  }
  bool framed = any(greaterThan(abs(at), inner));
  vec4 shown = framed ? vec4(tint.rgb, 1.0) : pixel;
  color = vec4(mix(shown.rgb, faded(shown.rgb), dimmed), shown.a) * strength;
}`;

export interface ImageStyle {
  /** Longer side of a thumbnail in CSS pixels. */
  readonly size: number;
  readonly pixelRatio: number;
  readonly focus: number;
  readonly stage: readonly [number, number];
  readonly dimmedOpacity: number;
  /** Width of the ring around selected samples. */
  readonly ring: number;
  readonly theme: Theme;
}

export class Images {
  readonly object: Mesh<BufferGeometry, RawShaderMaterial>;
  readonly thumbnails: "ink" | "tiles";
  private readonly texture: DataArrayTexture;
  private readonly cell: readonly [number, number];
  private capacity = 0;

  constructor({ plan, pixels }: SpriteTexture) {
    this.thumbnails = plan.channels === 1 ? "ink" : "tiles";
    this.cell = plan.cell;
    this.texture = new DataArrayTexture(pixels, LAYER_SIDE, LAYER_SIDE, plan.layers);
    this.texture.format = plan.channels === 1 ? RedFormat : RGBAFormat;
    this.texture.minFilter = LinearMipmapLinearFilter;
    this.texture.magFilter = LinearFilter;
    this.texture.generateMipmaps = true;
    this.texture.needsUpdate = true;
    const material = new RawShaderMaterial({
      glslVersion: GLSL3,
      vertexShader: VERTEX,
      fragmentShader: FRAGMENT,
      uniforms: {
        thumbnails: { value: this.texture },
        from_clip: { value: null },
        to_clip: { value: null },
        half_size: { value: new Vector2() },
        stage_size: { value: new Vector2() },
        focus: { value: 1 },
        pixel_ratio: { value: 1 },
        slot: { value: plan.slot },
        slots_a_row: { value: plan.slotsARow },
        cell: { value: new Vector2(...plan.cell) },
        dimmed_opacity: { value: 1 },
        ring: { value: 0 },
        selected_ring: { value: [0, 0, 0] },
        chosen_ring: { value: [0, 0, 0] },
        ink: { value: plan.channels === 1 ? 1 : 0 },
        frame: { value: plan.channels === 1 ? 0 : FRAME },
      },
      transparent: true,
      depthTest: false,
      depthWrite: false,
      blending: CustomBlending,
      blendSrc: OneFactor,
      blendDst: OneMinusSrcAlphaFactor,
    });
    this.object = new Mesh(new BufferGeometry(), material);
    this.object.frustumCulled = false;
    this.object.matrixAutoUpdate = false;
    this.object.renderOrder = 1;
  }

  /** Draws these samples, in this order. */
  setSamples(ids: readonly number[], from: Pose, to: Pose, looks: PointAttributes): void {
    if (ids.length > this.capacity) this.grow(ids.length);
    const { paint, marks } = looks;
    const geometry = this.object.geometry;
    const array = (name: string) => geometry.getAttribute(name).array;
    const starts = array("from_position") as Int16Array;
    const ends = array("to_position") as Int16Array;
    const tints = array("paint") as Uint8Array;
    const marked = array("mark") as Uint8Array;
    const scales = array("scale") as Uint8Array;
    const samples = array("sample_id") as Float32Array;
    for (const [k, id] of ids.entries()) {
      for (let vertex = 4 * k; vertex < 4 * k + 4; vertex += 1) {
        for (let c = 0; c < 4; c += 1) {
          starts[4 * vertex + c] = from.positions[4 * id + c] as number;
          ends[4 * vertex + c] = to.positions[4 * id + c] as number;
          tints[4 * vertex + c] = paint[4 * id + c] as number;
        }
        marked[vertex] = marks[id] as number;
        scales[vertex] = 100 * looks.scaleOf(id);
        samples[vertex] = id;
      }
    }
    for (const name of ["from_position", "to_position", "paint", "mark", "scale", "sample_id"]) {
      const attribute = geometry.getAttribute(name) as BufferAttribute;
      attribute.clearUpdateRanges();
      attribute.addUpdateRange(0, 4 * ids.length * attribute.itemSize);
      attribute.needsUpdate = true;
    }
    geometry.setDrawRange(0, 6 * ids.length);
  }

  setClip([from, to]: readonly [Matrix4, Matrix4]): void {
    const { uniforms } = this.object.material;
    Object.assign(uniforms.from_clip as object, { value: from });
    Object.assign(uniforms.to_clip as object, { value: to });
  }

  setStyle(style: ImageStyle): void {
    const { uniforms } = this.object.material;
    const frame = this.thumbnails === "tiles" ? FRAME : 0;
    const unit = style.size / Math.max(...this.cell) / 2;
    const [width, height] = this.cell;
    uniforms.half_size?.value.set(width * unit + frame, height * unit + frame);
    uniforms.stage_size?.value.set(...style.stage);
    Object.assign(uniforms.dimmed_opacity as object, { value: style.dimmedOpacity });
    Object.assign(uniforms.ring as object, { value: style.ring });
    Object.assign(uniforms.selected_ring as object, {
      value: channels(RINGS[style.theme].selected),
    });
    Object.assign(uniforms.chosen_ring as object, { value: channels(RINGS[style.theme].chosen) });
    Object.assign(uniforms.focus as object, { value: style.focus });
    Object.assign(uniforms.pixel_ratio as object, { value: style.pixelRatio });
  }

  dispose(): void {
    this.object.geometry.dispose();
    this.object.material.dispose();
    this.texture.dispose();
  }

  private grow(quads: number): void {
    this.capacity = 2 ** Math.ceil(Math.log2(Math.max(256, quads)));
    const vertices = 4 * this.capacity;
    const geometry = new BufferGeometry();
    geometry.setAttribute("from_position", new BufferAttribute(new Int16Array(4 * vertices), 4));
    geometry.setAttribute("to_position", new BufferAttribute(new Int16Array(4 * vertices), 4));
    geometry.setAttribute("paint", new BufferAttribute(new Uint8Array(4 * vertices), 4, true));
    geometry.setAttribute("mark", new BufferAttribute(new Uint8Array(vertices), 1));
    geometry.setAttribute("scale", new BufferAttribute(new Uint8Array(vertices), 1));
    geometry.setAttribute("sample_id", new BufferAttribute(new Float32Array(vertices), 1));
    const index = new Uint32Array(6 * this.capacity);
    for (let k = 0; k < this.capacity; k += 1) {
      index.set([4 * k, 4 * k + 1, 4 * k + 2, 4 * k + 2, 4 * k + 1, 4 * k + 3], 6 * k);
    }
    geometry.setIndex(new BufferAttribute(index, 1));
    geometry.boundingSphere = new Sphere(new Vector3(), Number.POSITIVE_INFINITY);
    this.object.geometry.dispose();
    this.object.geometry = geometry;
  }
}
