/**
 * The channels of `node:diagnostics_channel` that tell what happens. Ask `hasSubscribers` before you publish, so that
 * nothing is done where nobody listens.
 *
 * A subscriber that throws harms nothing here: Node catches the error, and throws it again as an `uncaughtException` after the
 * other subscribers.
 */
import { channel } from 'node:diagnostics_channel';
import type { ChannelMessages, ConnectMessage, HandshakeMessage } from './ChannelMessages';
import { printMessages } from './printMessages';
import { Tracing } from './Tracing';

/** A channel whose messages have a type. */
export interface TypedChannel<Message> {
  readonly hasSubscribers: boolean;
  publish(message: Message): void;
}

/** Made in a call, so that a bundler can leave it out. It also starts what `NODE_DEBUG=rxjs-tcp` prints. */
export const channels = /* @__PURE__ */ openChannels();

function openChannels() {
  const all = {
    open: named('rxjs-tcp:connection:open'),
    close: named('rxjs-tcp:connection:close'),
    pressure: named('rxjs-tcp:connection:pressure'),
    held: named('rxjs-tcp:connection:held'),
    listening: named('rxjs-tcp:server:listening'),
    serverClose: named('rxjs-tcp:server:close'),
    refused: named('rxjs-tcp:server:refused'),
    failure: named('rxjs-tcp:server:failure'),
    connect: new Tracing<ConnectMessage>('rxjs-tcp:connect'),
    handshake: new Tracing<HandshakeMessage>('rxjs-tcp:handshake'),
  };
  printMessages();
  return all;
}

function named<Name extends keyof ChannelMessages>(name: Name): TypedChannel<ChannelMessages[Name]> {
  return channel(name);
}
