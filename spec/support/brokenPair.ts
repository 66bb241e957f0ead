import { Duplex } from 'node:stream';
import { type Connection, type ConnectionOptions, openConnection } from 'rxjs-tcp';
import type { ConnectionEnds } from 'rxjs-tcp/testing';

/** The fault of a pair of streams, or of the connection on top of it. */
export interface Breakage {
  write?: (chunk: Buffer) => Buffer;
  end?: (own: Duplex, far: Duplex) => unknown;
  pressure?: false;
  destroy?: false;
  wrap?: (connection: Connection) => Connection;
  options?: (options: ConnectionOptions) => ConnectionOptions;
  /** The time limit of a check, in milliseconds: 100, unless the connection ends by itself. */
  patience?: number;
}

/** Two joined streams, broken as told, with connections on top. */
export function broken(breakage: Breakage): (options: ConnectionOptions) => Promise<ConnectionEnds> {
  return async (options) => {
    /** The correct behaviour. */
    const late: (() => void)[] = [];
    const sides: Duplex[] = [0, 1].map((own) => {
      let room: (() => void) | undefined;
      const peer = () => sides[1 - own]!;
      return Object.assign(
        new Duplex({
          read: () => {
            (peer() as Duplex & { room: () => void }).room();
          },
          write: (chunk: Buffer, _, done) => {
            const more = peer().push(breakage.write?.(chunk) ?? chunk);
            if (more || breakage.pressure === false) setImmediate(done);
            else room = done;
          },
          final: (done) => {
            if (breakage.end === undefined) peer().push(null);
            else breakage.end(sides[own]!, peer());
            done();
          },
          destroy: (error, done) => {
            if (breakage.destroy === false) {
              late.push(() => done(error));
              return;
            }
            if (!peer().readableEnded && !peer().destroyed) peer().push(null);
            done(error);
          },
        }),
        {
          room: () => {
            const waiting = room;
            room = undefined;
            if (waiting !== undefined) setImmediate(waiting);
          },
        },
      );
    });
    const given = breakage.options?.(options) ?? options;
    const [near, far] = await Promise.all(sides.map((socket) => openConnection({ socket, ...given })));
    return [breakage.wrap?.(near!) ?? near!, far!, () => late.map((close) => close())];
  };
}

/** A connection with some members replaced. */
export function override(connection: Connection, members: Partial<Connection>): Connection {
  return new Proxy(connection, {
    get: (target, name) => {
      if (name in members) return members[name as keyof Connection];
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
