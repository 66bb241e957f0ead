/**
 * TCP sockets as RxJS streams.
 *
 * The diagrams of the operators show time from left to right. A column is a millisecond, and what touches happens in the same
 * one. Above the code is what happens to it, below is what it does:
 *
 * | row | shows |
 * |---|---|
 * | `arrives` | the chunks that the peer sends, its FIN `\|`, its reset `#` |
 * | `source` | the values of an Observable |
 * | `kernel` | when it takes what was written: `x` one batch, `o` all from now on |
 * | `with` | options of the connection |
 * | `emits` | the values of the code's Observable, or of its calls of `emit` |
 * | `written` | what the kernel has taken |
 * | `pressure` | `=` while the writer is under pressure |
 * | `held` | `=` while the reader is held |
 *
 * @module rxjs-tcp
 */

// Connections and servers
export { connect } from './net/connect';
export type { CloseInfo } from './connection/CloseInfo';
export { Connection } from './connection/Connection';
export type { ConnectionOptions } from './connection/ConnectionOptions';
export { connectionPair, type ConnectionPairOptions } from './connection/connectionPair';
export type { ConnectOptions } from './net/ConnectOptions';
export type { WebStreams } from './connection/toWeb';
export { listen } from './net/listen';
export type { ListenOptions } from './net/ListenOptions';
export type { ProtectionOptions } from './net/ProtectionOptions';
export { openConnection } from './net/openConnection';
export { Server } from './net/Server';
export type { ServerFailure } from './net/Failures';
export type { AcceptProxyOptions } from './net/AcceptProxyOptions';
export type { SendProxyOptions } from './net/SendProxyOptions';
export type { ProxyEndpoint, ProxyHeader, ProxyTls, ProxyTlv, ProxyTlvs } from './codecs/proxy/ProxyHeader';
export type { ProxyDetails } from './transports/ProxyDetails';
export type { RefusedConnection } from './net/RefusedConnection';
export { type ConnectionHandler, startServer } from './net/startServer';
export type { StartTlsOptions } from './net/StartTlsOptions';
export { backoff, type BackoffOptions } from './net/backoff';
export { reconnect, type ReconnectOptions } from './net/reconnect';

// Reading
export type { ByteSource } from './reading/feedFrom';
export type { Separator } from './bytes/Needle';
export type { AsyncValues } from './reading/AsyncValues';
export type { ReadFrameOptions, ReadOptions, WaitOptions } from './reading/ReadOptions';
export { StreamReader, type StreamReaderOptions } from './reading/StreamReader';
export { lines } from './operators/lines';
export { read } from './operators/read';
export { readAll, type ReadAllOptions } from './operators/readAll';
export { readExactly, type ReadExactlyOptions } from './operators/readExactly';
export { readLine, type ReadLineOptions } from './operators/readLine';
export { readUntil, type ReadUntilOptions } from './operators/readUntil';
export type { LinesEncoding, LinesOptions } from './codecs/textLineRules';

// Writing
export { StreamWriter } from './writing/StreamWriter';
export type { ExtraInfo, SocketName } from './writing/ExtraInfo';

// Framing
export { ByteBuffer } from './bytes/ByteBuffer';
export { delimited, type DelimitedOptions } from './codecs/delimited';
export { fixedSize } from './codecs/fixedSize';
export type { FrameGenerator, FrameLineOptions, FrameReader, FrameStep } from './codecs/generatorDecoder';
export { lengthPrefixed, type LengthPrefixedOptions } from './codecs/lengthPrefixed';
export { type FrameMapping, type JsonMapping, mapped } from './codecs/mapped';
export { ndjson, type NdjsonOptions } from './codecs/ndjson';
export { resync, type ResyncOptions } from './codecs/resync';
export type { Codec, Decoder, Encoder, GeneratorCodec } from './codecs/Decoder';
export { framed, type FramedConnection } from './connection/framed';
export type { FrameCodec, UntypedCodec } from './connection/FrameCodec';
export { decode, type DecodeOptions } from './operators/decode';
export { encode } from './operators/encode';
export { silence, type SilenceOptions } from './operators/silence';

// Requests and replies
export { requests, type Requests } from './connection/requests';
export type { RequestOptions } from './connection/Requester';
export type { RequestsOptions } from './connection/RequestPolicy';
export type { ReplyKeys } from './connection/RepliesByKey';
export { replies, type RepliesOptions } from './connection/replies';
export type { HandlerResult } from './connection/ReplyRun';

// Flow
export { backpressure, type BackpressureOptions } from './operators/backpressure';
export { concatMapPausing } from './operators/concatMapPausing';
export { eachValueFrom } from './operators/eachValueFrom';
export type { OverflowOptions } from './flow/assertOverflowOptions';
export { mergeMapPausing } from './operators/mergeMapPausing';
export { sharePausing } from './operators/sharePausing';
export type { SharePausingOptions } from './flow/SharingPolicy';
export type { PauseOptions } from './flow/toLoops';
export { writeTo, type WriteToOptions } from './operators/writeTo';

// Observing
export type {
  ChannelMessages,
  ConnectionCloseMessage,
  ConnectionHeldMessage,
  ConnectionOpenMessage,
  ConnectionPressureMessage,
  ConnectMessage,
  HandshakeMessage,
  ServerCloseMessage,
  ServerFailureMessage,
  ServerListeningMessage,
  ServerRefusedMessage,
} from './observing/ChannelMessages';
export type { ConnectionStats } from './observing/ConnectionStats';
export type { ServerStats } from './observing/ServerStats';
export type { BufferSnapshot } from './observing/BufferSnapshot';
export type { ConnectionSnapshot } from './observing/ConnectionSnapshot';
export type { ReaderSnapshot } from './observing/ReaderSnapshot';
export type { RequestsSnapshot } from './observing/RequestsSnapshot';
export type { ServerSnapshot } from './observing/ServerSnapshot';
export type { WriterSnapshot } from './observing/WriterSnapshot';

// Errors
export {
  BufferOverflowError,
  ConnectionClosedError,
  IncompleteReadError,
  InvalidFrameError,
  LimitOverrunError,
  PlaintextPendingError,
  ReaderBusyError,
  SocketTimeoutError,
  type SocketWait,
} from './errors';
