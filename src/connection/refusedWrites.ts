import type { CloseInfo } from './CloseInfo';

/** What a write says after the end of the connection, for each way to end. */
export const refusedWrites: Readonly<Record<CloseInfo['by'], string>> = {
  local: 'Cannot write: the connection was ended on this side',
  peer: 'Cannot write: the connection is closed',
  reset: 'Cannot write: the peer reset the connection',
  timeout: 'Cannot write: the connection timed out',
  error: 'Cannot write: the connection broke',
};
