// Journeys through the page in a real browser, against the program itself:
//   node tests/journeys.mjs PROGRAM
// A negotiator moves a proposal, keeps rounds and compares them; an economist opens a file, sorts,
// takes the table home and asks which clause causes what; an equity reviewer traces a number by
// keyboard alone. Then the page is looked at in both themes, small, and enlarged.
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const root = fileURLToPath(new URL('../..', import.meta.url));
const program = path.resolve(process.argv[2] ?? path.join(root, 'target/release/zollverein'));
const axe = fs.readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const room = fs.mkdtempSync(path.join(os.tmpdir(), 'zollverein-journeys-'));
const workspace = path.join(room, 'proposals');
const results = path.join(room, 'out');
const pictures = process.env.PICTURES;
let passed = 0;
const faults = [];

function check(what, holds, told = '') {
  if (holds) passed += 1;
  else {
    faults.push(what);
    console.log(`FAILED ${what} ${typeof told === 'string' ? told : JSON.stringify(told)}`);
  }
}
const run = (...words) => JSON.parse(execFileSync(program, [...words, '--json'], { cwd: root, maxBuffer: 1 << 28 }));

async function started(...words) {
  const server = spawn(program, ['serve', '--no-open', ...words], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  const link = await new Promise((resolve, reject) => {
    server.stdout.once('data', (data) => resolve(String(data).trim()));
    server.once('exit', (code) => reject(new Error(`the server ended with ${code}: ${server.stderr.read()}`)));
  });
  return { server, link };
}

const { server, link } = await started('--workspace', workspace, '--results', results);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: [
    '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync',
  ],
});
const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, acceptDownloads: true, locale: 'en-GB' });
const page = await context.newPage();
// a machine that does much else is given more: PATIENCE, in milliseconds
page.setDefaultTimeout(Number(process.env.PATIENCE ?? 15_000));
const origin = new URL(link).origin;
const outside = [];
const complaints = [];
page.on('request', (request) => !/^(data|blob):/.test(request.url()) && !request.url().startsWith(`${origin}/`) && outside.push(request.url()));
let expected = 0;
page.on('console', (message) => {
  // a refusal that the journey asks for shows as a failed load
  if (message.type() === 'error' && expected > 0 && message.text().includes('422')) expected -= 1;
  else if (['error', 'warning'].includes(message.type())) complaints.push(`${message.text()} (${message.location().url || 'no address'})`);
});
page.on('pageerror', (error) => complaints.push(String(error)));
await page.addInitScript(() => {
  window.violations = [];
  document.addEventListener('securitypolicyviolation', (event) => window.violations.push(`${event.violatedDirective} ${event.blockedURI}`));
});

const settled = () => page.waitForFunction(() => !document.querySelector('main')?.matches('[aria-busy=true]'));
const tile = (position) => page.locator('.tile strong').nth(position).innerText();
async function download(press) {
  const [file] = await Promise.all([page.waitForEvent('download'), press()]);
  const kept = path.join(room, file.suggestedFilename());
  await file.saveAs(kept);
  return kept;
}
async function shot(name) {
  if (pictures) await page.screenshot({ path: path.join(pictures, `${name}.png`), fullPage: true });
}

/** Moves the slider of the common external tariff, one step every 60 ms; milliseconds from move to painted answer, in order. */
async function dragged(moves, key = 'ArrowRight') {
  await page.locator('[data-path="arrangement.gassa.outside.floor_percent"]').focus();
  await page.keyboard.press(key);
  await settled();
  await page.evaluate(() => performance.clearMeasures());
  for (let move = 0; move < moves; move += 1) {
    await page.keyboard.press(key);
    await page.waitForTimeout(60);
  }
  await settled();
  await page.waitForTimeout(200);
  return page.evaluate(() => performance.getEntriesByName('move to paint').map((entry) => entry.duration).sort((a, b) => a - b));
}

