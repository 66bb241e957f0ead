// Proves the messages of PostgreSQL by their bytes, for any cut, and the login by the example of its RFC; and that the demo
// prints what its header says.
import type { OperatorFunction } from 'rxjs';
import { connectionPair, decode, InvalidFrameError } from 'rxjs-tcp';
import { verifyDecoder } from 'rxjs-tcp/testing';
import {
  login,
  type Message,
  main,
  messages,
  PostgresError,
  type Result,
  result,
  rows,
  Scram,
} from '../../demos/postgresClient';
import { failureOf } from '../support/failureOf';
import { handFed } from '../support/handFed';
import { describeDemo } from './describeDemo';

const of = (type: string, body: string) => messages.encode({ type, body: Buffer.from(body, 'latin1') });
const ROW = of('D', '\0\x02\0\0\0\x01a\xff\xff\xff\xff');
const FAILED = of('E', 'SERROR\0C42P01\0Mno such table\0\0');
const READY = of('Z', 'I');

describe('the demo postgresClient', () => {
  describeDemo('postgresClient', main);

  it('reads messages', () => {
    verifyDecoder<Message>(messages, [
      ['C\0\0\0\x0bSELECT\0', { type: 'C', body: Buffer.from('SELECT\0') }],
      ['1\0\0\0\x04', { type: '1', body: Buffer.alloc(0) }],
    ]);
  });

  it('reads a whole result', () => {
    verifyDecoder<Result>(result, [
      [
        Buffer.concat([of('T', '…'), ROW, ROW, of('C', 'SELECT\0'), READY]),
        [
          ['a', null],
          ['a', null],
        ],
      ],
      [Buffer.concat([ROW, FAILED, READY]), new PostgresError('42P01', 'no such table')],
      [READY, []],
    ]);
  });

  it.each([
    ['a message', decode(messages)],
    ['a result', decode(result)],
  ])('refuses %s whose length does not count its own bytes', (_, decoding: OperatorFunction<Uint8Array, unknown>) => {
    const { reader, push } = handFed();
    let failure: unknown;
    reader.pipe(decoding).subscribe({ error: (error) => (failure = error) });
    push(Buffer.from('T\0\0\0\x03'));
    expect(failure).toBeInstanceOf(InvalidFrameError);
  });

  it('logs in with SCRAM-SHA-256 as RFC 7677 shows, and trusts only a server that knows the password', async () => {
    const nonce = 'rOprNGfwEbeRWgbNEkqO';
    const scram = new Scram('pencil', 'user', nonce);
    expect(scram.first).toBe(`n,,n=user,r=${nonce}`);
    const challenge = `r=${nonce}%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`;
    expect(await scram.answer(challenge)).toBe(
      `c=biws,r=${nonce}%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=`,
    );
    expect(() => scram.check('v=AAAA')).toThrow('it does not know the password');
    expect(scram.proved).toBe(false);
    scram.check('v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=');
    expect(scram.proved).toBe(true);
  });

  it.each([
    ['another nonce', 'r=other,s=AAAA,i=4096'],
    ['no nonce of its own', 'r=mine,s=AAAA,i=4096'],
    ['too much work', 'r=mine1,s=AAAA,i=4000000'],
    ['no number', 'r=mine1,s=AAAA,i=x'],
  ])('refuses a challenge with %s', async (_, challenge) => {
    expect(`${await failureOf(new Scram('pencil', '', 'mine').answer(challenge))}`).toContain('is no answer');
  });

  it('does not trust a server that lets it in without the proof that it asked for', async () => {
    const [client, server] = connectionPair();
    const failure = failureOf(login(client, { user: 'ada', password: 'pencil' }));
    server.writer.write(of('R', '\0\0\0\x0aSCRAM-SHA-256\0\0'));
    server.writer.write(of('R', '\0\0\0\0'));
    expect(`${await failure}`).toContain('Cannot trust the server');
  });

  it.each([
    ['ends before the result does', [ROW], 'the server has ended the connection'],
    ['reports an error behind a row', [ROW, FAILED, READY], 'no such table'],
  ])('rows() emits what arrived, then an error, when the server %s', async (_, sent, message) => {
    const [client, server] = connectionPair();
    const seen: unknown[] = [];
    const over = new Promise<unknown>((resolve) => {
      rows(client, 'SELECT').subscribe({
        next: (row) => seen.push(row),
        error: resolve,
        complete: () => resolve(undefined),
      });
    });
    server.writer.writeLines(sent);
    server.writer.writeEof();
    expect(`${await over}`).toContain(message);
    expect(seen).toEqual([['a', null]]);
  });
});
