/** One end of a connection, as a PROXY header has it. */
export interface ProxyEndpoint {
  /** An IP address, or the path of a Unix socket; `''` for a Unix socket without a name. */
  readonly address: string;
  /** The port; absent for a Unix socket. */
  readonly port?: number | undefined;
}

/** A field of a type that this library does not know: those from 0xE0 on belong to companies and programs. */
export interface ProxyTlv {
  /** From 0 to 255. */
  readonly type: number;
  readonly value: Uint8Array;
}

/** What the proxy tells about TLS between it and the client. */
export interface ProxyTls {
  /** Whether the client has used TLS. */
  readonly encrypted: boolean;
  /** When the client has shown a certificate: on this connection, or on an earlier one of the same session. Absent: it has not. */
  readonly certificate?: 'connection' | 'session' | undefined;
  /** Whether it has shown a certificate, and the proxy has found it good. */
  readonly verified: boolean;
  /** The version, as `'TLSv1.3'`. */
  readonly version?: string | undefined;
  /** The common name in the client's certificate. */
  readonly commonName?: string | undefined;
  readonly cipher?: string | undefined;
  /** The algorithm with which the proxy's certificate is signed, and that of its key. */
  readonly signature?: string | undefined;
  readonly key?: string | undefined;
  readonly others?: readonly ProxyTlv[] | undefined;
}

/** The fields behind the addresses of version 2. Most proxies send only some of them, if they are told to. */
export interface ProxyTlvs {
  /** The protocol that was agreed on (ALPN). */
  readonly alpn?: string | undefined;
  /** The host name that the client has asked for (SNI). The client has chosen it. */
  readonly authority?: string | undefined;
  /** The proxy's name of this connection, at most 128 bytes. */
  readonly uniqueId?: Uint8Array | undefined;
  /** Present if the header has a checksum (CRC32C). It is right, else the header is refused. */
  readonly crc32c?: true | undefined;
  /** TLS between the client and the proxy. */
  readonly tls?: ProxyTls | undefined;
  /** The network namespace. */
  readonly netns?: string | undefined;
  readonly others?: readonly ProxyTlv[] | undefined;
}

/** A header of the PROXY protocol: where a connection comes from that a proxy passes on. */
export interface ProxyHeader {
  /** 1 is a line of text, 2 is binary. */
  readonly version: 1 | 2;
  /** True if the proxy has connected for itself, to check whether the server lives: there are no addresses. */
  readonly local: boolean;
  /** The client; absent if the proxy does not know it. */
  readonly source?: ProxyEndpoint | undefined;
  /** Where the client has connected to; absent if the proxy does not know the client. */
  readonly destination?: ProxyEndpoint | undefined;
  /** True if the client talks to the proxy by datagrams (UDP). */
  readonly datagram?: true | undefined;
  /** Empty for version 1. */
  readonly tlvs: ProxyTlvs;
}
