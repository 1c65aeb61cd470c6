"use strict";
// MODEL stands before this: what Python knows of the network, its bag and its calibration.

// The network, in single precision and the order of Python's locate/network.py
const f = Math.fround;
const LOG2_E = f(1.4426950408889634), LN_2 = f(0.6931471805599453), ROUNDER = f(1.5 * 2 ** 23);
const C = [0.00138825, 0.00836652, 0.0416672, 0.16666544, 0.49999998].map(f);
const bits = new Int32Array(1), single = new Float32Array(bits.buffer);
const clip = (x, low, high) => Math.min(Math.max(x, low), high);

function expm1(x) {
  const shifted = f(f(x * LOG2_E) + ROUNDER);
  const r = f(x - f(f(shifted - ROUNDER) * LN_2));
  let q = C[0];
  for (const c of C.slice(1)) q = f(f(q * r) + c);
  q = f(f(q * f(r * r)) + r);
  single[0] = shifted;
  bits[0] = (bits[0] + 127) << 23;
  return f(f(single[0] * q) + f(single[0] - 1));
}

const ACTIVATIONS = {
  elu: z => f(Math.max(z, 0) + expm1(clip(z, -20, 0))),
  tanh: z => { const e = expm1(clip(f(z + z), -20, 20)); return f(e / f(e + 2)); },
};

function network(x) {
  let h = x.map(f);
  MODEL.matrices.forEach((W, layer) => {
    const z = W.map((row, j) => row.reduce((sum, w, i) => f(sum + f(w * h[i])), MODEL.biases[layer][j]));
    h = layer < MODEL.matrices.length - 1 ? z.map(ACTIVATIONS[MODEL.activation]) : z;
  });
  return h;
}

function predict(x) {
  const moves = MODEL.group;
  const y = [0, 0];
  for (const [permutation, matrix] of moves) {
    const moved = network(permutation.map(k => x[k]));
    for (const j of [0, 1]) y[j] += (moved[0] * matrix[0][j] + moved[1] * matrix[1][j]) / moves.length;
  }
  return y;
}

// The forward model, as in study/forward.py and study/inverse.py
function flowsAndSlopes(y) {
  const { scale, softening, decay, background } = MODEL.calibration.forward;
  const away = MODEL.ports.map(port => [y[0] - scale * port[0], y[1] - scale * port[1]]);
  const softened = away.map(([a, b]) => a * a + b * b + softening ** 2);
  const power = softened.map(s => s ** -decay);
  const total = power.reduce((sum, p) => sum + p + background, 0);
  const flows = power.map(p => (p + background) / total);
  const slopes = [0, 1].map(k => {
    const dw = power.map((p, j) => -2 * decay * p / softened[j] * away[j][k]);
    const sum = dw.reduce((a, b) => a + b, 0);
    return dw.map((d, j) => (d - flows[j] * sum) / total);
  });
  return [flows, slopes];
}

const dot = (a, b) => a.reduce((sum, one, k) => sum + one * b[k], 0);

function nearest(x, start) {
  let y = start.map(one => clip(one, -1, 1));
  for (let step = 0; step < MODEL.steps; step++) {
    const [flows, [d1, d2]] = flowsAndSlopes(y);
    const off = x.map((one, k) => one - flows[k]);
    const [down1, down2, a, b, c] = [dot(d1, off), dot(d2, off), dot(d1, d1), dot(d1, d2), dot(d2, d2)];
    const within = (move, k) => clip(move, -1 - y[k], 1 - y[k]);
    let step1 = within((c * down1 - b * down2) / (a * c - b * b), 0);
    const step2 = within((down2 - b * step1) / c, 1);
    step1 = within((down1 - b * step2) / a, 0);
    y = [y[0] + step1, y[1] + step2];
  }
  return y;
}

// What Python's Leak answers to four flows in any unit
function answer(flows) {
  const sum = flows.reduce((a, b) => a + b, 0);
  const x = flows.map(one => one / sum);
  const y = predict(x);
  const told = { sum, y, mm: y.map(one => MODEL.mm * one), radius: null, unlike: false };
  told.outside = y.some(one => Math.abs(one) > 1);
  if (MODEL.calibration) {
    const seems = nearest(x, y), [single] = flowsAndSlopes(seems);
    const sides = seems.filter(one => Math.abs(one) > 1 - MODEL.near).length;
    told.radius = MODEL.mm * MODEL.calibration.radii[sides];
    told.unlike = Math.hypot(...x.map((one, k) => one - single[k])) > MODEL.calibration.unlike;
  }
  return told;
}

// The page
const fields = [...document.querySelectorAll("input.flow")];
const one = id => document.getElementById(id);

function read(field, name) {
  const text = field.trim().replace(",", ".");
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) || !(Number(text) >= 0 && Number(text) < 1e300))
    throw Error(`${name}: expected a number from 0, found “${field.trim()}”.`);
  return Number(text);
}

function pasted(text) {
  const cells = text.trim().split(/[;\s]/.test(text.trim()) ? /[;\s]+/ : /,/);
  return cells.map(cell => cell.replace(/,$/, "")).filter(Boolean);
}

function words(told) {
  const side = (size, more, less) => `${Math.abs(size).toFixed(0)} mm ${size < 0 ? less : more}`;
  const where = `${side(told.mm[0], "to the right", "to the left")} and ` +
    `${side(told.mm[1], "up", "down")} from the middle of the bag`;
  if (told.unlike) return `The network's answer is ${where}.`;
  return `The leak is ${where}.` + (told.radius === null ? "" :
    ` Search within ${told.radius.toFixed(0)} mm of that: with 90 % probability it is there.`);
}

function warnings(told) {
  const found = [];
  if (told.unlike) found.push("No single leak makes such flows: there may be several leaks, a sensor " +
    "may be faulty or in another place, or it is another bag. Don't trust this answer.");
  if (told.outside) found.push("The answer is outside the bag.");
  return found.join(" ");
}

function show() {
  let told = null, answered = "Enter the flows of all four sensors.", warned = "", note = "";
  try {
    if (fields.every(field => field.value.trim())) {
      const flows = fields.map((field, k) => read(field.value, `Sensor ${k + 1}`));
      if (!flows.some(Boolean)) throw Error("All four flows are 0: that does not tell where a leak is.");
      told = answer(flows);
      answered = words(told);
      warned = warnings(told);
      if (Math.abs(told.sum - 1) > MODEL.tolerance)
        note = `The flows were divided by their sum, ${told.sum.toPrecision(4)}.`;
    }
  } catch (error) {
    answered = "";
    warned = error.message;
  }
  one("answer").textContent = answered;
  one("warning").textContent = warned;
  one("note").textContent = note;
  one("leak").toggleAttribute("hidden", !told);
  one("map").classList.toggle("odd", Boolean(warned));
  if (told) {
    for (const id of ["dot", "circle"]) {
      one(id).setAttribute("cx", told.mm[0]);
      one(id).setAttribute("cy", -told.mm[1]);
    }
    one("circle").setAttribute("r", told.unlike ? 0 : told.radius ?? 0);
  }
}

fields.forEach(field => field.addEventListener("input", () => { one("row").value = ""; show(); }));
one("row").addEventListener("input", event => {
  const cells = pasted(event.target.value);
  fields.forEach((field, k) => { field.value = cells.length === fields.length ? cells[k] : ""; });
  show();
  if (cells.length && cells.length !== fields.length)
    one("warning").textContent = `A row: expected ${fields.length} flows, found ${cells.length}.`;
});
show();
