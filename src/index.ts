// Connections and servers
export { connect } from './connect';
export { type CloseInfo, Connection, type ConnectionOptions } from './Connection';
export { connectionPair, type ConnectionPairOptions } from './connectionPair';
export type { ConnectOptions } from './ConnectOptions';
export { listen } from './listen';
export type { ListenOptions } from './ListenOptions';
export { openConnection } from './openConnection';
export { Server } from './Server';
export type { ServerFailure } from './Failures';
export { type ConnectionHandler, startServer } from './startServer';
export type { StartTlsOptions } from './StartTlsOptions';
export { backoff, type BackoffOptions } from './backoff';
export { reconnect, type ReconnectOptions } from './reconnect';

// Reading
export type { ByteSource } from './feedFrom';
export type { Separator } from './Needle';
export type { AsyncValues } from './AsyncValues';
export type { ReadOptions, WaitOptions } from './ReadOptions';
export { StreamReader, type StreamReaderOptions } from './StreamReader';
export { lines } from './operators/lines';
export { read } from './operators/read';
export { readAll, type ReadAllOptions } from './operators/readAll';
export { readExactly, type ReadExactlyOptions } from './operators/readExactly';
export { readLine, type ReadLineOptions } from './operators/readLine';
export { readUntil, type ReadUntilOptions } from './operators/readUntil';
export type { LinesEncoding, LinesOptions } from './codecs/textLineRules';

// Writing
export { StreamWriter } from './StreamWriter';
export type { ExtraInfo, SocketName } from './ExtraInfo';

// Framing
export { ByteBuffer } from './ByteBuffer';
export { delimited, type DelimitedOptions } from './codecs/delimited';
export { fixedSize } from './codecs/fixedSize';
export type { FrameGenerator, FrameLineOptions, FrameReader, FrameStep } from './codecs/generatorDecoder';
export { lengthPrefixed, type LengthPrefixedOptions } from './codecs/lengthPrefixed';
export { ndjson, type NdjsonOptions } from './codecs/ndjson';
export type { Codec, Decoder, Encoder } from './Decoder';
export { framed, type FramedConnection } from './framed';
export { decode, type DecodeOptions } from './operators/decode';
export { encode } from './operators/encode';

// Flow
export { backpressure, type BackpressureOptions } from './operators/backpressure';
export { concatMapPausing } from './operators/concatMapPausing';
export { eachValueFrom } from './operators/eachValueFrom';
export type { OverflowOptions } from './operators/HeldValues';
export { mergeMapPausing } from './operators/mergeMapPausing';
export type { PauseOptions } from './operators/PauseOptions';
export { writeTo, type WriteToOptions } from './operators/writeTo';

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