async function negotiator() {
  await page.goto(link);
  await page.waitForSelector('.tile');
  const paint = await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime);
  console.log(`first paint: ${Math.round(paint)} ms`);
  check('the page opens on GASSA', (await page.locator('p.about strong').innerText()).includes('GASSA'));
  const before = await tile(0);
  check('a true minus sign stands before a loss', before.startsWith('\u2212'), before);

  // the slider of the common external tariff, one step a frame
  const times = await dragged(60);
  const at = (share) => Math.round(times[Math.min(times.length - 1, Math.floor(share * times.length))]);
  console.log(`slider to painted frame: ${times.length} moves, median ${at(0.5)} ms, 95 % within ${at(0.95)} ms, longest ${at(1)} ms`);
  check('every move of the slider was answered', times.length >= 50, times.length);
  check('the figures moved with the slider', (await tile(0)) !== before);

  // a member is picked on the map, where its shape is
  await page.getByRole('button', { name: 'Pick on the map' }).first().click();
  const [x, y] = await page.locator('path.land[data-code="BRA"]').evaluate((shape) => {
    const box = shape.getBoundingClientRect();
    return [box.left + box.width / 2, box.top + box.height / 2];
  });
  await page.mouse.click(x, y);
  await settled();
  check('a click on the map makes a member', await page.locator('.chips li:not(.new)', { hasText: 'Brazil' }).count() === 1);
  check('a member is hatched', await page.locator('path.member').count() >= 20);
  await page.keyboard.press('Escape');

  // two rounds, the second with the least developed countries spared
  await page.getByLabel('Name of the proposal').fill('offer');
  await page.getByRole('button', { name: 'Keep as a round' }).click();
  await page.getByText('Kept: offer, round 1.').waitFor();
  await page.locator('[data-test=add-clause]').selectOption('exemption');
  await settled();
  check('a clause is added and moves the figures', await page.locator('.clause summary', { hasText: 'Exemption' }).count() === 1);
  await page.getByRole('button', { name: 'Keep as a round' }).click();
  await page.getByText('Kept: offer, round 2.').waitFor();
  check('each round is a file', fs.readdirSync(workspace).filter((file) => file.endsWith('.toml')).join() === 'offer.r1.toml,offer.r2.toml');
  await page.getByLabel('Compare offer round 1').check();
  await page.locator('[data-test=comparison]').waitFor();
  const compared = await page.locator('[data-test=comparison] tbody tr').first().locator('td').allInnerTexts();
  check('rounds stand side by side and differ', compared.length === 2 && compared[0] !== compared[1], compared);

  // undo takes the clause out again, redo brings it back
  await page.getByRole('button', { name: 'Undo' }).click();
  await settled();
  check('undo takes the clause out', await page.locator('.clause summary', { hasText: 'Exemption' }).count() === 0);
  await page.getByRole('button', { name: 'Redo' }).click();
  await settled();

  // what the page shows is what the command line computes from the file that was kept
  await page.locator('[data-test=country]').selectOption('MOZ');
  const result = run('run', path.join(workspace, 'offer.r2.toml'));
  const rows = await page.locator('[data-test=behind] tbody tr').evaluateAll((found) => found.map((row) => [row.dataset.indicator, ...[...row.querySelectorAll('td')].map((cell) => Number(cell.dataset.value))]));
  const wrong = rows.filter(([indicator, ...shown]) => {
    const told = result.indicators.find((row) => row.country === 'MOZ' && row.product === 'all' && row.indicator === indicator);
    return !told || [told.baseline, told.value, told.change].some((value, position) => value !== shown[position]);
  });
  check('the page shows the numbers of `run --json`, to the last digit', rows.length >= 10 && wrong.length === 0, wrong);

  const brief = fs.readFileSync(await download(() => page.getByRole('button', { name: 'Brief (HTML)' }).click()), 'utf8');
  check('the brief has at most 500 kB and asks for nothing', brief.length < 500_000 && brief.includes('<h1>') && !/(src|href)=|url\(|@import|<script/.test(brief), brief.length);
  const sheet = fs.readFileSync(await download(() => page.getByRole('button', { name: 'Brief (PDF)' }).click()));
  check('the brief as PDF is one', sheet.subarray(0, 5).toString() === '%PDF-' && sheet.length < 500_000, sheet.length);
  const again = fs.readFileSync(await download(() => page.getByRole('button', { name: 'Brief (PDF)' }).click()));
  check('the brief as PDF has the same bytes each time', sheet.equals(again));
  const file = await download(() => page.getByRole('button', { name: 'Save as a file' }).click());
  check('a saved file is a scenario', fs.readFileSync(file, 'utf8').includes('[[exemption]]'));
  await shot('negotiator');
}

