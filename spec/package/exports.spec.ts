import * as core from 'rxjs-tcp';
import * as testing from 'rxjs-tcp/testing';
import * as wiretap from 'rxjs-tcp/wiretap';

// The public lists, in full: if you add, rename or remove an export, change them here and in CHANGELOG.md.

describe('rxjs-tcp', () => {
  it('exports these values and no others', () => {
    expect(Object.keys(core).sort()).toEqual([
      'BufferOverflowError',
      'ByteBuffer',
      'Connection',
      'ConnectionClosedError',
      'IncompleteReadError',
      'InvalidFrameError',
      'LimitOverrunError',
      'PlaintextPendingError',
      'ReaderBusyError',
      'Server',
      'SocketTimeoutError',
      'StreamReader',
      'StreamWriter',
      'backoff',
      'backpressure',
      'concatMapPausing',
      'connect',
      'connectionPair',
      'decode',
      'delimited',
      'eachValueFrom',
      'encode',
      'fixedSize',
      'framed',
      'lengthPrefixed',
      'lines',
      'listen',
      'mapped',
      'mergeMapPausing',
      'ndjson',
      'openConnection',
      'read',
      'readAll',
      'readExactly',
      'readLine',
      'readUntil',
      'reconnect',
      'replies',
      'requests',
      'resync',
      'sharePausing',
      'silence',
      'startServer',
      'writeTo',
    ]);
  });
});

describe('rxjs-tcp/testing', () => {
  it('exports these values and no others', () => {
    expect(Object.keys(testing).sort()).toEqual([
      'MarbleScheduler',
      'assertMarbles',
      'checkConnection',
      'connectTo',
      'connectionChecks',
      'connectionPair',
      'faults',
      'hex',
      'marbleConnection',
      'rechunk',
      'recordConnection',
      'runMarbles',
      'scriptedPeer',
      'simulate',
      'verifyDecoder',
    ]);
  });

  it('shares its values with rxjs-tcp', () => {
    expect(testing.connectionPair).toBe(core.connectionPair);
  });
});

describe('rxjs-tcp/wiretap', () => {
  it('exports these values and no others', () => {
    expect(Object.keys(wiretap).sort()).toEqual(['readJsonLines', 'wiretap']);
  });
});
