import 'reflect-metadata';
import { Controller, Inject, Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { type ClientProxy, ClientsModule, EventPattern, MessagePattern, RpcException } from '@nestjs/microservices';
import { catchError, firstValueFrom, interval, lastValueFrom, map, type Observable, of, take, toArray } from 'rxjs';
import type { Server } from 'rxjs-tcp';
import { RxTcpClient, RxTcpServer } from './transport/index.js';

// A service and an application that asks it, in one process. It runs once, and ends.

@Controller()
class MathController {
  @MessagePattern('sum')
  sum(numbers: number[]): number {
    if (numbers.length === 0) throw new RpcException('nothing to add');
    return numbers.reduce((sum, n) => sum + n, 0);
  }

  /** A stream: it goes on until the client leaves it. */
  @MessagePattern('count')
  count(step: number): Observable<number> {
    return interval(1).pipe(map((n) => n * step));
  }

  @EventPattern('noted')
  noted(what: string): void {
    console.log(`noted: ${what}`);
  }
}

@Module({ controllers: [MathController] })
class MathModule {}

const strategy = new RxTcpServer({ host: '127.0.0.1', port: 0 });
const service = await NestFactory.createMicroservice(MathModule, { strategy, logger: ['error'] });
await service.listen();
const { port } = strategy.unwrap<Server>();

@Injectable()
class Asking {
  constructor(@Inject('MATH') private readonly math: ClientProxy) {}

  async run(): Promise<void> {
    await lastValueFrom(this.math.emit('noted', 'hello'));
    console.log('1 + 2 =', await firstValueFrom(this.math.send('sum', [1, 2])));
    console.log('by sevens:', await lastValueFrom(this.math.send('count', 7).pipe(take(3), toArray())));
    const failed = this.math.send('sum', []).pipe(catchError((error: { message: string }) => of(error.message)));
    console.log('an error:', await firstValueFrom(failed));
  }
}

@Module({
  imports: [ClientsModule.register([{ name: 'MATH', customClass: RxTcpClient, options: { host: '127.0.0.1', port } }])],
  providers: [Asking],
})
class AppModule {}

const app = await NestFactory.createApplicationContext(AppModule, { logger: ['error'] });
await app.get(Asking).run();
await app.close();
await service.close();
console.log('closed');
