// The map holds every country of the data, every least developed country, and borders as documented.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import test from 'node:test';
import { geoContains } from 'd3-geo';
import { feature } from 'topojson-client';

const map = JSON.parse(fs.readFileSync(new URL('../public/map.json', import.meta.url), 'utf8'));
const shapes = feature(map, map.objects.countries).features;
const countries = (folder) => {
  const text = fs.readFileSync(new URL(`../../data/${folder}/countries.csv`, import.meta.url), 'utf8');
  return text.trim().split('\n').slice(1).map((line) => line.slice(0, 3));
};

test('every country of the data has a shape or a point, but for the rest of the world', () => {
  for (const folder of ['2023', '2030']) {
    const codes = countries(folder);
    assert.ok(codes.length > 100);
    assert.deepEqual(codes.filter((code) => !map.points[code] && code !== 'ROW'), []);
  }
});

test('all 44 least developed countries can be seen', () => {
  assert.equal(new Set(map.ldc).size, 44);
  assert.deepEqual(map.ldc.filter((code) => !map.points[code]), []);
});

test('a country without a shape is small and drawn as a point', () => {
  const drawn = new Set(shapes.map((shape) => shape.id));
  const without = Object.keys(map.points).filter((code) => !drawn.has(code));
  assert.ok(without.length > 0);
  assert.deepEqual(without.filter((code) => !map.small.includes(code)), []);
});

test('borders are drawn as the page says', () => {
  const at = (point) => shapes.find((shape) => geoContains(shape, point))?.id;
  const probes = [
    ['Simferopol', [34.1, 45.1], 'UKR'], ['Moscow', [37.6, 55.7], 'RUS'], ['Kyiv', [30.5, 50.4], 'UKR'],
    ['Laayoune', [-12.9, 26.9], 'ESH'], ['Agadir', [-9.0, 30.2], 'MAR'], ['Kyrenia', [33.3, 35.2], 'CYP'],
    ['Hargeisa', [44.1, 9.6], 'SOM'], ['Pristina', [21.0, 42.6], 'XKX'], ['Taichung', [121.0, 24.1], 'TWN'],
    ['Dakhla', [-14.5, 23.0], 'ESH'],
  ];
  assert.deepEqual(probes.map(([name, point]) => [name, at(point)]), probes.map(([name, , code]) => [name, code]));
});
