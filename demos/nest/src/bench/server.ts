import 'reflect-metadata';
import type { AddressInfo, Server as NetServer } from 'node:net';
import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { MessagePattern, type MicroserviceOptions, ServerTCP } from '@nestjs/microservices';
import type { Server as TcpServer } from 'rxjs-tcp';
import { RxTcpServer } from '../transport/index.js';

// The service of the bench. It tells its port, and when asked, the time of the CPU that it has taken.

@Controller()
class Service {
  @MessagePattern('echo')
  echo(data: unknown): unknown {
    return data;
  }
}

@Module({ controllers: [Service] })
class AppModule {}

const [kind] = process.argv.slice(2);
const where = { host: '127.0.0.1', port: 0 };
const strategy =
  kind === 'nest'
    ? new ServerTCP(where)
    : new RxTcpServer({ ...where, framing: kind === 'ndjson' ? 'ndjson' : 'length-prefixed' });
const app = await NestFactory.createMicroservice<MicroserviceOptions>(AppModule, { strategy, logger: false });
await app.listen();
const port =
  strategy instanceof ServerTCP
    ? (strategy.unwrap<NetServer>().address() as AddressInfo).port
    : strategy.unwrap<TcpServer>().port;
process.on('message', () => process.send?.(process.cpuUsage()));
process.on('disconnect', () => process.exit());
process.send?.({ port });
