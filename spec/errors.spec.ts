// Proves that every error has its class, its literal code, its numbers as fields and in its message, and nothing more.
import * as errors from '../src/errors';

const cause = new Error('reset');

const table: [Error, code: string, message: string, fields: object][] = [
  [
    new errors.IncompleteReadError(Buffer.from('abc'), 5),
    'ERR_INCOMPLETE_READ',
    'Cannot read 5 bytes: the stream ended after 3',
    { partial: Buffer.from('abc'), expected: 5 },
  ],
  [
    new errors.IncompleteReadError(Buffer.from('abc'), null),
    'ERR_INCOMPLETE_READ',
    'Cannot read a whole frame: the stream ended after 3 bytes of it',
    { partial: Buffer.from('abc'), expected: null },
  ],
  [
    new errors.LimitOverrunError(10, 12),
    'ERR_LIMIT_OVERRUN',
    'Cannot read the frame: at least 12 bytes come before its end, and the limit is 10',
    { limit: 10, consumed: 12 },
  ],
  [
    new errors.InvalidFrameError('the line has a lone "\\n"', 7),
    'ERR_INVALID_FRAME',
    'Cannot decode the frame: the line has a lone "\\n" at byte 7',
    { offset: 7 },
  ],
  [
    new errors.ReaderBusyError(),
    'ERR_READER_BUSY',
    'Cannot read: another subscription or read of this reader is active',
    {},
  ],
  [
    new errors.ConnectionClosedError('Cannot write: the connection was reset', { cause }),
    'ERR_CONNECTION_CLOSED',
    'Cannot write: the connection was reset',
    { cause, discarded: 0 },
  ],
  [
    new errors.ConnectionClosedError('Cannot write: the connection was reset', { discarded: 12 }),
    'ERR_CONNECTION_CLOSED',
    'Cannot write: the connection was reset',
    { discarded: 12 },
  ],
  [
    new errors.BufferOverflowError(100, 101),
    'ERR_BUFFER_OVERFLOW',
    'Cannot buffer more: 101 bytes wait already, and the limit is 100',
    { limit: 100, buffered: 101 },
  ],
  [
    new errors.SocketTimeoutError('connect', 250),
    'ERR_SOCKET_TIMEOUT',
    'Cannot wait longer: the connection took more than 250 ms',
    { what: 'connect', timeout: 250 },
  ],
  [
    new errors.PlaintextPendingError(4),
    'ERR_PLAINTEXT_PENDING',
    'Cannot upgrade to TLS: 4 bytes that came in the clear are unread',
    { pending: 4 },
  ],
];

describe('the error classes', () => {
  it.each(table)('%s: class, code, message, fields', (error, code, message, fields) => {
    const type = error.constructor as typeof Error;
    expect(error).toBeInstanceOf(Error);
    expect(error.name).toBe(type.name);
    expect(errors).toHaveProperty(type.name, type);
    expect(error).toMatchObject({ code, message, ...fields });
    expect(error.stack).toContain('errors.spec.ts');
  });

  it('are all in the table above', () => {
    expect([...new Set(table.map(([error]) => error.name))].sort()).toEqual(Object.keys(errors).sort());
  });

  it('have distinct codes', () => {
    expect(new Set(table.map(([, code]) => code)).size).toBe(Object.keys(errors).length);
  });

  it('have messages in one style: Cannot <do x>: <state>, no full stop', () => {
    for (const [error] of table) expect(error.message).toMatch(/^Cannot [^:]+: .*[^.]$/s);
  });

  it.each(['connect', 'handshake', 'read', 'write', 'idle', 'frame', 'close'] as const)(
    'SocketTimeoutError says what took too long: %s',
    (what) => {
      expect(new errors.SocketTimeoutError(what, 5).message).toMatch(/^Cannot wait longer: \w.* took more than 5 ms$/);
    },
  );

  it('have a cause only when one is given', () => {
    expect('cause' in new errors.ConnectionClosedError('Cannot write: closed')).toBe(false);
    expect('cause' in new errors.ConnectionClosedError('Cannot write: closed', { cause: undefined })).toBe(false);
  });
});
