// Every text stands in every language, and every key of a scenario has a label.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import test from 'node:test';

const read = (path) => fs.readFileSync(new URL(path, import.meta.url), 'utf8');
const [en, fr] = ['en', 'fr'].map((language) => JSON.parse(read(`../src/text/${language}.json`)));
const schema = JSON.parse(read('../../schema/scenario.json'));

function flat(tree, path = '') {
  return Object.entries(tree).flatMap(([key, value]) => {
    const at = path ? `${path}.${key}` : key;
    return typeof value === 'string' ? [[at, value]] : flat(value, at);
  });
}
const keysOf = (node, found = new Set()) => {
  if (node && typeof node === 'object') {
    if (node.properties) Object.keys(node.properties).forEach((key) => found.add(key));
    Object.values(node).forEach((value) => keysOf(value, found));
  }
  return found;
};

test('French says all that English says, with the same places for values', () => {
  const english = new Map(flat(en));
  // help in English is the schema's own
  const french = new Map(flat(fr).filter(([key]) => !key.startsWith('help.')));
  assert.deepEqual([...english.keys()].sort(), [...french.keys()].sort());
  const places = (text) => (text.match(/\{\w+\}/g) ?? []).sort();
  for (const [key, text] of english) assert.deepEqual(places(french.get(key)), places(text), key);
});

test('every key of a scenario has a label in both languages and help in French', () => {
  const keys = [...keysOf(schema)];
  assert.ok(keys.length > 90);
  assert.deepEqual(keys.filter((key) => !en.field[key] || !fr.field[key]), []);
  assert.deepEqual(keys.filter((key) => !fr.help[key]), []);
});

test('every choice of a scenario has a label', () => {
  const choices = new Set();
  JSON.stringify(schema, (_, value) => {
    if (value?.const) choices.add(value.const);
    (value?.enum ?? []).forEach((one) => choices.add(one));
    return value;
  });
  assert.ok(choices.size > 15);
  assert.deepEqual([...choices].filter((one) => !en.choice[one] || !fr.choice[one]), []);
});

test('every text that the page asks for by name is there', () => {
  const folder = new URL('../src/', import.meta.url);
  const files = fs.readdirSync(folder, { recursive: true }).filter((file) => /\.(svelte|ts)$/.test(file));
  const asked = files.flatMap((file) => [...read(`../src/${file}`).matchAll(/\bt\('([\w.]+)'/g)].map((found) => found[1]));
  const known = new Set(flat(en).map(([key]) => key));
  assert.ok(asked.length > 80);
  assert.deepEqual([...new Set(asked)].filter((key) => !known.has(key)), []);
});