/** A slider while two negotiations go on: how much slower it is than without them, in one run. */
async function busy() {
  await page.locator('[data-test=scenario]').selectOption('02-gassa.toml');
  await page.waitForFunction(() => document.querySelector('p.about strong')?.textContent.includes('GASSA'));
  await settled();
  const middle = (times) => times[Math.floor(times.length / 2)];
  const sent = (method, path, body) => page.evaluate(async ([method, path, body]) => (await fetch(path, { method, headers: { 'Content-Type': 'application/json' }, body })).json(), [method, path, body]);
  /** How far a job is; null where it has ended. */
  const done = (job) => page.evaluate((job) => new Promise((resolve) => {
    const events = new EventSource(`/api/jobs/${job}`);
    const told = (value) => (events.close(), resolve(value));
    events.addEventListener('progress', (event) => told(JSON.parse(event.data).done));
    events.addEventListener('done', () => told(null));
  }), job);
  const asked = JSON.stringify({ source: { base: '31-frontier.toml' }, question: 'frontier', points: 201 });
  const quiet = await dragged(40);
  const jobs = [];
  for (let count = 0; count < 2; count += 1) jobs.push((await sent('POST', '/api/negotiate', asked)).job);
  await page.waitForTimeout(1500);
  const before = await Promise.all(jobs.map(done));
  const loaded = await dragged(40, 'ArrowLeft');
  const after = await Promise.all(jobs.map(done));
  for (const job of jobs) await sent('DELETE', `/api/jobs/${job}`);
  const again = await dragged(40);
  const idle = (middle(quiet) + middle(again)) / 2;
  console.log(`slider under two negotiations: median ${Math.round(middle(loaded))} ms, without them ${Math.round(idle)} ms, ratio ${(middle(loaded) / idle).toFixed(2)}`);
  check('a slider is answered while two negotiations go on', loaded.length > 0, loaded.length);
  check('both negotiations go on under the slider', jobs.every((_, at) => before[at] !== null && after[at] !== null && after[at] > before[at]), [before, after]);
}

/** Welfare by owner beside welfare by place, and groups in which some countries are not counted. */
async function owners() {
  await page.locator('[data-test=scenario]').selectOption('02-gassa.toml');
  await page.waitForFunction(() => document.querySelector('p.about strong')?.textContent.includes('GASSA'));
  await settled();
  await page.locator('[data-test=product]').selectOption('all');
  const told = run('run', 'scenarios/02-gassa.toml');
  await page.locator('#tab-owners').click();
  await page.waitForFunction(() => document.querySelector('#tab-owners[aria-selected=true]') && document.querySelectorAll('#table-panel td[data-value]').length > 0);
  const columns = ['welfare_by_place_million_usd', 'surplus_to_owners_abroad_million_usd', 'surplus_from_abroad_million_usd', 'welfare_by_owner_million_usd'];
  const shown = await page.locator('#table-panel tbody tr').evaluateAll((rows) => rows.map((row) => [...row.querySelectorAll('td[data-value]')].map((cell) => Number(cell.dataset.value))));
  const differ = ({ welfare_by_place_million_usd: place, welfare_by_owner_million_usd: owner }) => owner !== null && (place * owner < 0 || Math.abs(owner - place) >= 0.5 * Math.abs(place)) && Math.abs(owner - place) >= 1;
  const wanted = told.owners.filter((row) => row.product === 'all' && row.country.length === 3 && differ(row)).map((row) => columns.map((column) => row[column]));
  const sorted = (rows) => rows.map((row) => row.join()).sort().join(' ');
  check('welfare by owner is that of `run --json` where it differs, to the last digit', wanted.length > 2 && sorted(wanted) === sorted(shown), [wanted.length, shown]);
  await page.locator('#table-panel tbody th button').first().click();
  await page.locator('[data-test=views]').waitFor();
  const views = await page.locator('[data-test=views] td').evaluateAll((cells) => cells.map((cell) => Number(cell.dataset.value)));
  check('both views stand behind the number', views.join() === shown[0].join(), views);
  await page.locator('[data-test=country]').selectOption('');
  await page.locator('[data-test=metric]').selectOption('welfare');
  const lacking = told.groups.filter((row) => row.indicator === 'welfare_per_gdp' && row.countries_not_known > 0).map((row) => row.group);
  const bars = ['members', 'outside', 'low_income', 'lower_middle_income', 'upper_middle_income', 'high_income', 'LDC', 'LLDC', 'SIDS'].filter((name) => lacking.includes(name));
  check('groups in which countries are not counted say so', lacking.length > 0 && (await page.locator('[data-test=partly]').count()) === bars.length, [lacking, bars]);
  await page.locator('#tab-groups').click();
  check('so does their table', (await page.locator('#table-panel abbr').count()) >= lacking.length, lacking);
  await shot('owners');
  await page.locator('#tab-countries').click();
  await page.locator('[data-test=metric]').selectOption('exports');
}

