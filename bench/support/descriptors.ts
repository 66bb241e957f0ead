import { readdirSync } from 'node:fs';

/** Sockets that this process has open, where the system tells. */
export function descriptors(): number {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return 0;
  }
}
