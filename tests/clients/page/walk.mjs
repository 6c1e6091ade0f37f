// What a visitor does on the page, in a headless browser: looks, types, refines by a facet, turns the page.
//
//   walk.mjs PAGE_URL CHROMIUM [SCREENSHOT]
//
// Tells what was to be seen after each step, one JSON line each.
import { chromium } from "playwright-core";

const [url, executablePath, screenshot] = process.argv.slice(2);
const patience = 15_000;

const browser = await chromium.launch({
  executablePath,
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"],
});
const troubles = [];
try {
  const page = await browser.newPage();
  page.setDefaultTimeout(patience);
  page.on("pageerror", (error) => troubles.push(String(error)));
  page.on("console", (message) => message.type() === "error" && troubles.push(message.text()));

  const seen = async (step) => {
    const titles = await page.locator("#hits article").evaluateAll((all) => all.map((one) => one.textContent.trim().replace(/\s+/g, " ")));
    const marked = await page.locator("#hits mark").allTextContents();
    const genres = await page.locator("#genres .ais-RefinementList-item").evaluateAll((all) =>
      Object.fromEntries(all.map((one) => [one.querySelector(".ais-RefinementList-labelText").textContent,
        Number(one.querySelector(".ais-RefinementList-count").textContent)])));
    const stats = (await page.locator("#stats").textContent()).replace(/ found in .*$/, "").trim();
    console.log(JSON.stringify({ step, titles, marked, genres, stats }));
  };
  // The page has caught up when its figures say so.
  const results = (count) => page.waitForFunction((wanted) =>
    document.querySelector("#stats").textContent.trim().startsWith(`${wanted} result`), String(count));

  await page.goto(url);
  await results(40);
  await seen("all");
  await page.fill("#box input", "the");
  const counted = await page.waitForFunction(() => {
    const text = document.querySelector("#stats").textContent.trim();
    return text && !text.startsWith("40 ") && document.querySelector("#hits mark") ? text : false;
  });
  await counted.dispose();
  await seen("typed");
  await page.fill("#box input", "");
  await results(40);
  await page.locator("#genres label", { hasText: "adventure" }).locator("input").check();
  await results(11);
  await seen("refined");
  await page.locator("#pages a", { hasText: /^3$/ }).click();
  await page.waitForFunction(() => document.querySelectorAll("#hits article").length === 1);
  await seen("paged");
  if (screenshot) await page.screenshot({ path: screenshot });
} finally {
  await browser.close();
}
console.log(JSON.stringify({ step: "end", troubles }));
