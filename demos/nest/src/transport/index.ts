export type { Framing, FramingOptions } from './framing.js';
export { RxTcpClient, type RxTcpClientEvents, type RxTcpClientOptions } from './RxTcpClient.js';
export { RxTcpContext } from './RxTcpContext.js';
export {
  RX_TCP,
  RxTcpServer,
  type RxTcpServerEvents,
  type RxTcpServerOptions,
} from './RxTcpServer.js';
