// What is sent is sent once, and work that is stopped early ends.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { beforeEach, test } from 'node:test';
import ts from 'typescript';

const source = fs.readFileSync(new URL('../src/lib/api.ts', import.meta.url), 'utf8');
const options = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 };
const script = ts.transpileModule(source, { compilerOptions: options }).outputText;
const { get, job, post, Refused } = await import(`data:text/javascript;base64,${Buffer.from(script).toString('base64')}`);

let sent = [];
let answer = () => new Response('{}');
let streams = [];
beforeEach(() => {
  [sent, streams] = [[], []];
  globalThis.fetch = async (path, init = {}) => {
    sent.push(`${init.method ?? 'GET'} ${path}`);
    return answer(path, init);
  };
  globalThis.EventSource = class extends EventTarget {
    constructor(path) {
      super();
      this.path = path;
      this.closed = false;
      streams.push(this);
    }
    close() {
      this.closed = true;
    }
    tell(kind, data) {
      this.dispatchEvent(Object.assign(new Event(kind), { data: JSON.stringify(data) }));
    }
  };
});
const lost = () => {
  throw new TypeError('the connection was lost');
};
const count = (what) => sent.filter((one) => one === what).length;

test('what is sent is not sent again when the connection is lost: a round would be kept twice', async () => {
  answer = lost;
  await assert.rejects(post('/api/proposals', { name: 'offer' }), (error) => error instanceof Refused && error.message === 'gone');
  assert.deepEqual(sent, ['POST /api/proposals']);
  await assert.rejects(job('/api/explain', {}, () => undefined, new AbortController().signal));
  assert.equal(count('POST /api/explain'), 1);
});

test('what is only read is asked for again', async () => {
  let first = true;
  answer = () => (first ? ((first = false), lost()) : new Response('[1]'));
  assert.deepEqual(await get('/api/scenarios'), [1]);
  assert.deepEqual(sent, ['GET /api/scenarios', 'GET /api/scenarios']);
});

for (const keeps of [false, true]) {
  test(`work that is stopped before its number is known is stopped all the same, ${keeps ? 'keeping' : 'dropping'} what it has`, async () => {
    const stop = new AbortController();
    answer = (path) => {
      if (path === '/api/negotiate') stop.abort();
      return new Response('{"job": 7}');
    };
    const came = job('/api/negotiate', {}, () => undefined, stop.signal, keeps).then((found) => found, (error) => error);
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(count('DELETE /api/jobs/7'), 1);
    if (keeps) {
      streams[0].tell('done', { result: { complete: false } });
      assert.deepEqual(await came, { complete: false });
    } else {
      assert.equal((await came).message, 'stopped');
    }
  });
}

test('work that is stopped later is stopped once', async () => {
  const stop = new AbortController();
  answer = () => new Response('{"job": 3}');
  const came = job('/api/explain', {}, () => undefined, stop.signal).catch((error) => error);
  await new Promise((resolve) => setTimeout(resolve, 20));
  stop.abort();
  assert.equal((await came).message, 'stopped');
  assert.equal(count('DELETE /api/jobs/3'), 1);
  assert.ok(streams[0].closed);
});
