#!/usr/bin/env node
/*
 * Looks at pages as people do: look.js FOLDER PAGE.html ...
 *
 * Each is opened in Chromium without a network, wide and light, and as wide as
 * a phone and dark; axe holds it to WCAG 2.2 AA.  What is wrong is a line, and
 * exit status 1; FOLDER receives a picture of each.
 */
'use strict';
const fs = require('fs');
const path = require('path');
const { pathToFileURL } = require('url');
const { chromium } = require('playwright-core');
const axe = fs.readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

const VIEWS = [
	{ name: 'wide', viewport: { width: 1280, height: 800 },
	    colorScheme: 'light' },
	{ name: 'phone', viewport: { width: 360, height: 740 },
	    colorScheme: 'dark' },
];
const LEVELS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa',
	'best-practice'];

async function look(browser, view, file, folder, wrong) {
	const url = pathToFileURL(path.resolve(file)).href;
	const context = await browser.newContext({ ...view, bypassCSP: true });
	const page = await context.newPage();
	const tell = (what) => wrong.push(`${file}: ${view.name}: ${what}`);

	page.on('request', (r) => {
		if (r.url() !== url && !r.url().startsWith('data:'))
			tell(`asks for ${r.url()}`);
	});
	page.on('console', (m) => tell(`says ${m.text()}`));
	page.on('pageerror', (e) => tell(`fails: ${e}`));
	await context.setOffline(true);
	await page.goto(url);
	const over = await page.evaluate(() =>
	    document.scrollingElement.scrollWidth - innerWidth);
	if (over > 0)
		tell(`is ${over} pixels too wide`);
	await page.evaluate(axe);
	const found = await page.evaluate((levels) =>
	    axe.run({ runOnly: levels }), LEVELS);
	for (const v of found.violations)
		for (const n of v.nodes)
			tell(`${v.id}: ${v.help}: ${n.html.slice(0, 200)}`);
	if (found.passes.length === 0)
		tell('axe found nothing to look at');
	await page.screenshot({ fullPage: true, path: path.join(folder,
	    `${path.basename(file, '.html')}-${view.name}.png`) });
	await context.close();
}

async function main(folder, files) {
	const wrong = [];
	const browser = await chromium.launch({
		executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
		chromiumSandbox: process.getuid() !== 0,
	});

	fs.mkdirSync(folder, { recursive: true });
	try {
		for (const file of files)
			for (const view of VIEWS)
				await look(browser, view, file, folder, wrong);
	} finally {
		await browser.close();
	}
	for (const w of wrong)
		console.log(w);
	process.exitCode = wrong.length > 0 ? 1 : 0;
}

main(process.argv[2], process.argv.slice(3)).catch((e) => {
	console.error(`look.js: ${e.message}`);
	process.exitCode = 70;
});
