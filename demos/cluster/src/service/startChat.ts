import {
  type Connection,
  ConnectionClosedError,
  InvalidFrameError,
  LimitOverrunError,
  type ListenOptions,
  type Server,
  SocketTimeoutError,
  startServer,
} from 'rxjs-tcp';
import type { Draft, History } from './History';
import { Member } from './Member';
import { pause } from './pause';
import { type FromChat, type FromMember, memberCodec, toLine } from './protocol';
import type { Room } from './Room';
import { Rooms } from './Rooms';

export interface ChatOptions {
  /** The name of this process, for its members. */
  readonly worker: string;
  readonly history: History;
  /** Told of every member that has joined, with its address as this worker sees it. */
  readonly joined?: (name: string, address: string) => void;
}

/** How long a new connection may say nothing, in milliseconds. */
const JOIN_TIMEOUT = 30_000;
/** How long it waits before it asks the history again, in milliseconds: at first, and at most. */
const AGAIN = 200;
const AGAIN_AT_MOST = 3_000;

/**
 * Serves the chat. It keeps nothing but what the history has, so it may be stopped at any time: `server.close` ends each
 * connection between two lines, and members go on at another worker.
 */
export function startChat({ worker, history, joined }: ChatOptions, where: ListenOptions): Promise<Server> {
  const rooms = new Rooms(history);

  async function serve(connection: Connection): Promise<void> {
    const { reader, draining } = connection;
    const hello = await reader.readFrame(memberCodec, { signal: draining, timeout: JOIN_TIMEOUT });
    // A health check says nothing.
    if (hello === undefined) return;
    if (!('join' in hello)) throw new MemberError('Cannot say a line before a room is joined');
    const after = hello.after ?? (await insist(connection, () => history.newest()));
    const room = await insist(connection, () => rooms.find(hello.join, after));
    const member = new Member(connection, room, history, after);
    const address = `${connection.remoteAddress}:${connection.remotePort}`;
    try {
      tell(connection, { joined: room.name, after, worker, address });
      joined?.(hello.name, address);
      member.enter();
      for (;;) {
        const said = await reader.readFrame(memberCodec, { signal: draining });
        if (said === undefined) return;
        await store(connection, room, hello.name, said);
      }
    } finally {
      rooms.leave(room, member);
      if (draining.aborted) tell(connection, { bye: 'restart' });
    }
  }

  /** The next line is read when this one is stored: so a broker that is slow holds its members back, and their order stays. */
  async function store(connection: Connection, room: Room, from: string, said: FromMember): Promise<void> {
    if (!('say' in said)) throw new MemberError('Cannot join a second room: use another connection');
    const draft: Draft = { id: said.id, from, text: said.say };
    const seq = await insist(connection, () => history.append(room.name, draft));
    tell(connection, { ack: said.id, seq });
  }

  /** A member that breaks a rule is told so; one that leaves in the middle of something is gone. Neither is a failure of the chat. */
  async function serveMember(connection: Connection): Promise<void> {
    try {
      await serve(connection);
    } catch (error) {
      if (RULES.some((rule) => error instanceof rule)) tell(connection, { error: (error as Error).message });
      else if (!hasLeft(error)) throw error;
    }
  }

  return startServer(serveMember, where);
}

class MemberError extends Error {
  override readonly name = 'MemberError';
}

const RULES = [MemberError, InvalidFrameError, LimitOverrunError, SocketTimeoutError];

/** Errors of the system are those of the member's connection. */
function hasLeft(error: unknown): boolean {
  return error instanceof ConnectionClosedError || (error instanceof Error && 'syscall' in error);
}

/** Calls again what fails while the history is away, as long as the member is there and the worker does not stop. */
async function insist<T>({ signal, draining }: Connection, action: () => Promise<T>): Promise<T> {
  for (let wait = AGAIN; ; wait = Math.min(2 * wait, AGAIN_AT_MOST)) {
    try {
      return await action();
    } catch {
      await pause(wait);
      signal.throwIfAborted();
      draining.throwIfAborted();
    }
  }
}

function tell({ writer }: Connection, said: FromChat): void {
  if (!writer.isClosing()) writer.write(toLine(said));
}
