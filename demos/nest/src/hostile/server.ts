import 'reflect-metadata';
import type { AddressInfo, Server as NetServer } from 'node:net';
import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { MessagePattern, type MicroserviceOptions, ServerTCP } from '@nestjs/microservices';
import { from, map, type Observable } from 'rxjs';
import type { Server as TcpServer } from 'rxjs-tcp';
import { RxTcpServer } from '../transport/index.js';

// The service under attack, in a process of its own. It tells its port, and when asked, its peak of memory and connections.

const host = '127.0.0.1';
/** Of half a packet. Milliseconds. */
const patience = 2000;
const block = 'x'.repeat(64 * 1024);

@Controller()
class Service {
  @MessagePattern('sum')
  sum(numbers: number[]): number {
    return numbers.reduce((sum, n) => sum + n, 0);
  }

  @MessagePattern('block')
  block(_: unknown): string {
    return block;
  }

  /** A stream of `count` blocks, one in each turn at most. */
  @MessagePattern('blocks')
  blocks(count: number): Observable<string> {
    async function* turns() {
      for (let i = 0; i < count; i++) {
        await new Promise(setImmediate);
        yield i;
      }
    }
    return from(turns()).pipe(map(() => block));
  }
}

@Module({ controllers: [Service] })
class AppModule {}

const [kind] = process.argv.slice(2);
const strategy =
  kind === 'nest'
    ? new ServerTCP({ host, port: 0, incompleteMessageTimeout: patience })
    : new RxTcpServer({
        host,
        port: 0,
        frameTimeout: patience,
        framing: kind === 'ndjson' ? 'ndjson' : 'length-prefixed',
      });
const app = await NestFactory.createMicroservice<MicroserviceOptions>(AppModule, { strategy, logger: false });
await app.listen();

const port =
  strategy instanceof ServerTCP
    ? (strategy.unwrap<NetServer>().address() as AddressInfo).port
    : strategy.unwrap<TcpServer>().port;

async function connections(): Promise<number> {
  if (!(strategy instanceof ServerTCP)) return strategy.unwrap<TcpServer>().connectionCount;
  const server = strategy.unwrap<NetServer>();
  return new Promise((resolve) => server.getConnections((_, count) => resolve(count)));
}

process.on('message', async () =>
  process.send?.({ peak: process.resourceUsage().maxRSS * 1024, connections: await connections() }),
);
process.on('disconnect', () => process.exit());
process.send?.({ port });
