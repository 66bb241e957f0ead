import { accessSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const executablePath = '/usr/bin/chromium';

/** Debian's browser, without the services that it would like to reach. */
const args = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Whether there is a browser for the specs of the page. */
export function hasBrowser(): boolean {
  try {
    accessSync(executablePath);
    return true;
  } catch {
    return false;
  }
}

/** Starts a browser with a new profile of its own. */
export function startBrowser(...more: string[]): Promise<Browser> {
  return chromium.launch({ executablePath, args: [...args, ...more] });
}
