/** How many lines that wait are told. */
const SHOWN = 8;

/** What waits for what, where nothing happens any more. */
export function describeHang(connections: readonly string[], pending: readonly string[]): string {
  const left = pending.length - SHOWN;
  return [
    ...connections,
    ...(pending.length > 0 ? ['pending promises are waited for:'] : []),
    ...pending.slice(0, SHOWN).map((place) => `  ${place}`),
    ...(left > 0 ? [`  … and on ${left} more lines`] : []),
    ...nativeWaits(),
  ]
    .map((line) => `  ${line}`)
    .join('\n');
}

/** What goes by the real clock, and so never comes in virtual time. */
function nativeWaits(): string[] {
  const kinds = new Set(process.getActiveResourcesInfo().filter((name) => NATIVE.has(name)));
  if (kinds.size === 0) return [];
  return [`of the real world there are ${[...kinds].join(', ')}: virtual time does not wait for these`];
}

const NATIVE: ReadonlySet<string> = new Set(['TCPSocketWrap', 'TCPServerWrap', 'TLSWrap', 'UDPWrap', 'ChildProcess']);
