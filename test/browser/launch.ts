import { existsSync } from "node:fs";
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium } from "playwright-core";

const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";

/** Why tests with a browser cannot run here; `false` when they can. */
export const skipBrowser: string | false = existsSync(executablePath)
  ? false
  : `Chromium is not installed: ${executablePath} is missing`;

/**
 * Ends what hangs, and is no measure of speed: beside other tests a browser takes 20 s to start, and a page that loads
 * 200 modules nearly as long.
 */
const hangMs = 180_000;

/** Chromium with a profile of its own, which is removed when it closes. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath,
    timeout: hangMs,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

export async function newContext(browser: Browser, options?: BrowserContextOptions): Promise<BrowserContext> {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(hangMs);
  return context;
}
