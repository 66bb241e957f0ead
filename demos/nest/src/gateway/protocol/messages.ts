import { type Codec, InvalidFrameError, mapped } from 'rxjs-tcp';
import { frames } from './frames.js';

/** What a device measured. */
export interface Reading {
  readonly kind: 'reading';
  /** Counts from 0 for each connection. A gap is a loss. */
  readonly sequence: number;
  /** When, in milliseconds since 1970. */
  readonly at: number;
  readonly value: number;
}

/** Answers the command that has its id. */
export interface Reply {
  readonly kind: 'reply';
  readonly id: number;
  readonly ok: boolean;
  readonly text: string;
}

/** Asks a device to do something. */
export interface Command {
  readonly kind: 'command';
  readonly id: number;
  readonly text: string;
}

/** Asks a device to send what it has, and to end. */
export interface Goodbye {
  readonly kind: 'goodbye';
}

export type FromDevice = Reading | Reply;
export type ToDevice = Command | Goodbye;

/** The gateway's side of the protocol. */
export function gatewayMessages(onSkip?: (bytes: Buffer) => void): Codec<FromDevice, ToDevice> {
  return mapped(frames(onSkip), { decode: readFromDevice, encode: writeToDevice });
}

/** A device's side of the protocol. */
export function deviceMessages(): Codec<ToDevice, FromDevice> {
  return mapped(frames(), { decode: readToDevice, encode: writeFromDevice });
}

// The first byte of a body.
const READING = 1;
const REPLY = 2;
const COMMAND = 3;
const GOODBYE = 4;

function readFromDevice(body: Buffer): FromDevice {
  if (body[0] === READING && body.length === 17) {
    return { kind: 'reading', sequence: body.readUInt32BE(1), at: body.readDoubleBE(5), value: body.readFloatBE(13) };
  }
  if (body[0] === REPLY && body.length >= 6) {
    return { kind: 'reply', id: body.readUInt32BE(1), ok: body[5] === 1, text: body.toString('utf8', 6) };
  }
  throw unknownBody(body);
}

function writeFromDevice(message: FromDevice): Buffer {
  if (message.kind === 'reading') {
    const body = Buffer.allocUnsafe(17);
    body[0] = READING;
    body.writeUInt32BE(message.sequence, 1);
    body.writeDoubleBE(message.at, 5);
    body.writeFloatBE(message.value, 13);
    return body;
  }
  return Buffer.concat([withId(REPLY, message.id), Buffer.from([message.ok ? 1 : 0]), Buffer.from(message.text)]);
}

function readToDevice(body: Buffer): ToDevice {
  if (body[0] === COMMAND && body.length >= 5) {
    return { kind: 'command', id: body.readUInt32BE(1), text: body.toString('utf8', 5) };
  }
  if (body[0] === GOODBYE && body.length === 1) return { kind: 'goodbye' };
  throw unknownBody(body);
}

function writeToDevice(message: ToDevice): Buffer {
  if (message.kind === 'goodbye') return Buffer.from([GOODBYE]);
  return Buffer.concat([withId(COMMAND, message.id), Buffer.from(message.text)]);
}

function withId(kind: number, id: number): Buffer {
  const head = Buffer.allocUnsafe(5);
  head[0] = kind;
  head.writeUInt32BE(id, 1);
  return head;
}

function unknownBody(body: Buffer): InvalidFrameError {
  return new InvalidFrameError(`a body of kind ${body[0]} with ${body.length} bytes`, 0);
}
