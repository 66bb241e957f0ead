/**
 * A capture in the format pcapng: a section header, an interface of raw IP packets, and a packet for each event.
 *
 * The system does not show its packets to a program, so these are made up: IP and TCP with the addresses of the connection, right
 * sequence numbers and checksums, and the bytes of the events. What has no packet (a pause, pressure) is the comment of an empty one.
 * Bytes that were not kept are missing in the captured part of a packet, as in a capture with a snapshot length.
 *
 *     open ──► SYN, SYN+ACK, ACK      rx, tx ──► ACK+PSH with bytes, 64,000 at most      fin-in, fin-out ──► FIN+ACK
 *     gap ──► the sequence numbers go on behind what is missing: Wireshark says that segments were not captured
 *     reset, and an end without both FINs ──► RST
 */

import type { WireEvent } from '../WireEvent';
import { describeEvent } from './describeEvent';
import { ipPacket, type Packet } from './ipPacket';

/** What fits into an IPv4 packet, with some room for headers. */
const MOST = 64_000;
/** Types of blocks, and of options. */
const [SECTION, INTERFACE, PACKET] = [0x0a0d0d0a, 1, 6];
const [COMMENT, APPLICATION, RESOLUTION] = [1, 4, 9];
/** The link type of packets that begin with their IP header. */
const RAW_IP = 101;
const FLAGS = { FIN: 1, SYN: 2, RST: 4, PSH: 8, ACK: 16 };

/** The numbers of one connection. */
interface Talk {
  readonly openedAt: number;
  readonly ours: End;
  readonly peers: End;
}

/** One end: its address, its next sequence number, and whether it has sent FIN. */
interface End {
  readonly address: string;
  readonly port: number;
  seq: number;
  over: boolean;
}

export class PcapngWriter {
  private readonly talks = new Map<number, Talk>();

  /** The beginning of the file. */
  head(): Buffer {
    const section = Buffer.alloc(16);
    section.writeUInt32LE(0x1a2b3c4d, 0);
    section.writeUInt16LE(1, 4);
    section.writeBigInt64LE(-1n, 8);
    const link = Buffer.alloc(8);
    link.writeUInt16LE(RAW_IP, 0);
    return Buffer.concat([
      block(SECTION, section, [option(APPLICATION, Buffer.from('rxjs-tcp'))]),
      block(INTERFACE, link, [option(RESOLUTION, Buffer.from([6]))]),
    ]);
  }

  /** The packets of an event, as blocks of the file. Events of several connections may come in any order. */
  event(event: WireEvent): Buffer {
    const talk = this.talkOf(event);
    const { ours, peers } = talk;
    const { kind, by } = event;
    const { FIN, SYN, RST, ACK } = FLAGS;
    const comment = describeEvent(event);
    const send = (from: End, flags: number, note?: string) => this.packet(talk, event.time, from, flags, note);
    switch (kind) {
      case 'open': {
        const blocks = [send(ours, SYN, comment)];
        ours.seq++;
        blocks.push(send(peers, SYN | ACK));
        peers.seq++;
        return Buffer.concat([...blocks, send(ours, ACK)]);
      }
      case 'rx':
      case 'tx':
        return this.bytes(talk, event, kind === 'rx' ? peers : ours);
      case 'fin-in':
      case 'fin-out':
        return this.fin(talk, event.time, kind === 'fin-in' ? peers : ours, FIN | ACK);
      case 'reset': {
        const end = by === 'local' ? ours : peers;
        ours.over = peers.over = true;
        return send(end, RST | ACK, comment);
      }
      case 'close': {
        const cut = !(ours.over && peers.over);
        ours.over = peers.over = true;
        return send(ours, cut ? RST | ACK : ACK, comment);
      }
      // When bytes are sent is no news for a capture that has them.
      case 'sent':
        return NOTHING;
      default:
        return send(ours, ACK, comment);
    }
  }

