import { type DynamicModule, Module } from '@nestjs/common';
import { Alarm } from './Alarm.js';
import { Dashboard } from './Dashboard.js';
import { DeviceServer } from './DeviceServer.js';
import { Devices } from './Devices.js';
import { GatewayController } from './GatewayController.js';
import { defaultOptions, GATEWAY_OPTIONS, type GatewayOptions } from './GatewayOptions.js';
import { HttpDrain } from './HttpDrain.js';
import { Metrics } from './Metrics.js';

@Module({})
export class GatewayModule {
  static register(options: Partial<GatewayOptions> = {}): DynamicModule {
    return {
      module: GatewayModule,
      controllers: [GatewayController],
      providers: [
        { provide: GATEWAY_OPTIONS, useValue: { ...defaultOptions, ...options } },
        Metrics,
        Devices,
        Alarm,
        Dashboard,
        DeviceServer,
        HttpDrain,
      ],
      exports: [Metrics, Devices, Dashboard, DeviceServer],
    };
  }
}
