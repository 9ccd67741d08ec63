/* The 3D view: spheres true to size, unit cell, species, time. Needs 3Dmol.js. */
"use strict";
(function () {
  const root = document.getElementById("view3d");
  if (!root) return;
  const SCALE = 10; // 3Dmol's units are ångströms: one σ_L is drawn as 10 of them
  const MARGIN = 1.1; // 3Dmol leaves a wide one
  const CELL_RADIUS = 0.012 * SCALE;
  const COLOURS = { large: "#0072b2", small: "#e69f00" };
  const states = JSON.parse(document.getElementById("view3d-data").textContent);
  const find = (name) => root.querySelector(`[data-role="${name}"]`);
  const canvas = find("canvas"), choice = find("state"), slider = find("time");
  const title = find("title");
  const shown = { large: find("large"), small: find("small"), cell: find("cell"),
                  repeat: find("repeat") };

  function unpack(text, Kind) {
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    return new Kind(bytes.buffer);
  }

  const probe = document.createElement("canvas");
  if (!(probe.getContext("webgl2") || probe.getContext("webgl"))) {
    find("failure").hidden = false;
    canvas.hidden = true;
    return;
  }
  const viewer = $3Dmol.createViewer(canvas, { backgroundColor: "white", orthographic: true,
                                               antialias: true });

  let state, large, diameters;

  const copies = () => (shown.repeat.checked ? 2 : 1);

  // The middle of what is drawn is the origin, so that it stays in place while a box changes.
  function place(box, s) {
    const [u, v, w] = s.map((fraction) => fraction - 0.5 * copies());
    return [0, 1, 2].map((k) => SCALE * (u * box[0][k] + v * box[1][k] + w * box[2][k]));
  }

  function atomsOf(frame) {
    const scaled = unpack(frame.scaled, Uint16Array);
    const n = copies();
    const atoms = [];
    for (let i = 0; i < diameters.length; i += 1) {
      const species = large[i] ? "large" : "small";
      if (!shown[species].checked) continue;
      for (let c = 0; c < n ** 3; c += 1) {
        const image = [c % n, Math.floor(c / n) % n, Math.floor(c / n ** 2)];
        const [x, y, z] = place(frame.box, image.map((m, k) => m + scaled[3 * i + k] / 65535));
        atoms.push({ elem: "C", x, y, z, bonds: [], bondOrder: [], serial: atoms.length,
          style: { sphere: { radius: 0.5 * SCALE * diameters[i], color: COLOURS[species] } } });
      }
    }
    return atoms;
  }

  function drawCell(box) {
    const at = (s) => { const [x, y, z] = place(box, s); return { x, y, z }; };
    for (let axis = 0; axis < 3; axis += 1) {
      for (const [p, q] of [[0, 0], [0, 1], [1, 0], [1, 1]]) {
        const from = [0, 0, 0];
        from[(axis + 1) % 3] = p;
        from[(axis + 2) % 3] = q;
        const to = from.slice();
        to[axis] = 1;
        viewer.addCylinder({ start: at(from), end: at(to), radius: CELL_RADIUS,
                             color: "#1a1a1a", fromCap: 2, toCap: 2 });
      }
    }
  }

  function draw() {
    const frame = state.frames[Number(slider.value)];
    viewer.removeAllModels();
    viewer.removeAllShapes();
    const atoms = atomsOf(frame);
    if (atoms.length) viewer.addModel().addAtoms(atoms);
    if (shown.cell.checked) drawCell(frame.box);
    viewer.render();
    title.textContent = frame.title;
    slider.setAttribute("aria-valuetext", frame.title);
    canvas.setAttribute("aria-label", `3D view of ${state.name}: ${frame.title}`);
  }

  function fit() {
    draw();
    viewer.zoomTo();
    viewer.center();
    viewer.zoom(MARGIN);
    viewer.render();
  }

  function turn(name) {
    viewer.setView([0, 0, 0, 0, 0, 0, 0, 1]);
    if (name !== "top") viewer.rotate(-90, "x");
    if (name === "side") viewer.rotate(-90, "y");
    fit();
  }

  function choose() {
    state = states[Number(choice.value)];
    large = unpack(state.large, Uint8Array);
    diameters = unpack(state.diameters, Float32Array);
    slider.max = state.frames.length - 1;
    slider.value = slider.max;
    find("axis").textContent = state.axis;
    slider.disabled = state.frames.length < 2;
    fit();
  }

  choice.addEventListener("change", choose);
  slider.addEventListener("input", draw);
  shown.large.addEventListener("change", draw);
  shown.small.addEventListener("change", draw);
  shown.cell.addEventListener("change", draw);
  shown.repeat.addEventListener("change", fit);
  find("fit").addEventListener("click", fit);
  for (const button of root.querySelectorAll("[data-turn]")) {
    button.addEventListener("click", () => turn(button.dataset.turn));
  }
  window.addEventListener("resize", () => { viewer.resize(); viewer.render(); });
  choose();
})();
