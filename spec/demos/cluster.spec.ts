// Proves what the chat of demos/cluster promises, in one process: numbers, lines that are sent again, members that come back, slow
// ones, a history that is away, and a restart. `npm run storm` there proves it for many processes.
import { type Connection, openConnection, type Server, type ServerFailure } from 'rxjs-tcp';
import type { Draft } from '../../demos/cluster/src/service/History';
import { MemoryHistory } from '../../demos/cluster/src/service/MemoryHistory';
import { chatCodec, type FromChat, type FromMember, toLine } from '../../demos/cluster/src/service/protocol';
import { Slots } from '../../demos/cluster/src/service/Slots';
import { startChat } from '../../demos/cluster/src/service/startChat';
import { runs } from '../support/runs';

const host = '127.0.0.1';

let server: Server;
let failures: ServerFailure[];
let connections: Connection[];
let accepted: Connection[];

beforeEach(() => {
  failures = [];
  connections = [];
  accepted = [];
});

afterEach(async () => {
  for (const connection of connections) connection.destroy();
  await server.close({ timeout: 1 });
  expect(failures).toEqual([]);
});

async function serve(history = new MemoryHistory()): Promise<void> {
  server = await startChat({ worker: 'w1', history }, { host, port: 0 });
  server.errors.subscribe((failure) => failures.push(failure));
  server.connections.subscribe((connection) => accepted.push(connection));
}

class Member {
  private constructor(readonly connection: Connection) {}

  static async dial(): Promise<Member> {
    const connection = await openConnection({ host, port: server.port!, halfOpen: false });
    connections.push(connection);
    return new Member(connection);
  }

  static async join(name: string, after?: number): Promise<Member> {
    const member = await Member.dial();
    member.tell({ join: 'lobby', name, ...(after !== undefined && { after }) });
    const { localAddress, localPort } = member.connection;
    expect(await member.next()).toMatchObject({
      joined: 'lobby',
      worker: 'w1',
      address: `${localAddress}:${localPort}`,
    });
    return member;
  }

  tell(said: FromMember | object): void {
    this.connection.writer.write(toLine(said as FromMember));
  }

  next(): Promise<FromChat | undefined> {
    return this.connection.reader.readFrame(chatCodec);
  }

  /** The next so many messages, by kind: acks and lines come in no certain order. */
  async take(count: number): Promise<{ acks: unknown[]; heard: unknown[] }> {
    const acks: unknown[] = [];
    const heard: unknown[] = [];
    for (let i = 0; i < count; i++) {
      const said = await this.next();
      if (said !== undefined && 'ack' in said) acks.push([said.ack, said.seq]);
      else if (said !== undefined && 'text' in said) heard.push([said.seq, said.from, said.text]);
      else heard.push(said);
    }
    return { acks, heard };
  }
}

