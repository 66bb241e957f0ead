import type { ConnectOptions } from '../..';
import type { Address } from './Address';
import type { CommandIo } from './CommandIo';
import type { CommandOptions } from './CommandOptions';
import { placeOf } from './placeOf';
import { readPem } from './readPem';

/** How to dial the target. */
export async function targetOptions(to: Address, { tls }: CommandOptions, io: CommandIo): Promise<ConnectOptions> {
  const place = placeOf(to, io);
  if (tls === undefined) return place;
  const { ca, servername, insecure } = tls;
  return {
    ...place,
    tls: {
      ...(ca !== undefined && { ca: await readPem(ca, io) }),
      ...(servername !== undefined && { servername }),
      ...(insecure && { rejectUnauthorized: false }),
    },
  };
}