async function parties() {
  // a party with a red line is put to the table of a scenario that names none
  await page.locator('[data-test=scenario]').selectOption('02-gassa.toml');
  await page.waitForFunction(() => document.querySelector('p.about strong')?.textContent.includes('GASSA'));
  await settled();
  check('a scenario without parties says so', await page.getByText('This scenario names no party').count() === 1);
  await page.locator('[data-test=add-clause]').selectOption('party');
  await page.locator('[data-test=standings]').waitFor();
  const party = page.locator('.clause', { has: page.locator('summary', { hasText: 'party-1' }) });
  await party.getByLabel('Add to party-1', { exact: true }).selectOption('red_line');
  await settled();
  const row = page.locator('[data-test=standings] tr[data-party=party-1]');
  await row.getByText('red-line-1').waitFor();
  const lost = await row.locator('td').first().getAttribute('data-value');
  check('the payoff of the least developed is that of `run --json`', Math.abs(Number(lost) - run('run', 'scenarios/02-gassa.toml').groups.find((one) => one.group === 'LDC' && one.product === 'all' && one.indicator === 'welfare').change) < 1e-6, lost);
  const bound = party.getByRole('spinbutton', { name: 'At least' });
  const drawn = async (least) => {
    await bound.fill(String(least));
    await bound.blur();
    await settled();
    return row.innerText();
  };
  check('a red line above the payoff is crossed', (await drawn(Number(lost) + 1)).includes('crossed'), await row.innerText());
  check('one below it is kept', (await drawn(Number(lost) - 1)).includes('kept'), await row.innerText());
  // what may be moved, and what is wanted
  await page.locator('[data-test=add-clause]').selectOption('negotiation');
  const negotiation = page.locator('.clause', { has: page.locator('summary', { hasText: 'Negotiation' }) });
  for (const setting of ['number', 'objective']) {
    await negotiation.getByLabel('Add to negotiation', { exact: true }).selectOption(setting);
    await settled();
  }
  check('what may be moved is a number of the proposal', (await negotiation.getByLabel('What', { exact: true }).inputValue()).startsWith('arrangement.'));
  await page.locator('[data-test=question]').selectOption('redline');
  await page.getByRole('button', { name: 'Ask', exact: true }).click();
  await page.locator('[data-test=answer]').waitFor({ timeout: 60_000 });
  check('no fault is told of parties and negotiation', await page.locator('.alert').count() === 0);
  await shot('parties');
  await negotiation.getByRole('button', { name: /^Remove Negotiation/ }).click();
  await party.getByRole('button', { name: 'Remove party-1' }).click();
  await page.getByText('This scenario names no party').waitFor();
}

async function record() {
  // two rounds of a proposal with parties: who would sign which, and what moved
  await page.locator('[data-test=scenario]').selectOption('29-parties.toml');
  await page.locator('[data-test=standings]').waitFor();
  await page.getByLabel('Name of the proposal').fill('table');
  await page.getByRole('button', { name: 'Keep as a round' }).click();
  await page.getByText('Kept: table, round 1.').waitFor();
  await page.locator('[data-path="arrangement.gassa.outside.floor_percent"]').focus();
  for (let press = 0; press < 6; press += 1) await page.keyboard.press('ArrowRight');
  await settled();
  await page.getByRole('button', { name: 'Keep as a round' }).click();
  await page.getByText('Kept: table, round 2.').waitFor();
  await page.locator('[data-test=rounds-of]').selectOption('table');
  await page.locator('[data-test=rounds]').waitFor();
  const folder = path.join(room, 'table');
  fs.mkdirSync(folder);
  for (const file of ['table.r1.toml', 'table.r2.toml']) {
    // the data folder is named from where the file stands
    fs.writeFileSync(path.join(folder, file), fs.readFileSync(path.join(workspace, file), 'utf8'));
  }
  const told = run('rounds', folder);
  const payoffs = told.rounds.filter((row) => row.figure === 'payoff').map((row) => row.value).sort();
  const shown = await page.locator('[data-test=rounds] td[data-value]').evaluateAll((cells) => cells.map((cell) => Number(cell.dataset.value)));
  check('payoffs round by round are those of `rounds`', shown.length === 6 && shown.sort().join() === payoffs.join(), [shown, payoffs]);
  const moved = await page.locator('[data-test=moves] tbody tr').allInnerTexts();
  check('what moved between rounds is listed', moved.length === 1 && moved[0].includes('floor_percent') && told.moves.length === 1, moved);
  await shot('record');
}

