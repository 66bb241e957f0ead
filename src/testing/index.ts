// Connections without sockets.
export { connectionPair, type ConnectionPairOptions } from '../connectionPair';
export { checkConnection, type CheckConnectionOptions } from './checkConnection';
export type { CheckOptions, ConnectionCheck, ConnectionEnds, ConnectionFactory } from './ConnectionCheck';
export { connectionChecks } from './connectionChecks';

// Marbles: virtual time.
export { runMarbles } from './runMarbles';
export { type MarbleHelpers, MarbleScheduler } from './MarbleScheduler';
export { type MarbleConnection, type MarbleConnectionOptions, marbleConnection } from './marbleConnection';
export { connectTo } from './connectTo';
export type { MarbleChunk, MarbleChunks } from './marbleChunks';
export type { MarblePressure, PressureMarble } from './marbleKernel';
export { assertMarbles } from './assertMarbles';
export { hex } from './hex';

// Scripts and recordings.
export { type ScriptedPeerOptions, scriptedPeer } from './scriptedPeer';
export type { PeerScript } from './PeerScript';
export { type RecordOptions, recordConnection } from './recordConnection';
export type { Recording } from './Recording';

// Bytes and decoders.
export { rechunk } from './rechunk';
export type { FramePair } from './FrameTable';
export { verifyDecoder, type VerifyOptions } from './verifyDecoder';

// Bad networks.
export type { FaultOptions, FaultyNetwork } from './FaultyNetwork';
export type { Fault, FaultDirection, FaultKind, FaultLog } from './FaultLog';
export type { FaultPlan } from './FaultPlan';
export type { FaultRun } from './FaultRun';
export { faults } from './faults';
export { simulate, type SimulateOptions } from './simulate';
export type { Conversation, Simulation } from './simulateOnce';
