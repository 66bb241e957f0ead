import { connectionPair } from '../../src';
import type { ChannelMessages } from '../../src/observing/ChannelMessages';
import { messageLines } from '../../src/observing/messageLines';

const [connection] = connectionPair();
const show = <N extends keyof ChannelMessages>(name: N, message: Partial<ChannelMessages[N]>) =>
  messageLines[name]?.(message as ChannelMessages[N]);

describe('messageLines', () => {
  it('show the connection, and of an error its code or class, never its text', () => {
    const error = new Error('bytes of the peer');
    const shown = 'Connection { open, read 0 B, written 0 B }';
    expect(show('rxjs-tcp:connection:open', { connection })).toBe(shown);
    expect(show('rxjs-tcp:connection:close', { connection, by: 'peer' })).toBe(shown);
    expect(show('rxjs-tcp:connection:close', { connection, error })).toBe(`${shown}, Error`);
    const coded = Object.assign(error, { code: 'ECONNRESET' });
    expect(show('rxjs-tcp:connection:close', { connection, error: coded })).toBe(`${shown}, ECONNRESET`);
  });

  it.each([
    ['a string', 'bytes of the peer', ', string'],
    ['null', null, ', object'],
    ['a code that is no word', { code: 'bytes\nof', name: 'the peer' }, ', object'],
    ['a code that is too long', { code: 'x'.repeat(61) }, ', object'],
  ])('show of %s as an error only its kind', (_, error, expected) => {
    const line = show('rxjs-tcp:server:failure', { error, stage: 'handler', probe: false });
    expect(line).toBe(`?, handler${expected}`);
  });

  it('leave probes out', () => {
    expect(show('rxjs-tcp:server:failure', { stage: 'handshake', probe: true })).toBeUndefined();
    expect(show('tracing:rxjs-tcp:handshake:asyncEnd', { side: 'server', probe: true })).toBeUndefined();
  });

  it('show the place of a dialing, and what became of it', () => {
    const end = 'tracing:rxjs-tcp:connect:asyncEnd';
    expect(show('tracing:rxjs-tcp:connect:start', { host: '::1', port: 80, tls: true })).toBe('[::1]:80, TLS');
    expect(show(end, { path: '/run/a.sock', tls: false, error: new TypeError('no') })).toBe('/run/a.sock, TypeError');
    expect(show(end, { tls: false, cancelled: true })).toBe('a socket, cancelled');
    expect(show(end, { tls: false, result: connection })).toMatch(/^a socket, Connection \{/);
  });

  it('show the outcome of a handshake', () => {
    const end = 'tracing:rxjs-tcp:handshake:asyncEnd';
    const remote = { remoteAddress: '10.0.0.1', remotePort: 80 };
    const done = { side: 'client', protocol: 'TLSv1.3', resumed: true } as const;
    expect(show(end, { ...done, ...remote })).toBe('client, 10.0.0.1:80, TLSv1.3, resumed');
    expect(show(end, { ...done, connection })).toMatch(/^client, Connection \{.*\}, TLSv1.3, resumed$/);
  });
});
