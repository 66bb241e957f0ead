/**
 * Tests of code that uses sockets, without sockets: in memory, or in virtual time.
 *
 * @module rxjs-tcp/testing
 */

// Connections without sockets.
export { connectionPair, type ConnectionPairOptions } from '../connection/connectionPair';
export { checkConnection, type CheckConnectionOptions } from './checks/checkConnection';
export type { CheckOptions, ConnectionCheck, ConnectionEnds, ConnectionFactory } from './checks/ConnectionCheck';
export { connectionChecks } from './checks/connectionChecks';

// Marbles: virtual time.
export { runMarbles } from './marbles/runMarbles';
export { type MarbleHelpers, MarbleScheduler } from './marbles/MarbleScheduler';
export { type MarbleConnection, type MarbleConnectionOptions, marbleConnection } from './marbles/marbleConnection';
export { connectTo, type ConnectToOptions, type TestDial, type Visit, type VisitMarble } from './scripts/connectTo';
export type { MarbleChunk, MarbleChunks } from './marbles/marbleChunks';
export type { MarblePressure, PressureMarble } from './marbles/marbleKernel';
export { assertMarbles } from './marbles/assertMarbles';
export { hex } from './hex';

// Scripts and recordings.
export { type ScriptedPeerOptions, scriptedPeer } from './scripts/scriptedPeer';
export type { PeerScript } from './scripts/PeerScript';
export { type RecordOptions, recordConnection } from './marbles/recordConnection';
export type { Recording } from '../wiretap/marbles/Recording';

// Bytes and decoders.
export { rechunk } from './decoders/rechunk';
export type { ExpectedFailure, ExpectedFrame, ExpectedValue, FramePair, NoInference } from './decoders/FramePair';
export type { Matcher } from './Matcher';
export { verifyDecoder, type VerifyOptions } from './decoders/verifyDecoder';

// Bad networks.
export type { FaultOptions, FaultyNetwork } from './faults/FaultyNetwork';
export type { Fault, FaultDirection, FaultKind, FaultLog } from './faults/FaultLog';
export type { FaultPlan } from './faults/FaultPlan';
export type { FaultRun } from './faults/FaultRun';
export { faults } from './faults/faults';
export { simulate, type SimulateOptions } from './faults/simulate';
export type { Conversation, Simulation } from './faults/simulateOnce';
export type { SimulatedHandler, SimulatedServer } from './faults/SimulatedNetwork';