/** A small batch, run by the command line and opened on the page. */
async function batches() {
  const plan = path.join(room, 'plan.toml');
  const text = `title = "A small one"\nscenario = ${JSON.stringify(path.join(root, 'scenarios/06-toy-25.toml'))}\ndraws = 16\ndesign = "sobol"\nindices = true\n`;
  fs.writeFileSync(plan, `${text}[[draw]]\nwhat = "tariff.plain.rate_percent"\ndistribution = "uniform"\nlow = 10\nhigh = 40\n[[draw]]\nwhat = "data.elasticity.aluminium"\n`);
  execFileSync(program, ['batch', plan, '--out', path.join(results, 'small'), '--quiet'], { cwd: root });
  await page.getByRole('button', { name: 'Look again' }).click();
  await page.locator('[data-test=batch] option[value=small]').waitFor({ state: 'attached' });
  await page.locator('[data-test=batch]').selectOption('small');
  const file = (name) => {
    const [heads, ...lines] = fs.readFileSync(path.join(results, 'small', `${name}.csv`), 'utf8').trim().split('\n')
      .map((line) => [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map((found) => found[1] ?? found[2]));
    return lines.map((cells) => Object.fromEntries(cells.map((cell, at) => [heads[at], cell])));
  };
  const cells = (name) => page.locator(`[data-test=${name}] tbody tr`).evaluateAll((found) => found.map((row) => [...row.querySelectorAll('td[data-value]')].map((cell) => Number(cell.dataset.value))));
  await page.locator('[data-test=quantiles]').waitFor();
  const quantiles = file('quantiles');
  const shown = await cells('quantiles');
  check('intervals are those of the result file, to the last digit', shown.length === quantiles.length && quantiles.every((row, at) => ['p5', 'p50', 'p95'].every((end, place) => Number(row[end]) === shown[at][place])), shown[0]);
  check('each has its whisker', (await page.locator('[data-test=quantiles] svg.whisker').count()) === quantiles.filter((row) => row.p50 !== '').length);
  await page.locator('[data-test=figure]').selectOption({ index: 1 });
  const { group, indicator } = quantiles[1];
  const own = (name) => file(name).filter((row) => row.group === group && row.product === quantiles[1].product && row.indicator === indicator);
  const swings = await cells('tornado');
  check('so is the tornado, widest first', swings.length > 2 && own('tornado').every((row, at) => ['at_low', 'at_high', 'swing'].every((end, place) => Math.abs(Number(row[end]) - swings[at][place]) < 1e-9)), swings);
  const indices = await cells('indices');
  check('so are Sobol\u2019 indices', own('indices').every((row, at) => ['first_order', 'first_order_error', 'total_order', 'total_order_error'].every((end, place) => Number(row[end]) === indices[at][place])), indices);
  const stamp = JSON.parse(fs.readFileSync(path.join(results, 'small', 'batch.json'), 'utf8'));
  check('the stamp says what it was made from', (await page.locator('[data-test=batch-stamp]').innerText()).includes(stamp.plan_sha256.slice(0, 12)));
  check('failed draws are counted', (await page.locator('[data-test=batch-failed]').innerText()).includes(fs.existsSync(path.join(results, 'small', 'failures.csv')) ? 'no figure' : 'every evaluation'));
  const csv = fs.readFileSync(await download(() => page.getByRole('button', { name: 'CSV of this table: Intervals' }).click()), 'utf8').split('\n');
  check('its CSV is the result file and a line of where it is from', csv.slice(1, quantiles.length + 1).every((line, at) => Number(line.split(',').at(-3)) === Number(quantiles[at].p95)) && csv.some((line) => line.includes(stamp.plan_sha256)), csv[1]);
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
  check('axe finds nothing with a batch open', violations.length === 0, violations.map((one) => `${one.id}: ${one.nodes.slice(0, 3).map((node) => node.html.slice(0, 120)).join(' | ')}`));
  await shot('batch');
}

async function talks() {
  // parties at the table: how they stand, a frontier whose point is loaded, and work that is stopped
  await page.locator('[data-test=scenario]').selectOption('31-frontier.toml');
  await page.locator('[data-test=standings]').waitFor();
  await settled();
  const rounds = run('rounds', 'scenarios/talks');
  const standing = () => page.locator('[data-test=standings] tr[data-party=least-developed] td').first().getAttribute('data-value');
  check('each party has its payoff and red lines', (await page.locator('[data-test=standings] tbody tr').count()) === 3 && rounds.rounds.length > 0);
  const before = await standing();
  await page.locator('[data-test=question]').selectOption('frontier');
  await page.getByLabel('Points', { exact: true }).fill('3');
  await page.getByRole('button', { name: 'Ask', exact: true }).click();
  await page.locator('[data-test=answer]').waitFor({ timeout: 120_000 });
  const told = run('negotiate', 'frontier', 'scenarios/31-frontier.toml', '--points', '3');
  check('the answer is that of `negotiate`', (await page.locator('[data-test=answer]').innerText()).trim() === told.words.trim());
  await page.locator('.talks circle').last().focus();
  await page.keyboard.press('Enter');
  await page.getByText('Loaded into the proposal').waitFor();
  await settled();
  check('a point of the frontier is loaded by keyboard', (await standing()) !== before);
  const last = told.standings.filter((row) => row.party === 'least-developed' && row.figure === 'payoff').at(-1).value;
  check('what is loaded is what was found', Math.abs(Number(await standing()) - last) <= 1e-9 * Math.max(1, Math.abs(last)), [await standing(), last]);
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
  check('axe finds nothing in a negotiation', violations.length === 0, violations.map((one) => `${one.id}: ${one.nodes.slice(0, 3).map((node) => node.html.slice(0, 120)).join(' | ')}`));
  await shot('talks');
  await page.locator('[data-test=scenario]').selectOption('30-design.toml');
  await settled();
  await page.locator('[data-test=question]').selectOption('design');
  await page.getByRole('button', { name: 'Ask', exact: true }).click();
  await page.waitForTimeout(1500);
  await page.getByRole('button', { name: 'Stop', exact: true }).click();
  await page.getByText('Stopped before the end', { exact: false }).first().waitFor();
  check('what was done until a stop is kept', await page.locator('[data-test=answer]').count() === 1);
}

async function economist() {
  // a file from elsewhere, with a fault in it first
  const bad = path.join(room, 'bad.toml');
  fs.writeFileSync(bad, 'title = "x"\n[[tariff]]\nname = "a"\nimporters = ["USB"]\nrate_percent = 25\n');
  const good = path.join(room, 'batch-017.toml');
  fs.writeFileSync(good, 'title = "Batch 17"\n[[tariff]]\nname = "steel"\nimporters = ["USA"]\nproducts = ["steel"]\nadditional_percent = 12.5\n[[exemption]]\nname = "poorest"\nexporters = ["LDC"]\n');
  expected += 1;
  await page.locator('input[type=file]').setInputFiles(bad);
  await page.locator('.alert').waitFor();
  check('a fault names its value and a remedy', /USB.*did you mean/s.test(await page.locator('.alert').innerText()), await page.locator('.alert').innerText());
  await page.locator('input[type=file]').setInputFiles(good);
  await page.waitForFunction(() => document.querySelector('p.about strong')?.textContent === 'Batch 17');
  check('the fault is gone with a sound file', await page.locator('.alert').count() === 0);

  // a value that cannot be meant keeps the last figures and says what is wrong
  const kept = await tile(0);
  expected += 1;
  await page.getByLabel('Rate added, %').fill('-500');
  await page.getByLabel('Rate added, %').blur();
  await page.locator('.alert').waitFor();
  check('the last sound figures stay', (await tile(0)) === kept);
  await page.getByRole('button', { name: 'Undo' }).click();
  await settled();
  check('undo mends it', await page.locator('.alert').count() === 0);

  await page.locator('[data-test=product]').selectOption('steel');
  await page.getByRole('tab', { name: 'Groups' }).click();
  await page.getByRole('tab', { name: 'Countries' }).click();
  await page.getByRole('button', { name: 'Exports before' }).click();
  check('a heading sorts', await page.locator('th[aria-sort=descending]', { hasText: 'Exports before' }).count() === 1);
  const first = await page.locator('#table-panel tbody tr').first().locator('td').nth(2).innerText();
  const csv = fs.readFileSync(await download(() => page.getByRole('button', { name: 'CSV of this table' }).click()), 'utf8').split('\n');
  const exports = csv.slice(1, 11).map((line) => Number(line.split(',').at(-8)));
  check('the CSV holds what is drawn, in its order, unrounded', exports.every((value, at) => at === 0 || value <= exports[at - 1]) && Math.abs(Number(first.replaceAll(',', '')) - exports[0]) < 1, [first, exports]);
  check('the CSV says what it was made from', csv.some((line) => line.includes('sha256') && line.includes('no position')));

  await page.locator('[data-test=product]').selectOption('all');
  await page.locator('[data-test=country]').selectOption('');
  await page.getByRole('button', { name: /Which clause causes/ }).click();
  const shares = page.getByRole('region', { name: 'What each clause contributes' });
  await shares.waitFor();
  check('clauses share the change', (await shares.locator('tbody tr').count()) >= 4);
  check('residual and solve time are on the page', /10?e?\u2212|e\u22121/.test(await page.locator('.checks').innerText()));
  await page.locator('[data-test=scenario]').selectOption('18-gassa-phased.toml');
  const years = page.locator('header label', { hasText: 'Year' }).locator('select');
  await years.waitFor();
  const early = await tile(0);
  await years.selectOption('2034');
  await settled();
  check('a year of a path can be chosen', (await tile(0)) !== early);
  await shot('economist');
}

async function reviewer() {
  await page.reload();
  await page.waitForSelector('.tile');
  // by keyboard alone: skip the panel, open the tile of the hardest hit, and read on
  await page.keyboard.press('Tab');
  check('the first stop skips to the results', (await page.evaluate(() => document.activeElement.textContent)) === 'Skip to the results');
  await page.keyboard.press('Enter');
  let reached = false;
  for (let press = 0; press < 8 && !reached; press += 1) {
    await page.keyboard.press('Tab');
    reached = await page.evaluate(() => document.activeElement.textContent.includes('hardest hit'));
  }
  check('the hardest hit least developed country is reached by keyboard', reached);
  await page.keyboard.press('Enter');
  // who is hit hardest is what the command line says, not what this journey knows
  const result = run('run', 'scenarios/02-gassa.toml');
  const hardest = result.equity.find((row) => row.measure === 'largest_loss_per_gdp_in_LDC').note;
  const hardestName = await page.locator(`[data-test=country] option[value=${hardest}]`).innerText();
  check('what stands behind it is shown', (await page.locator('#behind-title').innerText()).includes(hardestName), hardestName);
  const told = result.indicators.find((row) => row.country === hardest && row.product === 'all' && row.indicator === 'welfare');
  const shown = Number(await page.locator('tr[data-indicator=welfare] td').nth(2).getAttribute('data-value'));
  check('the traced number is that of `run --json`', shown === told.change, [shown, told.change]);
  await page.locator('[data-test=country]').selectOption('MOZ');
  check('with formula and inputs', (await page.locator('.formula').innerText()).includes('ΔW') && (await page.locator('.behind tbody tr').count()) > 12);
  // how sure: intervals beside the main figures, and the source of a cell of the data
  await page.locator('[data-test=interval-world-welfare]').waitFor({ timeout: 120_000 });
  check('main figures carry their bands without being asked', (await page.locator('.tile svg.whisker').count()) >= 5);
  check('the sources of doubt are named', (await page.locator('[data-test=doubt]').innerText()).includes('%'));
  const drawn = result.intervals.find((row) => row.group === 'world' && row.product === 'all' && row.indicator === 'welfare');
  check('the band is that of `run --json`', (await page.locator('[data-test=interval-world-welfare]').innerText()).includes(`${Math.round(100 * drawn.share_with_sign)} %`), drawn);
  await page.locator('[data-test=trace-key]').fill('CHN VNM steel');
  await page.getByRole('button', { name: 'Trace', exact: true }).click();
  await page.locator('[data-test=trace]').waitFor();
  const traced = JSON.parse(execFileSync(program, ['data', 'explain', 'flows', 'CHN', 'VNM', 'steel', '--json'], { cwd: root }));
  check('a cell is traced to its source', (await page.locator('[data-test=trace] tbody tr').count()) === traced.length && (await page.locator('[data-test=trace]').innerText()).includes(traced[0].source ?? traced.find((one) => one.source).source));
  // from a cell of the tables to where its figures come from, by keyboard
  const row = page.locator('#table-panel tr', { has: page.getByRole('button', { name: 'Mozambique', exact: true }) });
  await row.getByRole('button', { name: /where it comes from/ }).focus();
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.querySelector('[data-test=trace-key]').value.startsWith('MOZ '));
  await page.waitForFunction(() => document.activeElement.getAttribute('role') === 'region');
  const keys = (await page.locator('[data-test=trace-key]').inputValue()).split('; ');
  check('exports lead to the shipments that they are made of', keys.length === 5 && (await page.locator('[data-test=trace]').count()) === 5, keys);
  const source = JSON.parse(execFileSync(program, ['data', 'explain', 'flows', ...keys[0].split(' '), '--json'], { cwd: root })).find((one) => one.column === 'quantity_kt');
  check('with their source', (await page.locator('[data-test=trace]').first().innerText()).includes(source.source), source);
  await page.locator('#tab-flows').click();
  const cell = page.locator('#table-panel tbody tr').first().getByRole('button', { name: /where it comes from/ });
  await cell.focus();
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.querySelectorAll('[data-test=trace]').length === 1);
  check('so does a shipment', /^[A-Z]{3} [A-Z]{3} \w+$/.test(await page.locator('[data-test=trace-key]').inputValue()));
  await page.locator('#tab-countries').click();
  await page.locator('#tab-countries').focus();
  await page.keyboard.press('ArrowRight');
  check('arrows go from tab to tab', await page.locator('#tab-exporters[aria-selected=true]').count() === 1);
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('ArrowLeft');
  const equity = await page.locator('#table-panel').innerText();
  check('measures of burden sharing are listed', equity.includes('gini_of_burdens') && equity.includes('largest_loss_per_gdp_in_LDC'));
  await page.locator('#tab-countries').click();
}

