// A picture that is drawn bit by bit where nobody sees it, and then put on the canvas as a whole.
import {
  BufferAttribute,
  BufferGeometry,
  type Camera,
  GLSL3,
  Mesh,
  NearestFilter,
  NoBlending,
  RawShaderMaterial,
  Scene,
  Sphere,
  Vector2,
  Vector3,
  type WebGLRenderer,
  WebGLRenderTarget,
} from "three";

/** One triangle that covers the canvas. */
const VERTEX = `
void main() {
  vec2 corner = vec2(gl_VertexID & 1, gl_VertexID >> 1) * 4.0 - 1.0;
  gl_Position = vec4(corner, 0.0, 1.0);
}`;

const FRAGMENT = `
precision highp float;
uniform sampler2D picture;
out vec4 color;

void main() {
  color = texelFetch(picture, ivec2(gl_FragCoord.xy), 0);
}`;

export class BackCanvas {
  private readonly target = new WebGLRenderTarget(1, 1, {
    minFilter: NearestFilter,
    magFilter: NearestFilter,
  });
  private readonly scene = new Scene();
  private readonly cover: Mesh<BufferGeometry, RawShaderMaterial>;

  constructor(private readonly renderer: WebGLRenderer) {
    const geometry = new BufferGeometry();
    geometry.setAttribute("position", new BufferAttribute(new Float32Array(9), 3));
    geometry.boundingSphere = new Sphere(new Vector3(), Number.POSITIVE_INFINITY);
    const material = new RawShaderMaterial({
      glslVersion: GLSL3,
      vertexShader: VERTEX,
      fragmentShader: FRAGMENT,
      uniforms: { picture: { value: this.target.texture } },
      blending: NoBlending,
      depthTest: false,
      depthWrite: false,
    });
    this.cover = new Mesh(geometry, material);
    this.cover.frustumCulled = false;
    this.scene.add(this.cover);
  }

  /** Adds to the picture, or begins another one as large as the canvas. */
  draw(scene: Scene, camera: Camera, anew: boolean): void {
    const { x, y } = this.renderer.getDrawingBufferSize(new Vector2());
    if (anew) this.target.setSize(x, y);
    this.renderer.setRenderTarget(this.target);
    this.renderer.autoClear = anew;
    this.renderer.render(scene, camera);
    this.renderer.autoClear = true;
    this.renderer.setRenderTarget(null);
  }

  show(camera: Camera): void {
    this.renderer.render(this.scene, camera);
  }

  dispose(): void {
    this.target.dispose();
    this.cover.geometry.dispose();
    this.cover.material.dispose();
  }
}
