import { parseArgs } from 'node:util';
import { type Address, parseAddress, showAddress } from './Address';
import { UsageError } from './UsageError';

/** How events are printed. */
export type PrintFormat = 'marbles' | 'text' | 'hex' | 'jsonl' | 'pcapng';

/** The command line of `rxjs-tcp wiretap`. */
export interface CommandOptions {
  readonly listen: Address | undefined;
  readonly to: Address | undefined;
  /** TLS to the target. */
  readonly tls: { readonly ca?: string; readonly servername?: string; readonly insecure: boolean } | undefined;
  /** TLS of the clients: files. */
  readonly serverTls: { readonly cert: string; readonly key: string } | undefined;
  /** Absent: the live terminal on a TTY, else `marbles`. */
  readonly print: PrintFormat | undefined;
  readonly frames: string | undefined;
  readonly save: string | undefined;
  readonly replay: string | undefined;
  readonly redact: readonly RegExp[];
  /** Whose view the events are: the client's, or the server's. */
  readonly side: 'client' | 'server';
  /** The browser page, and its port. */
  readonly ui: { readonly port: number } | undefined;
  /** How many bytes of events each connection keeps. */
  readonly maxBytes: number;
}

const FORMATS: readonly PrintFormat[] = ['marbles', 'text', 'hex', 'jsonl', 'pcapng'];
const MAX_BYTES = 1024 * 1024;

/**
 * Reads the arguments behind `rxjs-tcp wiretap`.
 *
 * @throws UsageError - For an unknown option, an invalid value, and options that do not go together.
 */
export function parseCommandOptions(args: readonly string[]): CommandOptions {
  const { values } = parse(args);
  const listen = listenAddress(values.listen, values.host);
  const to = values.to === undefined ? undefined : parseAddress('--to', values.to, 1);
  const { replay, save, frames } = values;
  const print = values.print === undefined ? undefined : oneOf('--print', values.print, FORMATS);
  const options: CommandOptions = {
    listen,
    to,
    tls: targetTls(values),
    serverTls: serverTls(values),
    print,
    frames,
    save,
    replay,
    redact: (values.redact ?? []).map(pattern),
    side: oneOf('--side', values.side ?? 'client', ['client', 'server']),
    ui:
      values.ui || values['ui-port'] !== undefined
        ? { port: portOf('--ui-port', values['ui-port'] ?? '0') }
        : undefined,
    maxBytes: values['max-bytes'] === undefined ? MAX_BYTES : sizeOf('--max-bytes', values['max-bytes']),
  };
  assertTogether(options, values.host);
  return options;
}

function parse(args: readonly string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: false,
      options: {
        listen: text,
        host: text,
        to: text,
        tls: flag,
        'tls-ca': text,
        'tls-name': text,
        'tls-insecure': flag,
        cert: text,
        key: text,
        print: text,
        frames: text,
        save: text,
        replay: text,
        redact: { type: 'string', multiple: true },
        side: text,
        ui: flag,
        'ui-port': text,
        'max-bytes': text,
      },
    });
  } catch (error) {
    // Node adds advice about positional arguments, which this command does not take.
    const [said = ''] = (error as Error).message.split(/\. |\n/);
    throw new UsageError(`Cannot read the options: ${said}`);
  }
}

type Values = ReturnType<typeof parse>['values'];

function listenAddress(listen: string | undefined, host: string | undefined): Address | undefined {
  if (listen === undefined) return undefined;
  const address = parseAddress('--listen', listen, 0);
  if (host === undefined) return address;
  if (address.path !== undefined) throw new UsageError(`Cannot use --host ${host}: ${address.path} is a path`);
  if (address.host !== undefined && address.host !== host)
    throw new UsageError(`Cannot use --host ${host}: --listen ${showAddress(address)} has a host`);
  return { host, port: address.port };
}

function targetTls(values: Values): CommandOptions['tls'] {
  const { tls, 'tls-ca': ca, 'tls-name': servername, 'tls-insecure': insecure = false } = values;
  if (!tls && ca === undefined && servername === undefined && !insecure) return undefined;
  if (insecure && ca !== undefined)
    throw new UsageError('Cannot use --tls-ca with --tls-insecure: nothing is verified');
  return { insecure, ...(ca !== undefined && { ca }), ...(servername !== undefined && { servername }) };
}

function serverTls({ cert, key }: Values): CommandOptions['serverTls'] {
  if (cert !== undefined && key !== undefined) return { cert, key };
  if (cert === undefined && key === undefined) return undefined;
  throw new UsageError(`Cannot accept TLS: --${cert === undefined ? 'cert' : 'key'} is missing`);
}

/** A pattern of bytes, each a character. `s`: a dot is any byte. */
function pattern(source: string): RegExp {
  try {
    return new RegExp(source, 'dgs');
  } catch (error) {
    throw new UsageError(`Cannot use '${source}' for --redact: ${(error as Error).message}`);
  }
}

function oneOf<T extends string>(option: string, text: string, words: readonly T[]): T {
  const word = words.find((one) => one === text);
  if (word !== undefined) return word;
  throw new UsageError(
    `Cannot use '${text}' for ${option}: it must be ${words.slice(0, -1).join(', ')} or ${words.at(-1)}`,
  );
}

function portOf(option: string, text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (port <= 65_535) return port;
  throw new UsageError(`Cannot use '${text}' for ${option}: it must be a port from 0 to 65535`);
}

/** `4096`, `64k` or `8M`, in bytes; at least 4 KiB, so that a few events fit. */
function sizeOf(option: string, text: string): number {
  const [, digits, unit = ''] = /^(\d{1,12})([kKmM]?)$/.exec(text) ?? [];
  const bytes = Number(digits) * { '': 1, k: 1024, m: 1024 * 1024 }[unit.toLowerCase() as '' | 'k' | 'm'];
  if (bytes >= 4096) return bytes;
  throw new UsageError(
    `Cannot use '${text}' for ${option}: it must be a number of bytes of at least 4096, as in 64k or 8M`,
  );
}

function assertTogether({ listen, to, replay, serverTls, tls, save, ui }: CommandOptions, host?: string): void {
  if (replay === undefined) {
    if (listen === undefined) throw new UsageError('Cannot start: --listen is missing');
    if (to === undefined) throw new UsageError('Cannot start: --to is missing');
  } else {
    if (to !== undefined)
      throw new UsageError('Cannot use --to with --replay: the saved log takes the place of the target');
    if (tls !== undefined) throw new UsageError('Cannot use --tls with --replay: there is no target');
    if (listen === undefined && ui !== undefined)
      throw new UsageError('Cannot use --ui with --replay: --listen is missing');
    if (listen === undefined && save !== undefined)
      throw new UsageError('Cannot use --save with --replay alone: it would save what is saved already');
  }
  if (listen === undefined && host !== undefined) throw new UsageError('Cannot use --host: --listen is missing');
  if (listen === undefined && serverTls !== undefined)
    throw new UsageError('Cannot use --cert and --key: --listen is missing');
}
