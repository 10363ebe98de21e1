// The least that a page can do: ten thousand points, drawn once.
import * as THREE from "three";

const answer = fetch("./positions");
const positions = new Float32Array(await (await answer).arrayBuffer());
const renderer = new THREE.WebGLRenderer({canvas: document.querySelector("canvas"), antialias: false, alpha: true});
renderer.setSize(innerWidth, innerHeight);
const geometry = new THREE.BufferGeometry();
geometry.setAttribute("position", new THREE.BufferAttribute(positions, 3));
const points = new THREE.Points(geometry, new THREE.PointsMaterial({size: 6, sizeAttenuation: false}));
points.frustumCulled = false;
const scene = new THREE.Scene();
scene.add(points);
renderer.render(scene, new THREE.OrthographicCamera(-1, 1, 1, -1, -1, 1));