/** Contrast of every text on what it stands on, SVG included. */
const contrast = () => page.evaluate(() => {
  const parse = (colour) => (colour.match(/[\d.]+/g) ?? []).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((part) => part / 255).map((part) => (part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)).reduce((sum, part, at) => sum + part * [0.2126, 0.7152, 0.0722][at], 0);
  const behind = (element) => {
    for (let here = element; here; here = here.parentElement) {
      const colour = parse(getComputedStyle(here).backgroundColor);
      if (colour.length === 3 || colour[3] > 0.99) return colour;
    }
    return [255, 255, 255];
  };
  const low = [];
  let least = 21;
  for (const element of document.querySelectorAll('body *')) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!own || element.closest('.unseen, datalist, noscript, title, .skip, .off, :disabled') || ['OPTION', 'SCRIPT'].includes(element.tagName) || !element.getClientRects().length) continue;
    const style = getComputedStyle(element);
    const [a, b] = [light(parse(element instanceof SVGElement ? style.fill : style.color)), light(behind(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    least = Math.min(least, ratio);
    if (ratio < 4.5) low.push(`${element.tagName}.${element.getAttribute('class')} ${element.textContent.trim().slice(0, 30)} ${ratio.toFixed(2)}`);
  }
  return { least, low };
});

async function looks() {
  for (const theme of ['light', 'dark']) {
    for (const language of ['en', 'fr']) {
      await page.locator('[data-test=theme]').selectOption(theme);
      await page.locator('[data-test=language]').selectOption(language);
      await page.evaluate(axe);
      const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
      check(`axe finds nothing, ${theme}, ${language}`, violations.length === 0, violations.map((one) => `${one.id}: ${one.nodes.slice(0, 3).map((node) => node.html.slice(0, 120)).join(' | ')}`));
      const { least, low } = await contrast();
      check(`contrast is at least 4.5, ${theme}, ${language}`, low.length === 0, low.slice(0, 5));
      console.log(`least contrast, ${theme}, ${language}: ${least.toFixed(2)}`);
      await shot(`${theme}-${language}`);
    }
  }
  const wide = () => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  for (const [name, width] of [['420 pixels', 420], ['200 % of 1440 pixels', 720]]) {
    await page.setViewportSize({ width, height: 800 });
    check(`no sideways scroll at ${name}`, (await wide()) <= 0, await wide());
    await shot(`${width}`);
  }
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await page.locator('[data-test=language]').selectOption('en');
  await page.locator('[data-path="arrangement.gassa.outside.floor_percent"]').focus();
  await page.keyboard.press('ArrowRight');
  check('nothing moves by itself where that is asked', (await page.evaluate(() => document.getAnimations().length)) === 0);
  await settled();
  const lost = await page.evaluate(() => [...document.querySelectorAll('path.ldc')].length);
  check('all least developed countries have their mark', lost === 44, lost);
  await page.emulateMedia({ media: 'print', reducedMotion: null });
  check('the print has the disclaimer and no controls', (await page.locator('footer').isVisible()) && !(await page.locator('.panel').isVisible()));
  await page.emulateMedia({ media: null });
  // the brief opens from the disk with the network off
  const alone = await context.newPage();
  // the page behind has its bands by then, and asks for nothing more
  await page.locator('[data-test=interval-world-welfare]').waitFor({ timeout: 120_000 });
  await context.setOffline(true);
  await alone.goto(`file://${path.join(room, 'brief.html')}`);
  check('the brief opens from the disk with the network off', (await alone.locator('h1').innerText()).length > 3 && (await alone.locator('svg.chart').count()) >= 2);
  await alone.evaluate(axe);
  const { violations } = await alone.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
  check('axe finds nothing in the brief', violations.length === 0, violations.map((one) => `${one.id}: ${one.nodes[0].html.slice(0, 120)}`));
  const paper = Buffer.from(await alone.pdf({ preferCSSPageSize: true })).toString('latin1');
  const pages = paper.match(/\/Type\s*\/Page(?![a-z])/gi)?.length;
  check('the brief prints on one page', pages === 1, pages);
  await alone.close();
  await context.setOffline(false);
}

for (const part of [negotiator, busy, owners, parties, record, talks, economist, batches, reviewer, looks]) {
  try {
    await part();
  } catch (error) {
    check(`${part.name} comes to the end`, false, String(error.stack ?? error).slice(0, 1500));
    await shot(`failed-${part.name}`);
  }
}
check('no request went to another host', outside.length === 0, outside);
check('no violation of the content security policy', (await page.evaluate(() => window.violations)).length === 0, await page.evaluate(() => window.violations));
check('no error or warning on the console', complaints.length === 0, complaints.slice(0, 5));

await browser.close();
server.kill();
fs.rmSync(room, { recursive: true, force: true });
console.log(`${passed} passed, ${faults.length} failed`);
process.exit(faults.length === 0 ? 0 : 1);
