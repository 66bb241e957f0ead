import type { ProxyHeader } from '../codecs/proxy/ProxyHeader';

/** What a connection knows from the PROXY header in front of it. */
export interface ProxyDetails extends ProxyHeader {
  /** The proxy's own end; empty for a Unix socket. */
  readonly from: { readonly address?: string | undefined; readonly port?: number | undefined };
}