  private bytes(talk: Talk, { time, bytes = 0, data = NOTHING }: WireEvent, from: End): Buffer {
    const blocks: Buffer[] = [];
    for (let at = 0; at < bytes; at += MOST) {
      const length = Math.min(MOST, bytes - at);
      const known = data.subarray(at, at + length);
      blocks.push(this.packet(talk, time, from, FLAGS.PSH | FLAGS.ACK, undefined, known, length));
      from.seq = (from.seq + length) >>> 0;
    }
    return Buffer.concat(blocks);
  }

  private fin(talk: Talk, time: number, from: End, flags: number): Buffer {
    const blocks = this.packet(talk, time, from, flags);
    from.seq = (from.seq + 1) >>> 0;
    from.over = true;
    return blocks;
  }

  private packet(
    { openedAt, ours, peers }: Talk,
    time: number,
    from: End,
    flags: number,
    comment?: string,
    data: Uint8Array = NOTHING,
    length = data.length,
  ): Buffer {
    const to = from === ours ? peers : ours;
    const packet: Packet = { from, to, seq: from.seq, ack: flags & FLAGS.ACK ? to.seq : 0, flags, data, length };
    const bytes = ipPacket(packet);
    const head = Buffer.alloc(20);
    const at = BigInt(Math.round(openedAt * 1000)) + BigInt(time);
    head.writeUInt32LE(Number(at >> 32n), 4);
    head.writeUInt32LE(Number(at & 0xffff_ffffn), 8);
    head.writeUInt32LE(bytes.length, 12);
    head.writeUInt32LE(bytes.length + length - data.length, 16);
    const options = comment === undefined ? [] : [option(COMMENT, Buffer.from(comment))];
    return block(PACKET, Buffer.concat([head, padded(bytes)]), options);
  }

  private talkOf({ connection, local, remote, openedAt = 0 }: WireEvent): Talk {
    let talk = this.talks.get(connection);
    if (talk === undefined) {
      const [ours, peers] = [endOf(local, 49_152 + (connection % 16_384)), endOf(remote, 1)];
      talk = { openedAt, ...ofOneFamily(ours, peers) };
      this.talks.set(connection, talk);
    }
    return talk;
  }
}

const NOTHING = /* @__PURE__ */ Buffer.alloc(0);

/** The address and port of `127.0.0.1:80` or `[::1]:80`. A path and a name in memory have none: they get one of the loopback. */
function endOf(name: string | undefined, port: number): End {
  const match = /^(?:\[([\da-f:.]+)(?:%[^\]]*)?\]|(\d+\.\d+\.\d+\.\d+)):(\d+)$/i.exec(name ?? '');
  if (match === null) return { address: '127.0.0.1', port, seq: 0, over: false };
  return { address: (match[1] ?? match[2]) as string, port: Number(match[3]), seq: 0, over: false };
}

/** Both ends as IPv6 if one of them is. */
function ofOneFamily(ours: End, peers: End): { ours: End; peers: End } {
  if (!ours.address.includes(':') && !peers.address.includes(':')) return { ours, peers };
  const six = (end: End) => (end.address.includes(':') ? end : { ...end, address: `::ffff:${end.address}` });
  return { ours: six(ours), peers: six(peers) };
}

function block(type: number, body: Buffer, options: readonly Buffer[]): Buffer {
  const all = [body, ...options, ...(options.length > 0 ? [Buffer.alloc(4)] : [])];
  const length = 12 + all.reduce((sum, part) => sum + part.length, 0);
  const [head, tail] = [Buffer.alloc(8), Buffer.alloc(4)];
  head.writeUInt32LE(type, 0);
  head.writeUInt32LE(length, 4);
  tail.writeUInt32LE(length, 0);
  return Buffer.concat([head, ...all, tail]);
}

function option(code: number, value: Buffer): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt16LE(code, 0);
  head.writeUInt16LE(value.length, 2);
  return Buffer.concat([head, padded(value)]);
}

/** The bytes, filled up to a multiple of four. */
function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
}
