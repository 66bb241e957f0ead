import 'reflect-metadata';
import { parseArgs } from 'node:util';
import { NestFactory } from '@nestjs/core';
import { DeviceServer } from './DeviceServer.js';
import { GatewayModule } from './GatewayModule.js';
import { defaultOptions } from './GatewayOptions.js';
import { Status } from './Status.js';
import { startSimulator } from './simulator/startSimulator.js';

// The gateway, and simulated devices in another process. SIGTERM and SIGINT drain it.

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: `${defaultOptions.port}` },
    http: { type: 'string', default: '3000' },
    devices: { type: 'string', default: '200' },
    bad: { type: 'string', default: '20' },
    rate: { type: 'string', default: '5' },
  },
});
const secret = process.env.GATEWAY_SECRET ?? defaultOptions.secret;
const module = GatewayModule.register({ port: Number(values.port), secret });
const app = await NestFactory.create(module, { logger: ['warn', 'error'] });
app.enableShutdownHooks();
await app.listen(Number(values.http), '127.0.0.1');
const { port } = app.get(DeviceServer);

console.log(`devices    127.0.0.1:${port}
dashboard  curl -N ${await app.getUrl()}/dashboard
command    curl -d text=blink ${await app.getUrl()}/devices/device-0/commands
health     curl ${await app.getUrl()}/health
metrics    curl ${await app.getUrl()}/metrics
`);
const [devices, bad, rate] = [Number(values.devices), Number(values.bad), Number(values.rate)];
if (devices + bad > 0) startSimulator({ port, secret, devices, bad, rate });
const status = new Status(app);
setInterval(() => console.log(status.line()), 1000).unref();