describe('the chat of demos/cluster', () => {
  it('numbers lines, acknowledges them, and stores one that is sent again once', async () => {
    await serve();
    const ada = await Member.join('ada');
    const bob = await Member.join('bob');
    ada.tell({ say: 'hello', id: 'ada-1' });
    expect(await ada.take(2)).toEqual({ acks: [['ada-1', 1]], heard: [[1, 'ada', 'hello']] });
    ada.tell({ say: 'hello', id: 'ada-1' });
    expect(await ada.take(1)).toEqual({ acks: [['ada-1', 1]], heard: [] });
    bob.tell({ say: 'hi', id: 'bob-1' });
    expect((await bob.take(3)).heard).toEqual([
      [1, 'ada', 'hello'],
      [2, 'bob', 'hi'],
    ]);
  });

  it('gives a member that comes back the rest, once each, however far back', async () => {
    const history = new MemoryHistory();
    // More than a room looks back and keeps: the first ones come from the history.
    const COUNT = 12_000;
    for (let i = 1; i <= COUNT; i++) await history.append('lobby', { id: `ada-${i}`, from: 'ada', text: `${i}` });
    await serve(history);
    const after = COUNT - runs(5_000, 9_900);
    const ada = await Member.join('ada', after);
    for (let seq = after + 1; seq <= COUNT; seq++) expect(await ada.next()).toMatchObject({ seq, text: `${seq}` });
    const bob = await Member.join('bob');
    bob.tell({ say: 'new', id: 'bob-1' });
    expect((await bob.take(2)).heard).toEqual([[COUNT + 1, 'bob', 'new']]);
    expect(await ada.next()).toMatchObject({ seq: COUNT + 1 });
  }, 30_000);

  it('does not wait for a slow member, which then gets every line from the history', async () => {
    await serve();
    const slow = await Member.join('slow', 0);
    const release = slow.connection.reader.pause();
    const ada = await Member.join('ada', 0);
    const text = 'x'.repeat(4_000);
    const COUNT = runs(4_000, 8_000);
    for (let i = 1; i <= COUNT; i++) {
      ada.tell({ say: text, id: `ada-${i}` });
      await ada.take(2);
    }
    // The system holds some megabytes for it, and its connection next to nothing.
    const { bytesWritten, writer } = accepted[0]!;
    expect(bytesWritten).toBeLessThan(COUNT * text.length);
    expect(writer.bufferedAmount).toBeLessThan(100_000);
    release();
    for (let seq = 1; seq <= COUNT; seq++) expect(await slow.next()).toMatchObject({ seq });
  }, 60_000);

  it('acknowledges a line when the history is back', async () => {
    class Away extends MemoryHistory {
      private left = 3;

      override async append(room: string, draft: Draft): Promise<number> {
        if (this.left-- > 0) throw new Error('away');
        return super.append(room, draft);
      }
    }
    await serve(new Away());
    const ada = await Member.join('ada');
    ada.tell({ say: 'hello', id: 'ada-1' });
    ada.tell({ say: 'again', id: 'ada-2' });
    expect((await ada.take(4)).acks).toEqual([
      ['ada-1', 1],
      ['ada-2', 2],
    ]);
  });

  it('says good-bye to idle members when it stops, and none is cut off', async () => {
    await serve();
    const members = [await Member.join('ada'), await Member.join('bob')];
    const closing = server.close({ timeout: 0 });
    for (const member of members) {
      expect(await member.next()).toEqual({ bye: 'restart' });
      expect(await member.next()).toBeUndefined();
      expect(await member.connection.closed).toMatchObject({ by: 'peer' });
    }
    await closing;
  });

  it.each([
    ['no JSON', 'hello', /not JSON|JSON/],
    ['a line before a room', { say: 'hello', id: 'a' }, /Cannot say a line before a room is joined/],
    ['a wrong name', { join: 'a room', name: 'ada' }, /see the protocol in README.md/],
    ['a wrong number', { join: 'lobby', name: 'ada', after: -1 }, /see the protocol in README.md/],
    ['a long text', { join: 'x'.repeat(20_000), name: 'ada' }, /Cannot/],
  ])('says what is wrong, and hangs up: %s', async (_, said, message) => {
    await serve();
    const member = await Member.dial();
    if (typeof said === 'string') member.connection.writer.write(`${said}\n`);
    else member.tell(said);
    expect(await member.next()).toEqual({ error: expect.stringMatching(message) });
    expect(await member.next()).toBeUndefined();
  });

  it('takes a connection that says nothing for a health check', async () => {
    await serve();
    const member = await Member.dial();
    member.connection.writer.close();
    expect(await member.next()).toBeUndefined();
  });
});

describe('Slots of demos/cluster', () => {
  it('run so many actions at once, the others in order, and go on after one that fails', async () => {
    const slots = new Slots(2);
    const began: number[] = [];
    const ends: ((failed: boolean) => void)[] = [];
    const results = [0, 1, 2, 3].map((i) =>
      slots.run(() => {
        began.push(i);
        return new Promise<number>((resolve, reject) => {
          ends[i] = (failed) => (failed ? reject(new Error('failed')) : resolve(i));
        });
      }),
    );
    expect(began).toEqual([0, 1]);
    ends[1]!(true);
    await expect(results[1]).rejects.toThrow('failed');
    expect(began).toEqual([0, 1, 2]);
    for (const i of [0, 2]) {
      ends[i]!(false);
      expect(await results[i]).toBe(i);
    }
    ends[3]!(false);
    expect(await results[3]).toBe(3);
    expect(began).toEqual([0, 1, 2, 3]);
  });
});
