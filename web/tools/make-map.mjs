// Makes public/map.json from Natural Earth 1:50m (public domain, by the package world-atlas).
//
// Natural Earth draws who holds a border in fact. Where that differs from the practice of the United
// Nations, the shape is given to the state it is counted to there, and what is disputed stays with a
// code of its own. Shapes imply no position on the status of any territory. Another map can be used
// without building anything: zollverein serve --map FILE.
import fs from 'node:fs';
import zlib from 'node:zlib';
import { createRequire } from 'node:module';
import { geoArea, geoCentroid, geoContains } from 'd3-geo';
import { feature, merge, quantize } from 'topojson-client';
import { topology } from 'topojson-server';
import { filter, filterWeight, presimplify, simplify, sphericalTriangleArea } from 'topojson-simplify';

const need = createRequire(import.meta.url);
const iso = need('i18n-iso-countries');
const atlas = JSON.parse(fs.readFileSync(need.resolve('world-atlas/countries-50m.json'), 'utf8'));
const states = atlas.objects.countries.geometries;
const named = (name) => {
  const found = states.find((state) => state.properties.name === name);
  if (!found) throw new Error(`Natural Earth has no ${name} any more`);
  return found;
};
const polygons = (shape) => (shape.type === 'Polygon' ? [shape.coordinates] : shape.coordinates);
const shapeOf = (state) => polygons(feature(atlas, state).geometry);

const shapes = new Map();
for (const state of states) {
  const code = state.id ? iso.numericToAlpha3(state.id) : null;
  if (code && code !== 'ATA') shapes.set(code, [...(shapes.get(code) ?? []), ...shapeOf(state)]);
}
shapes.set('CYP', polygons(merge(atlas, [named('Cyprus'), named('N. Cyprus')])));
shapes.set('SOM', polygons(merge(atlas, [named('Somalia'), named('Somaliland')])));
shapes.set('XKX', shapeOf(named('Kosovo')));

// Crimea is a polygon of its own in what Natural Earth draws as Russia.
const holds = (polygon, point) => geoContains({ type: 'Polygon', coordinates: polygon }, point);
const russia = shapes.get('RUS');
const crimea = russia.findIndex((polygon) => holds(polygon, [34.1, 45.1]));
const longitudes = crimea < 0 ? [] : russia[crimea][0].map((point) => point[0]);
if (crimea < 0 || Math.max(...longitudes) - Math.min(...longitudes) > 8) {
  throw new Error('Crimea is no polygon of its own any more');
}
shapes.get('UKR').push(...russia.splice(crimea, 1));

// Western Sahara begins at 27° 40′ N.
const BORDER = 27 + 40 / 60;
function cut(ring, inside) {
  const kept = [];
  for (let at = 0; at + 1 < ring.length; at += 1) {
    const [a, b] = [ring[at], ring[at + 1]];
    if (inside(a[1])) kept.push(a);
    if (inside(a[1]) !== inside(b[1])) {
      kept.push([a[0] + ((b[0] - a[0]) * (BORDER - a[1])) / (b[1] - a[1]), BORDER]);
    }
  }
  if (kept.length) kept.push(kept[0]);
  return kept;
}
const [north, south] = [(latitude) => latitude >= BORDER, (latitude) => latitude < BORDER].map((inside) =>
  shapes.get('MAR').map((polygon) => cut(polygon[0], inside)).filter((ring) => ring.length > 3).map((ring) => [ring]),
);
shapes.set('MAR', north);
shapes.set('ESH', [...(shapes.get('ESH') ?? []), ...south]);

// Tuvalu has no shape at this scale: a small triangle, drawn as a point.
shapes.set('TUV', [[[[179.19, -8.53], [179.2, -8.52], [179.2, -8.53], [179.19, -8.53]]]]);

const features = [...shapes].sort().map(([id, coordinates]) => ({
  type: 'Feature', id, properties: {}, geometry: { type: 'MultiPolygon', coordinates },
}));
let map = topology({ countries: { type: 'FeatureCollection', features } }, 1e6);
const full = feature(map, map.objects.countries).features;
const points = {};
for (const state of full) {
  const parts = state.geometry.coordinates.map((coordinates) => ({ type: 'Polygon', coordinates }));
  const largest = parts.sort((a, b) => geoArea(b) - geoArea(a))[0];
  points[state.id] = geoCentroid(largest).map((degrees) => Number(degrees.toFixed(2)));
}
// A steradian is 40.6 million km²: shapes below 8 000 km² are drawn as points.
const small = full.filter((state) => geoArea(state) < 2e-4).map((state) => state.id);

const WEIGHT = 8e-6;
map = simplify(presimplify(map, sphericalTriangleArea), WEIGHT);
map = quantize(filter(map, filterWeight(map, WEIGHT)), 1e4);
for (const shape of map.objects.countries.geometries) delete shape.properties;
map.points = points;
map.small = small;
// Two-letter codes, from which browsers know names in any language.
map.iso2 = Object.fromEntries(Object.keys(points).map((code) => [code, iso.alpha3ToAlpha2(code) ?? (code === 'XKX' ? 'XK' : null)]).filter(([, two]) => two));
// The least developed countries of the United Nations' list since 13 December 2024: 44.
map.ldc = ('AFG AGO BGD BEN BFA BDI KHM CAF TCD COM COD DJI ERI ETH GMB GIN GNB HTI KIR LAO LSO LBR MDG MWI MLI MRT MOZ '
  + 'MMR NPL NER RWA SEN SLE SLB SOM SSD SDN TZA TLS TGO TUV UGA YEM ZMB').split(' ');
const text = `${JSON.stringify(map)}\n`;
fs.writeFileSync(new URL('../public/map.json', import.meta.url), text);
const drawn = feature(map, map.objects.countries).features.length;
console.log(`${Object.keys(points).length} states and territories, ${drawn} with a shape, ${small.length} as points`);
console.log(`${text.length} bytes, ${zlib.gzipSync(text, { level: 9 }).length} by gzip`);
